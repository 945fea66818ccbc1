/* SPDX-License-Identifier: MIT
 * In the order of their code points: Unicode's Default_Ignorable_Code_Point, C1 controls, separators and annotations.
 */
#include "examples/mote/out/hidden.h"

static const uint32_t ranges[][2] = {
    {0x80, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160},
    {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static uint32_t code_point(const uint8_t *s, size_t n)
{
    static const uint8_t mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = s[0] & mask[n];
    for (size_t i = 1; i < n; i++) {
        c = c << 6 | (s[i] & 0x3f);
    }
    return c;
}

uint32_t hidden_character(const char *s, size_t n)
{
    uint32_t c = n > 1 ? code_point((const uint8_t *)s, n) : 0;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && ranges[i][0] <= c; i++) {
        if (c <= ranges[i][1]) {
            return c;
        }
    }
    return 0;
}
