/* SPDX-License-Identifier: MIT
 * DateTime of XEP-0082, in the proleptic Gregorian calendar. The two day counts are the usual closed formulas over
 * 400-year eras that begin in March.
 */
#include "core/wire/text.h"

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (int64_t)(m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static void digits(char *out, int64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void date_write(int64_t t, char out[DATE_LEN + 1])
{
    const int64_t last = 253402300799; /* 9999-12-31T23:59:59Z */
    t = t < 0 ? 0 : t > last ? last : t;
    int64_t z = t / 86400 + 719468, secs = t % 86400;
    int64_t era = z / 146097, doe = z % 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    const char form[] = "0000-00-00T00:00:00Z";
    for (int i = 0; i <= DATE_LEN; i++) {
        out[i] = form[i];
    }
    digits(out, yoe + era * 400 + (month <= 2), 4);
    digits(out + 5, month, 2);
    digits(out + 8, doy - (153 * mp + 2) / 5 + 1, 2);
    digits(out + 11, secs / 3600, 2);
    digits(out + 14, secs / 60 % 60, 2);
    digits(out + 17, secs % 60, 2);
}

/* Read `count` digits and then `end` (0: nothing more wanted). Advances *s. */
static bool number(const char **s, int count, char end, unsigned *value)
{
    unsigned v = 0;
    for (int i = 0; i < count; i++, (*s)++) {
        if (**s < '0' || **s > '9') {
            return false;
        }
        v = v * 10 + (unsigned)(**s - '0');
    }
    *value = v;
    if (end != '\0') {
        if (**s != end) {
            return false;
        }
        (*s)++;
    }
    return true;
}

static unsigned month_days(unsigned y, unsigned m)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : days[m - 1];
}

bool date_read(const char *s, int64_t *unix_time)
{
    unsigned y, mo, d, h, mi, sec, oh, om;
    if (!number(&s, 4, '-', &y) || !number(&s, 2, '-', &mo) || !number(&s, 2, 'T', &d) || !number(&s, 2, ':', &h) ||
        !number(&s, 2, ':', &mi) || !number(&s, 2, '\0', &sec)) {
        return false;
    }
    if (mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo) || h > 23 || mi > 59 || sec > 60) {
        return false;
    }
    if (*s == '.') {
        do {
            s++;
        } while (*s >= '0' && *s <= '9');
        if (s[-1] == '.') {
            return false;
        }
    }
    int64_t offset = 0;
    if (*s == '+' || *s == '-') {
        int sign = *s++ == '+' ? 1 : -1;
        if (!number(&s, 2, ':', &oh) || !number(&s, 2, '\0', &om) || oh > 23 || om > 59) {
            return false;
        }
        offset = sign * (int64_t)(oh * 3600 + om * 60);
    } else if (*s++ != 'Z') {
        return false;
    }
    if (*s != '\0') {
        return false;
    }
    *unix_time = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + (sec > 59 ? 59 : sec) - offset;
    return true;
}
