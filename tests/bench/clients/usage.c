/* SPDX-License-Identifier: MIT
 * usage COMMAND...: run it, and print its seconds, CPU seconds and the most KiB it had resident, as JSON on
 * descriptor 3. A small parent of its own, because Linux counts what was resident before exec, too.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/bench/clients/client.h"

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

int main(int argc, char **argv)
{
    int status;
    struct rusage used;
    double begin = bench_now();
    pid_t child = argc > 1 ? vfork() : -1;
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        return 126;
    }
    dprintf(3, "{\"wall\": %.6f, \"cpu\": %.6f, \"rss_kib\": %ld}\n", bench_now() - begin,
            seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
