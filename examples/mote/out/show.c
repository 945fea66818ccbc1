/* SPDX-License-Identifier: MIT
 * Things that came (messages, posts, files, items of the queue), as a line for people or as JSON.
 */
#include "examples/mote/out/show.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/modules/enclosure.h"
#include "examples/mote/link/session.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/out/out.h"

static const char *date(int64_t unix_time)
{
    static char text[MOTE_DATE_LEN + 1];
    if (unix_time == 0) {
        return "-";
    }
    mote_date_write(unix_time, text);
    return text;
}

/* The bare JID; the string is valid until the next call. */
static const char *bare(const char *jid)
{
    static char text[MOTE_JID_MAX + 1];
    size_t len = jid != NULL ? mote_jid_bare_len(jid) : 0;
    if (len >= sizeof text) {
        len = sizeof text - 1;
    }
    memcpy(text, jid != NULL ? jid : "", len);
    text[len] = '\0';
    return text;
}

bool show_message(const struct mote_message *m)
{
    if (!cli.json) {
        out_print("%s %s: %s%s\n", date(m->time), bare(m->from), m->encrypted != NULL ? "(encrypted) " : "", m->body);
        return out_flush();
    }
    json_begin("message");
    json_string("from", m->from);
    json_string("to", m->to);
    json_string("id", m->id);
    json_string("type", m->type);
    json_string("body", m->body);
    json_time("time", m->time);
    json_bool("delayed", m->delayed);
    json_string("encrypted", m->encrypted);
    return json_end();
}

bool show_receipt(const struct mote_receipt *r)
{
    if (!cli.json) {
        out_print("received by %s\n", r->from);
        return out_flush();
    }
    json_begin("receipt");
    json_string("from", r->from);
    json_string("id", r->id);
    return json_end();
}

/// The queue ///

static void json_item(const struct shown_item *item)
{
    json_begin("queued");
    json_number("ticket", (uint64_t)item->ticket);
    json_string("kind", item->kind);
    json_string("to", item->to);
    json_string("id", item->id);
    json_string("node", item->node);
    json_time("queued", item->queued);
    json_time("expiry", item->expiry);
    json_number("size", item->size);
    json_string("state", item->state);
    json_bool("maybe_twice", item->maybe_twice);
}

bool show_item(const struct shown_item *item)
{
    if (!cli.json) {
        out_print("%lld %s %s", (long long)item->ticket, item->kind, item->to != NULL ? item->to : cli.settings.jid);
        if (item->node != NULL) {
            out_print(" %s", item->node);
        }
        out_print(" [%s] %llu bytes", item->id != NULL ? item->id : "-", (unsigned long long)item->size);
        out_print(", since %s", date(item->queued));
        if (item->expiry != 0) {
            out_print(", until %s", date(item->expiry));
        }
        out_print(", %s\n", item->state);
        return true; /* it is flushed with the other rows */
    }
    json_item(item);
    return json_end();
}

bool show_queued(const struct shown_item *item)
{
    if (!cli.json) {
        out_print("%s\n", item->id);
        return out_flush();
    }
    json_item(item);
    return json_end();
}

bool show_outcome(const struct mote_event *e)
{
    const struct mote_outbox_item *item = mote_outbox_item_of(e);
    const char *word = e->kind == MOTE_EV_DELIVERED ? "delivered"
                       : e->kind == MOTE_EV_EXPIRED ? "expired"
                                                    : "undeliverable";
    const char *to = item->to != NULL && item->to[0] != '\0' ? item->to : NULL; /* it is NULL for the own account */
    const char *why = e->kind == MOTE_EV_DELIVERED ? NULL : refusal(e);
    if (!cli.json) {
        note("%s %ld to %s: %s%s%s%s", mote_outbox_kind_name(&session.outbox, item->kind), (long)e->ticket,
             to != NULL ? to : cli.settings.jid, word, why != NULL ? ", " : "", why != NULL ? why : "",
             item->maybe_twice ? ", maybe twice" : "");
        return true;
    }
    json_begin(word);
    json_number("ticket", (uint64_t)e->ticket);
    json_string("kind", mote_outbox_kind_name(&session.outbox, item->kind));
    json_string("id", item->id);
    json_string("to", to);
    json_bool("maybe_twice", item->maybe_twice);
    json_string("why", why);
    json_string("condition", e->condition);
    return json_end();
}

static void json_size(const char *key, uint64_t value, uint64_t unknown)
{
    if (value == unknown) {
        json_null(key);
    } else {
        json_number(key, value);
    }
}

/// Posts ///

/* Print a text line by line, each one indented and escaped, so that nothing in it looks like the head of another
 * post. */
static void print_indented(const char *text)
{
    char line[1024];
    while (*text != '\0') {
        size_t n = strcspn(text, "\n"), part = n < sizeof line ? n : sizeof line - 1;
        while (part < n && part > 0 && ((uint8_t)text[part] & 0xc0) == 0x80) {
            part--; /* the line is not broken within a character */
        }
        part = part == 0 ? (n < sizeof line ? n : sizeof line - 1) : part;
        memcpy(line, text, part);
        line[part] = '\0';
        out_print("    %s\n", line);
        text += part + (part == n && text[n] == '\n');
    }
}

static void json_tags(const struct mote_post *p)
{
    json_list("tags");
    for (unsigned i = 0; i < p->tag_count; i++) {
        json_string(NULL, p->tags[i]);
    }
    json_close();
}

/* The n-th file of a post: of one that came, or of one that is being published. */
static bool enclosure_of(const struct mote_post *p, unsigned n, struct mote_enclosure *e)
{
    if (p->more != mote_enclosure_write) {
        return mote_enclosure_read(p, n, e);
    }
    const struct mote_enclosure *at = p->more_ctx;
    while (at != NULL && n-- > 0) {
        at = at->next;
    }
    if (at != NULL) {
        *e = *at;
    }
    return at != NULL;
}

static void json_enclosures(const struct mote_post *p)
{
    struct mote_enclosure e;
    json_list("enclosures");
    for (unsigned n = 0; enclosure_of(p, n, &e); n++) {
        json_object(NULL);
        json_string("href", e.href);
        json_string("type", e.type);
        json_string("title", e.title);
        json_size("length", e.length, MOTE_ENCLOSURE_UNKNOWN);
        json_close();
    }
    json_close();
}

static void print_enclosures(const struct mote_post *p)
{
    struct mote_enclosure e;
    for (unsigned n = 0; enclosure_of(p, n, &e); n++) {
        out_print("    %s%s%s%s\n", e.href, e.type != NULL ? " (" : "", e.type != NULL ? e.type : "",
                  e.type != NULL ? ")" : "");
    }
}

/* The first line says who wrote it, what, and under which id. The author's name is what the entry says of itself, so it
 * stands beside the address that the server vouches for, never in its place. */
static void print_post(const struct mote_post *p)
{
    bool known = p->author != NULL && p->author_verified;
    out_print("%s %s", date(p->updated), known ? p->author : p->service);
    if (!known && p->author_name != NULL && p->author_name[0] != '\0') {
        out_print(" (%s)", p->author_name);
    }
    out_print(": %s", p->title != NULL ? p->title + strspn(p->title, " \t\r\n")
                      : p->entry       ? ""
                                       : "an entry that is no blog post");
    for (unsigned i = 0; i < p->tag_count; i++) {
        out_print(" #%s", p->tags[i]);
    }
    out_print("%s [%s]\n", p->cut ? " (cut)" : "", p->id);
    if (p->content != NULL && (p->title == NULL || strcmp(p->title, p->content) != 0)) {
        print_indented(p->content);
    }
    print_enclosures(p);
}

bool show_post(const struct mote_post *p)
{
    if (!cli.json) {
        print_post(p);
        return out_flush();
    }
    json_begin("post");
    json_string("service", p->service);
    json_string("node", p->node);
    json_string("id", p->id);
    json_string("title", p->title);
    json_string("content", p->content);
    json_string("author", p->author);
    json_string("author_name", p->author_name);
    json_bool("author_verified", p->author != NULL && p->author_verified);
    json_time("published", p->published != 0 ? p->published : p->updated);
    json_time("updated", p->updated);
    json_tags(p);
    json_enclosures(p);
    json_bool("cut", p->cut);
    return json_end();
}

bool show_retracted(const struct mote_post *p)
{
    if (!cli.json) {
        if (p->id != NULL) {
            note("the entry [%s] was taken away", p->id);
        } else {
            note("all entries were taken away");
        }
        return true;
    }
    json_begin("retracted");
    json_string("service", p->service);
    json_string("node", p->node);
    json_string("id", p->id);
    return json_end();
}

/// Files ///

bool show_file(const struct shown_file *f)
{
    if (!cli.json) {
        char sum[65] = "";
        for (size_t i = 0; f->sha256 != NULL && i < 32; i++) {
            snprintf(sum + 2 * i, 3, "%02x", f->sha256[i]);
        }
        const char *verified = f->incoming ? "not verified: the sender told no SHA-256"
                               : cli.raw   ? "not verified: a bare stream has no hash"
                                           : "the receiver did not say whether it has the whole file";
        out_print(f->incoming ? "%s from %s, %llu bytes, SHA-256 %s, %s\n" : "%s to %s, %llu bytes, SHA-256 %s, %s\n",
                  f->path, f->incoming ? f->from : f->to, (unsigned long long)f->size, sum,
                  f->verified ? "verified" : verified);
        return out_flush();
    }
    json_begin("file");
    json_string("from", f->from);
    json_string("to", f->to);
    json_string("name", f->name);
    json_number("size", f->size);
    json_hex("sha256", f->sha256, 32);
    json_string("path", f->path);
    json_bool("verified", f->verified);
    return json_end();
}

/// URLs ///

bool show_upload(const struct shown_upload *u)
{
    if (!cli.json) {
        out_print("%s\n", u->url);
        return out_flush();
    }
    json_begin("upload");
    json_string("to", u->to);
    json_string("url", u->url);
    json_string("name", u->name);
    json_string("type", u->type);
    json_number("size", u->size);
    json_hex("sha256", u->sha256, 32);
    return json_end();
}

bool show_download(const struct shown_download *d)
{
    if (!cli.json) {
        char sum[65];
        for (size_t i = 0; i < 32; i++) {
            snprintf(sum + 2 * i, 3, "%02x", d->sha256[i]);
        }
        out_print("%s, %llu bytes, SHA-256 %s, %s\n", d->path, (unsigned long long)d->size, sum,
                  d->verified ? "verified" : "not verified: --hash was not given");
        return out_flush();
    }
    json_begin("download");
    json_string("url", d->url);
    json_string("type", d->type[0] != '\0' ? d->type : NULL);
    json_number("size", d->size);
    json_number("resumed", d->resumed);
    json_hex("sha256", d->sha256, 32);
    json_string("path", d->path);
    json_bool("verified", d->verified);
    return json_end();
}

bool show_links(const struct mote_message *m)
{
    struct mote_shared_file f;
    bool good = true;
    for (unsigned n = 0; cli.json && good && mote_sharing_read(m, n, &f); n++) {
        json_begin("link");
        json_string("from", m->from);
        json_string("id", m->id);
        json_string("url", f.url);
        json_string("how", f.how);
        json_string("name", f.name);
        json_string("type", f.type);
        json_string("desc", f.desc);
        json_size("size", f.size, MOTE_SHARING_UNKNOWN);
        json_hex("sha256", f.sha256, 32);
        json_size("width", f.width, 0);
        json_size("height", f.height, 0);
        good = json_end();
    }
    return good;
}
