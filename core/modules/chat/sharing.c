/* SPDX-License-Identifier: MIT
 * Writes and reads what messages tell of files that are shared by their URL.
 */
#include "core/modules/chat/sharing.h"

#include <string.h>

#include "core/base/text.h"
#include "core/modules/chat/compose.h"
#include "core/xml/ns.h"

/* URL: bytes of the longest that is read, with its NUL. PLACES: sources of a message that are looked at, so that a
 * message full of them takes no time. */
enum { SHA256 = 32, URL = 2048, PLACES = 16 };

/// Writing ///

static void write_metadata(struct mote_writer *w, const struct mote_shared_file *f)
{
    mote_writer_put(w, "<file xmlns='" NS_FILE_METADATA "'>");
    mote_writer_element(w, "media-type", f->type);
    mote_writer_element(w, "name", f->name);
    mote_writer_element(w, "desc", f->desc);
    mote_writer_element(w, "date", f->date);
    if (f->size != MOTE_SHARING_UNKNOWN) {
        mote_writer_put(w, "<size>");
        mote_writer_uint(w, f->size);
        mote_writer_put(w, "</size>");
    }
    if (f->sha256 != NULL) {
        mote_writer_put(w, "<hash xmlns='" NS_HASHES "' algo='sha-256'>");
        mote_writer_base64(w, f->sha256, SHA256);
        mote_writer_put(w, "</hash>");
    }
    mote_writer_put(w, "</file>");
}

int32_t mote_sharing_send(struct mote_chat *chat, const char *to, const struct mote_shared_file *f)
{
    struct mote *x = chat->mod.x;
    bool picture = f->type != NULL && strncmp(f->type, "image/", 6) == 0;
    char id[12];
    if (to == NULL || !mote_jid_valid(to) || f->url == NULL || f->url[0] == '\0') {
        return MOTE_ERR_ARG;
    }
    if (mote_module_random_id(x, id) != 0) {
        return MOTE_ERR_ENTROPY;
    }
    struct mote_writer *w = mote_module_begin(x);
    mote_writer_put(w, "<message to='%s' type='chat' id='%s'><body>%s</body><origin-id xmlns='" NS_SID "' id='%s'/>",
                    to, id, f->url, id);
    mote_writer_put(w, "<x xmlns='" NS_OOB "'><url>%s</url></x>", f->url);
    mote_writer_put(w, "<file-sharing xmlns='" NS_SFS "' disposition='%s'>", picture ? "inline" : "attachment");
    write_metadata(w, f);
    mote_writer_put(w, "<sources><url-data xmlns='" NS_URL_DATA "' target='%s'/></sources></file-sharing>", f->url);
    mote_writer_put(w, "<fallback xmlns='" NS_FALLBACK "' for='" NS_SFS "'><body/></fallback></message>");
    int result = mote_module_send(x, MOTE_TX_KEEP);
    if (result != 0) {
        return result;
    }
    int32_t ticket = mote_module_ticket(x);
    mote__chat_remember(chat, id, to, ticket);
    return ticket;
}

/// Reading ///

static const char *text_of(const struct mote_xml *metadata, const char *name)
{
    const char *text = mote_xml_inner_text(metadata, name);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static void read_hash(const struct mote_xml *metadata, struct mote_shared_file *f)
{
    for (const struct mote_xml *h = mote_xml_child(metadata, NS_HASHES, "hash"); h != NULL; h = mote_xml_again(h)) {
        size_t len;
        const char *text = mote_xml_text(h, &len);
        if (mote_xml_attr_is(h, "algo", "sha-256") && mote_base64_decode(text, len, f->sum, sizeof f->sum) == SHA256) {
            f->sha256 = f->sum;
            return;
        }
    }
}

static uint64_t number_of(const struct mote_xml *metadata, const char *name, uint64_t max, uint64_t otherwise)
{
    const char *text = mote_xml_inner_text(metadata, name);
    uint64_t n;
    return text != NULL && mote_text_uint(text, max, &n) ? n : otherwise;
}

/* The elements of XEP-0446 and those of XEP-0234, which SIMS has, have the same names. */
static void read_metadata(const struct mote_xml *metadata, struct mote_shared_file *f)
{
    f->name = text_of(metadata, "name");
    f->type = text_of(metadata, "media-type");
    f->desc = text_of(metadata, "desc");
    f->date = text_of(metadata, "date");
    f->size = number_of(metadata, "size", INT64_MAX, MOTE_SHARING_UNKNOWN);
    f->width = (uint32_t)number_of(metadata, "width", UINT32_MAX, 0);
    f->height = (uint32_t)number_of(metadata, "height", UINT32_MAX, 0);
    read_hash(metadata, f);
}

static bool is_url(const char *url)
{
    size_t len = url != NULL ? strlen(url) : 0;
    return len > 0 && len < URL && strcspn(url, " \t\r\n") == len;
}

static void read_sfs(const struct mote_xml *e, struct mote_shared_file *f)
{
    const struct mote_xml *source = mote_xml_child(mote_xml_inner(e, "sources"), NS_URL_DATA, "url-data");
    f->url = mote_xml_attr(source, "target");
    f->how = "sfs";
    read_metadata(mote_xml_child(e, NS_FILE_METADATA, "file"), f);
}

static void read_sims(const struct mote_xml *e, struct mote_shared_file *f)
{
    const struct mote_xml *sharing = mote_xml_child(e, NS_SIMS, "media-sharing");
    const struct mote_xml *source = mote_xml_child(mote_xml_inner(sharing, "sources"), NS_REFERENCE, "reference");
    f->url = mote_xml_attr(source, "uri");
    f->how = "sims";
    read_metadata(mote_xml_child(sharing, NS_JINGLE_FILE, "file"), f);
}

static void read_oob(const struct mote_xml *e, struct mote_shared_file *f)
{
    f->url = mote_xml_inner_text(e, "url");
    f->how = "oob";
    f->desc = text_of(e, "desc");
}

/* A body that is a URL and nothing else. */
static void read_body(const char *body, struct mote_shared_file *f)
{
    f->url = strncmp(body, "https://", 8) == 0 ? body : NULL;
    f->how = "body";
}

/* What the sources are, in the order of how much they tell. */
static const struct {
    const char *ns, *name;
    void (*read)(const struct mote_xml *e, struct mote_shared_file *f);
} sources[] = {{NS_SFS, "file-sharing", read_sfs}, {NS_REFERENCE, "reference", read_sims}, {NS_OOB, "x", read_oob}};
enum { SOURCES = sizeof sources / sizeof sources[0] };

/* Read the source at this place, whether it has a URL or not. Returns false behind the last one. */
static bool read_at(const struct mote_message *m, unsigned place, struct mote_shared_file *f)
{
    memset(f, 0, sizeof *f);
    f->size = MOTE_SHARING_UNKNOWN;
    for (unsigned i = 0; i < SOURCES; i++) {
        const struct mote_xml *e = mote_xml_child(m->xml, sources[i].ns, sources[i].name);
        for (; e != NULL; e = mote_xml_again(e)) {
            if (place-- == 0) {
                sources[i].read(e, f);
                return true;
            }
        }
    }
    if (place == 0) {
        read_body(m->body, f);
    }
    return place == 0;
}

/* Was the URL of `f`, which is at this place, there before? */
static bool is_again(const struct mote_message *m, unsigned place, const struct mote_shared_file *f)
{
    struct mote_shared_file other;
    for (unsigned i = 0; i < place && read_at(m, i, &other); i++) {
        if (mote_text_equal(other.url, f->url)) {
            return true;
        }
    }
    return false;
}

bool mote_sharing_read(const struct mote_message *m, unsigned n, struct mote_shared_file *f)
{
    for (unsigned place = 0, found = 0; place < PLACES && read_at(m, place, f); place++) {
        if (is_url(f->url) && !is_again(m, place, f) && found++ == n) {
            return true;
        }
    }
    return false;
}
