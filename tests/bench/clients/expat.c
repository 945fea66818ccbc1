/* SPDX-License-Identifier: MIT
 * expat FILE [RUNS]: bare expat over a recorded stream in memory. One line of JSON: seconds of each run, and of CPU in
 * all.
 */
#include "tests/bench/clients/client.h"
#include "tests/sizes/bare_expat.h"

int main(int argc, char **argv)
{
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    int runs = argc > 2 ? atoi(argv[2]) : 1;
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        return 2;
    }
    size_t len = (size_t)ftell(f);
    char *all = malloc(len + 1);
    rewind(f);
    if (all == NULL || fread(all, 1, len, f) != len) {
        return 1;
    }
    double cpu = bench_cpu();
    printf("{\"bytes\": %zu, \"seconds\": [", len);
    for (int i = 0; i < runs; i++) {
        double begin = bench_now();
        if (bare_expat(all, len) != 0) {
            return 1;
        }
        printf("%s%.6f", i > 0 ? ", " : "", bench_now() - begin);
    }
    printf("], \"cpu\": %.6f}\n", bench_cpu() - cpu);
    return 0;
}
