/* SPDX-License-Identifier: MIT
 * Media types of the files that people send.
 */
#include "examples/mote/web/media_type.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

const char *media_type(const char *name)
{
    static const char *const types[][2] = {
        {"avif", "image/avif"},     {"bmp", "image/bmp"},         {"gif", "image/gif"},
        {"heic", "image/heic"},     {"jpeg", "image/jpeg"},       {"jpg", "image/jpeg"},
        {"png", "image/png"},       {"svg", "image/svg+xml"},     {"webp", "image/webp"},
        {"flac", "audio/flac"},     {"m4a", "audio/mp4"},         {"mp3", "audio/mpeg"},
        {"oga", "audio/ogg"},       {"ogg", "audio/ogg"},         {"opus", "audio/ogg"},
        {"wav", "audio/x-wav"},     {"mkv", "video/x-matroska"},  {"mov", "video/quicktime"},
        {"mp4", "video/mp4"},       {"webm", "video/webm"},       {"csv", "text/csv"},
        {"htm", "text/html"},       {"html", "text/html"},        {"log", "text/plain"},
        {"md", "text/markdown"},    {"txt", "text/plain"},        {"json", "application/json"},
        {"pdf", "application/pdf"}, {"xml", "application/xml"},   {"zip", "application/zip"},
        {"gz", "application/gzip"}, {"tar", "application/x-tar"}, {"epub", "application/epub+zip"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(dot + 1, types[i][0]) == 0) {
            return types[i][1];
        }
    }
    return "application/octet-stream";
}
