/* SPDX-License-Identifier: MIT
 * expat FILE [RUNS]: what no reader on top of it can go below. Handlers that do nothing, over a recorded stream in memory,
 * in pieces of 4096 bytes. One line of JSON: seconds of each run, and of CPU in all.
 */
#include <expat.h>

#include "tests/bench/clients/client.h"

enum { PIECE = 4096 };

static void on_start(void *ctx, const XML_Char *name, const XML_Char **atts)
{
    (void)ctx, (void)name, (void)atts;
}

static void on_end(void *ctx, const XML_Char *name)
{
    (void)ctx, (void)name;
}

static void on_text(void *ctx, const XML_Char *text, int len)
{
    (void)ctx, (void)text, (void)len;
}

static int parse(const char *all, size_t len)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    int failed = parser == NULL;
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    for (size_t at = 0; at < len && !failed; at += PIECE) {
        failed = XML_Parse(parser, all + at, (int)(len - at < PIECE ? len - at : PIECE), XML_FALSE) != XML_STATUS_OK;
    }
    XML_ParserFree(parser);
    return failed;
}

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
        if (parse(all, len) != 0) {
            return 1;
        }
        printf("%s%.6f", i > 0 ? ", " : "", bench_now() - begin);
    }
    printf("], \"cpu\": %.6f}\n", bench_cpu() - cpu);
    return 0;
}
