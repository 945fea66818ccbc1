/* SPDX-License-Identifier: MIT
 * DateTime of XEP-0082, in the proleptic Gregorian calendar. Years are counted from March, so that a leap day is the
 * last of its year.
 */
#include "core/base/text.h"

/* Days are counted from 1 March of the year -400, so that none is negative; the calendar repeats itself after 400
 * years. */
enum { CYCLE = 146097, TO_1970 = CYCLE + 719468 };

static const char form[] = "0000-00-00T00:00:00";

/* Days since then. `y` counts from the year -400, `month` from March, and both `month` and `day` begin with 0. */
static uint32_t days(uint32_t y, uint32_t month, uint32_t day)
{
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * month + 2) / 5 + day;
}

void mote_date_write(int64_t t, char out[MOTE_DATE_LEN + 1])
{
    const int64_t first = -62167219200, last = 253402300799; /* 0000-01-01T00:00:00Z, 9999-12-31T23:59:59Z */
    uint64_t since = (uint64_t)((t < first ? first : t > last ? last : t) + (int64_t)TO_1970 * 86400);
    uint32_t day = (uint32_t)(since / 86400), secs = (uint32_t)(since % 86400);
    uint32_t year = day / 365, month = 11;
    while (days(year, 0, 0) > day) {
        year--;
    }
    while (days(year, month, 0) > day) {
        month--;
    }
    uint32_t v[] = {year - 400 + (month > 9), month > 9 ? month - 9 : month + 3, day - days(year, month, 0) + 1,
                    secs / 3600, secs / 60 % 60, secs % 60};
    uint32_t *field = v + 5;
    out[MOTE_DATE_LEN] = '\0';
    out[MOTE_DATE_LEN - 1] = 'Z';
    for (unsigned i = MOTE_DATE_LEN - 1; i-- > 0;) {
        out[i] = form[i];
        if (form[i] != '0') {
            field--;
            continue;
        }
        out[i] = (char)('0' + *field % 10);
        *field /= 10;
    }
}

/* Read the numbers of `shape`, whose digits are written 0, into zeroed *v and those behind it. Returns what follows, or
 * NULL. */
static const char *numbers(const char *s, const char *shape, uint32_t *v)
{
    for (; *shape != '\0'; shape++, s++) {
        unsigned digit = (unsigned char)*s - (unsigned)'0';
        if (*shape != '0' ? *s != *shape : digit > 9) {
            return NULL;
        }
        if (*shape == '0') {
            *v = *v * 10 + digit;
        } else {
            v++;
        }
    }
    return s;
}

static uint32_t month_days(uint32_t y, uint32_t m)
{
    bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    return m == 2 ? 28u + leap : 30 + ((m + (m >> 3)) & 1);
}

bool mote_date_read(const char *s, int64_t *unix_time)
{
    uint32_t v[6] = {0}, off[2] = {0}; /* year, month, day, hours, minutes, seconds; hours, minutes */
    s = numbers(s, form, v);
    if (s == NULL || v[1] - 1 > 11 || v[2] - 1 >= month_days(v[0], v[1]) || v[3] > 23 || v[4] > 59 || v[5] > 60) {
        return false;
    }
    if (*s == '.') {
        s++;
        do {
            if (*s < '0' || *s > '9') {
                return false;
            }
        } while (*++s >= '0' && *s <= '9');
    }
    char zone = *s++;
    if (zone != 'Z') {
        s = zone == '+' || zone == '-' ? numbers(s, "00:00", off) : NULL;
    }
    if (s == NULL || *s != '\0' || off[0] > 23 || off[1] > 59) {
        return false;
    }
    bool late = v[1] > 2;
    uint32_t day = days(v[0] + 399 + late, late ? v[1] - 3 : v[1] + 9, v[2] - 1);
    int32_t minutes = (int32_t)(off[0] * 60 + off[1]);
    int32_t seconds = (int32_t)(v[3] * 3600 + v[4] * 60 + (v[5] > 59 ? 59 : v[5]));
    *unix_time = ((int64_t)day - TO_1970) * 86400 + seconds - (zone == '-' ? -minutes : minutes) * 60;
    return true;
}
