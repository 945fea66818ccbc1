/* SPDX-License-Identifier: MIT
 * replay FILE...: play each file to the target, as libFuzzer does with its arguments. For builds without libFuzzer, so
 * that `make check` needs only the compiler that is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { LARGEST = 1 << 20 };

static uint8_t bytes[LARGEST];

int main(int argc, char **argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (f == NULL) {
            perror(argv[i]);
            return 1;
        }
        size_t len = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        uint8_t *exact = malloc(len + (len == 0)); /* so that the sanitizer sees reading beyond */
        if (exact == NULL) {
            return 1;
        }
        memcpy(exact, bytes, len);
        fprintf(stderr, "%s\n", argv[i]); /* the last line names the culprit */
        LLVMFuzzerTestOneInput(exact, len);
        free(exact);
    }
    fprintf(stderr, "replayed %d inputs\n", argc - 1);
    return argc < 2;
}
