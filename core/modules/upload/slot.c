/* SPDX-License-Identifier: MIT
 * Checks an upload slot. The service belongs to the server, which may be hostile or broken into.
 */
#include "core/modules/upload/slot.h"

#include <string.h>

#include "core/base/text.h"
#include "core/xml/ns.h"

/* An https URL of characters that a URL has, with a host and without a user name. */
static bool is_https(const char *url)
{
    static const char scheme[] = "https://";
    size_t len = strlen(url), prefix = sizeof scheme - 1;
    if (len <= prefix || len >= MOTE_UPLOAD_URL || !mote_text_equal_folded(url, scheme, prefix)) {
        return false;
    }
    size_t host = strcspn(url + prefix, "/?#");
    for (size_t i = 0; i < len; i++) {
        if (url[i] <= ' ' || url[i] >= 0x7f || strchr("\"<>\\^`{|}", url[i]) != NULL) {
            return false;
        }
    }
    return host > 0 && memchr(url + prefix, '@', host) == NULL;
}

/* Copy `text` without its line ends (XEP-0363 section 7) to *out. Returns false when it has another character that no
 * header has, or does not fit; *out and *room stand behind it otherwise. */
static bool copy_line(const char *text, char **out, size_t *room)
{
    for (; *text != '\0'; text++) {
        if (*text == '\r' || *text == '\n') {
            continue;
        }
        if ((unsigned char)*text < ' ' || *text == 0x7f || *room < 2) {
            return false;
        }
        *(*out)++ = *text;
        (*room)--;
    }
    if (*room == 0) {
        return false;
    }
    *(*out)++ = '\0';
    (*room)--;
    return true;
}

static bool is_allowed(const char *name)
{
    static const char allowed[] = "authorization\0cookie\0expires\0";
    for (unsigned i = 0; i < 3; i++) {
        const char *one = mote_text_nth(allowed, i);
        if (strlen(one) == strlen(name) && mote_text_equal_folded(one, name, strlen(name))) {
            return true;
        }
    }
    return false;
}

static const char *read_headers(const struct mote_xml *put, struct mote_upload_slot *out, char *text, size_t size)
{
    for (const struct mote_xml *h = mote_xml_inner(put, "header"); h != NULL; h = mote_xml_again(h)) {
        char *name = text, *at = text;
        const char *told = mote_xml_attr(h, "name");
        size_t left = size;
        if (told == NULL || !copy_line(told, &at, &left) || !is_allowed(name)) {
            continue; /* others must be ignored (XEP-0363 section 5) */
        }
        char *value = at;
        if (out->header_count == MOTE_UPLOAD_HEADERS || h->first != h->last ||
            !copy_line(mote_xml_text(h, NULL), &at, &left)) {
            return "it has more or longer headers than a slot may have";
        }
        out->headers[out->header_count].name = name;
        out->headers[out->header_count++].value = value;
        text = at;
        size = left;
    }
    return NULL;
}

const char *mote__upload_slot_read(const struct mote_xml *slot, struct mote_upload_slot *out, char *text, size_t size)
{
    const struct mote_xml *put = mote_xml_inner(slot, "put");
    *out = (struct mote_upload_slot){.put = mote_xml_attr(put, "url"),
                                     .get = mote_xml_attr(mote_xml_inner(slot, "get"), "url")};
    if (slot == NULL || out->put == NULL || out->get == NULL) {
        return "it has no URL to put to, or none to get from";
    }
    if (!is_https(out->put) || !is_https(out->get)) {
        return "one of its URLs is no https:// URL";
    }
    return read_headers(put, out, text, size);
}
