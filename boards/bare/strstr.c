/* SPDX-License-Identifier: MIT
 * newlib's is made for long texts and takes a kilobyte. Here short ones are looked through, and seldom.
 */
#include <string.h>

/* The linker looks for it after the compiler has optimised over all files, and would find the other one. */
__attribute__((used)) char *strstr(const char *text, const char *part)
{
    size_t len = strlen(part);
    for (; strncmp(text, part, len) != 0; text++) {
        if (*text == '\0') {
            return NULL;
        }
    }
    return (char *)(size_t)text;
}
