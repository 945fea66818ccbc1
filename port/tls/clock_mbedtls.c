/* SPDX-License-Identifier: MIT
 * The clock that mbedTLS asks, where the C library has none (MBEDTLS_PLATFORM_TIME_MACRO is mote__tls_time).
 */
#include <string.h>
#include <time.h>

#include <mbedtls/platform_time.h>
#include <mbedtls/platform_util.h>

#include "core/base/text.h"
#include "port/clock/tick.h"

/* While the time is not known this is the least that it can be: a certificate that had ended by then is refused. */
time_t mote__tls_time(time_t *out)
{
    time_t now = (time_t)mote_clock_tick_least();
    if (out != NULL) {
        *out = now;
    }
    return now;
}

mbedtls_ms_time_t mbedtls_ms_time(void)
{
    return (mbedtls_ms_time_t)mote_clock_tick.ms(NULL);
}

static int read_number(const char *digits, int len)
{
    int value = 0;
    for (int i = 0; i < len; i++) {
        value = value * 10 + (digits[i] - '0');
    }
    return value;
}

/* It reads the text that core/base/date.c writes (2026-11-21T01:02:03Z), so there is no second calendar in flash. */
struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *tt, struct tm *out)
{
    char text[MOTE_DATE_LEN + 1];
    mote_date_write(*tt, text);
    memset(out, 0, sizeof *out);
    out->tm_year = read_number(text, 4) - 1900;
    out->tm_mon = read_number(text + 5, 2) - 1;
    out->tm_mday = read_number(text + 8, 2);
    out->tm_hour = read_number(text + 11, 2);
    out->tm_min = read_number(text + 14, 2);
    out->tm_sec = read_number(text + 17, 2);
    return out;
}
