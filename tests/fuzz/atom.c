/* SPDX-License-Identifier: MIT
 * Posts: an arbitrary entry is read, and a post of arbitrary texts is written, read by the reader of the stream, and
 * must be the same. Byte 0: the low bit says which.
 */
#include <string.h>

#include "core/modules/blog/atom.h"
#include "core/mote.h"
#include "core/xml/reader.h"
#include "core/base/text.h"
#include "core/xml/writer.h"
#include "tests/fuzz/fuzz.h"

static uint8_t arena[8192], xml[16384];
static const struct mote_post *written; /* what is to come out again, or NULL */
static unsigned entries;

static void check_text(const char *text)
{
    must(text == NULL || mote_text_valid(text, strlen(text)) == strlen(text), "a post is text");
}

static void check_same(const struct mote_post *p)
{
    must(mote_text_equal(p->title, written->title), "the title is the one that was written");
    must(written->content == NULL || mote_text_equal(p->content, written->content),
         "the content is the one that was written");
    must(p->updated == written->updated, "the time is the one that was written");
    must(written->lean || mote_text_equal(p->author, written->author), "the author is the one that was written");
    must(p->tag_count == written->tag_count, "the tags are those that were written");
}

static void on_header(void *ctx, const struct mote_xml *stream)
{
    (void)ctx, (void)stream;
}

static void on_entry(void *ctx, const struct mote_xml *entry)
{
    char scratch[128];
    struct mote_post p = {.service = "pubsub.localhost", .node = "n", .id = "i"};
    (void)ctx;
    mote_atom_read(entry, "bob@localhost", &p, scratch, sizeof scratch);
    const char *const texts[] = {p.title,   p.content,          p.author_name,  p.author,
                                 p.atom_id, p.comments_service, p.comments_node};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check_text(texts[i]);
    }
    must(p.tag_count <= MOTE_POST_TAGS, "no more tags than there is room for");
    for (unsigned i = 0; i < p.tag_count; i++) {
        must(p.tags[i] != NULL, "a tag has a text");
        check_text(p.tags[i]);
    }
    must((p.comments_service == NULL) == (p.comments_node == NULL), "where comments are, is both or none");
    entries++;
    if (written != NULL) {
        must(p.entry, "what was written is an entry");
        check_same(&p);
    }
}

static void on_oversize(void *ctx, const struct mote_xml *top, size_t size)
{
    (void)ctx, (void)top, (void)size;
}

static void on_end(void *ctx)
{
    (void)ctx;
}

static const struct mote__reader_sink sink = {on_header, on_entry, on_oversize, on_end};

static void read_back(const void *bytes, size_t len)
{
    static struct mote__reader r;
    static const char header[] = "<s xmlns='http://www.w3.org/2005/Atom'>";
    must(mote__reader_init(&r, arena, sizeof arena, xml, sizeof xml, &sink, NULL), "there is memory for a reader");
    mote__reader_feed(&r, header, sizeof header - 1);
    mote__reader_feed(&r, bytes, len);
}

static void write_post(struct input *in)
{
    static uint8_t out[16384];
    static char texts[7][256];
    struct mote_post p = {.service = "alice@localhost", .node = "n", .id = texts[0], .author = "alice@localhost"};
    uint8_t how = input_byte(in);
    p.updated = (int64_t)input_number(in, 4);
    for (int i = 0; i < 7; i++) {
        input_string(in, texts[i], sizeof texts[i]);
    }
    p.title = (how & 1) != 0 || texts[1][0] == '\0' ? "t" : texts[1];
    p.content = (how & 2) != 0 || texts[2][0] == '\0' ? NULL : texts[2];
    p.author_name = (how & 4) != 0 ? NULL : texts[3];
    p.lean = (how & 8) != 0;
    p.tag_count = texts[4][0] != '\0' ? 1 + (texts[5][0] != '\0') : 0;
    p.tags[0] = texts[4];
    p.tags[1] = texts[5];
    p.comments_service = (how & 16) != 0 ? "pubsub.localhost" : NULL;
    p.comments_node = (how & 16) != 0 ? texts[6] : NULL;
    struct mote_writer w;
    mote_writer_start(&w, out, sizeof out);
    mote_atom_write(&w, &p);
    if (mote_writer_result(&w) == 0) {
        written = &p;
        read_back(out, w.need);
        must(entries == 1, "what is written can be read");
        written = NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    entries = 0;
    if ((input_byte(&in) & 1) != 0) {
        write_post(&in);
    } else {
        read_back(in.at, in.left);
    }
    return 0;
}
