/* Loaded in front of the C library: the clocks of a process are moved. The file that CLOCK_SHIFT names holds two
 * numbers: seconds that the time of day is ahead, and milliseconds that the counter without a date is. It may change at
 * any time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long shift(int which)
{
    long long numbers[2] = {0, 0};
    const char *path = getenv("CLOCK_SHIFT");
    FILE *f = path != NULL ? fopen(path, "r") : NULL;
    if (f != NULL) {
        if (fscanf(f, "%lld %lld", &numbers[0], &numbers[1]) != 2) {
            numbers[0] = numbers[1] = 0; /* it is just being written */
        }
        fclose(f);
    }
    return numbers[which];
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    long r = syscall(SYS_clock_gettime, id, t);
    if (r == 0 && id == CLOCK_REALTIME) {
        t->tv_sec += shift(0);
    } else if (r == 0 && (id == CLOCK_BOOTTIME || id == CLOCK_MONOTONIC)) {
        long long ms = t->tv_sec * 1000LL + t->tv_nsec / 1000000 + shift(1);
        t->tv_sec = ms / 1000;
        t->tv_nsec = ms % 1000 * 1000000 + t->tv_nsec % 1000000;
    }
    return (int)r;
}

time_t time(time_t *out)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out != NULL) {
        *out = t.tv_sec;
    }
    return t.tv_sec;
}
