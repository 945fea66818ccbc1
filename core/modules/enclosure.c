/* SPDX-License-Identifier: MIT
 * Writes and reads the enclosures of Atom entries.
 */
#include "core/modules/enclosure.h"

enum { MANY = 16 };

void mote_enclosure_write(struct mote_writer *w, const void *enclosure)
{
    for (const struct mote_enclosure *e = enclosure; e != NULL; e = e->next) {
        mote_writer_put(w, "<link rel='enclosure' href='%s'", e->href);
        mote_writer_attr(w, "type", e->type);
        mote_writer_attr(w, "title", e->title);
        if (e->length != MOTE_ENCLOSURE_UNKNOWN) {
            mote_writer_put(w, " length='");
            mote_writer_uint(w, e->length);
            mote_writer_put(w, "'");
        }
        mote_writer_put(w, "/>");
    }
}

static bool is_enclosure(const struct mote_xml *link)
{
    const char *href = mote_xml_attr(link, "href");
    return mote_xml_attr_is(link, "rel", "enclosure") && href != NULL && href[0] != '\0';
}

bool mote_enclosure_read(const struct mote_post *post, unsigned n, struct mote_enclosure *e)
{
    const struct mote_xml *link = mote_xml_inner(post->xml, "link");
    for (unsigned found = 0; link != NULL && found < MANY; link = mote_xml_again(link)) {
        if (is_enclosure(link) && found++ == n) {
            *e = (struct mote_enclosure){.href = mote_xml_attr(link, "href"),
                                         .type = mote_xml_attr(link, "type"),
                                         .title = mote_xml_attr(link, "title"),
                                         .length = MOTE_ENCLOSURE_UNKNOWN};
            mote_xml_attr_uint(link, "length", INT64_MAX, &e->length);
            return true;
        }
    }
    return false;
}
