/* SPDX-License-Identifier: MIT
 * A small strstr. newlib's is made for long texts and takes a kilobyte; here texts are short, and seldom looked
 * through.
 */
#include <string.h>

/* With link-time optimisation the linker looks for it when the compiler has dropped it, and would take newlib's. So it
 * is marked as used. */
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
