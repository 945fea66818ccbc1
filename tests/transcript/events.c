/* SPDX-License-Identifier: MIT
 * Writes an event as a line of a transcript.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/modules/outbox/outbox.h"
#include "tests/transcript/transcript.h"

static const char *text(const char *s)
{
    return s != NULL ? s : "-";
}

/* How a message came that another client of the account sent or received. */
static const char *way_of(const struct mote_message *m)
{
    if (m->sent) {
        return m->carbon ? " carbon-sent" : " sent";
    }
    return m->carbon ? " carbon" : "";
}

static void describe_post(char *line, size_t size, const char *name, const struct mote_event *e)
{
    const struct mote_post *p = mote_post_of(e);
    snprintf(line, size, "%s service=%s node=%s id=%s title=%s content=%s author=%s updated=%" PRId64 "%s%s", name,
             text(p->service), text(p->node), text(p->id), text(p->title), text(p->content), text(p->author),
             p->updated, p->author_verified ? " verified" : "", p->cut ? " cut" : "");
    struct mote_enclosure enclosure;
    for (unsigned n = 0; mote_enclosure_read(p, n, &enclosure); n++) {
        size_t len = strlen(line);
        snprintf(line + len, size - len, " [%s type=%s title=%s", enclosure.href, text(enclosure.type),
                 text(enclosure.title));
        len = strlen(line);
        if (enclosure.length != MOTE_ENCLOSURE_UNKNOWN) {
            snprintf(line + len, size - len, " length=%" PRIu64, enclosure.length);
        }
        len = strlen(line);
        snprintf(line + len, size - len, "]");
    }
}

static void describe_file(char *line, size_t size, const char *name, const struct mote_event *e)
{
    const struct mote_file *f = mote_file_of(e);
    snprintf(line, size, "%s name=%s size=%" PRIu64 " done=%" PRIu64 "%s", name, text(f->name), f->size, f->done,
             f->verified ? " verified" : "");
    if (e->kind == MOTE_EV_FILE_FAILED) {
        snprintf(line + strlen(line), size - strlen(line), ": %s (%s)", text(e->why), mote_error_text(e->error));
    }
}

static void describe_archived(char *line, size_t size, const struct mote_event *e)
{
    const struct mote_archived *a = mote_archived_of(e);
    if (e->kind == MOTE_EV_ARCHIVED) {
        snprintf(line, size, "archived id=%s time=%" PRId64, a->id, a->time);
    } else if (e->error == 0) {
        snprintf(line, size, "caught-up messages=%u", a->messages);
    } else {
        snprintf(line, size, "caught-up messages=%u condition=%s: %s (%s)", a->messages, text(e->condition),
                 text(e->why), mote_error_text(e->error));
    }
}

static void describe_outbox(char *line, size_t size, const char *name, const struct mote_event *e)
{
    snprintf(line, size, "%s ticket=%d kind=%d%s%s%s%s%s", name, e->ticket, (int)mote_outbox_item_of(e)->kind,
             mote_outbox_item_of(e)->maybe_twice ? " maybe-twice" : "", e->condition != NULL ? " condition=" : "",
             e->condition != NULL ? e->condition : "", e->why != NULL ? ": " : "", e->why != NULL ? e->why : "");
}

/* What the message shares by URL, behind the line of it. */
static void describe_links(char *line, size_t size, const struct mote_message *m)
{
    struct mote_shared_file f;
    for (unsigned n = 0; mote_sharing_read(m, n, &f); n++) {
        size_t len = strlen(line);
        snprintf(line + len, size - len, " [%s %s name=%s type=%s desc=%s%s", f.how, f.url, text(f.name), text(f.type),
                 text(f.desc), f.sha256 != NULL ? " sha256" : "");
        len = strlen(line);
        if (f.size != MOTE_SHARING_UNKNOWN) {
            snprintf(line + len, size - len, " size=%" PRIu64, f.size);
        }
        len = strlen(line);
        if (f.width != 0) {
            snprintf(line + len, size - len, " %" PRIu32 "x%" PRIu32, f.width, f.height);
        }
        len = strlen(line);
        snprintf(line + len, size - len, "]");
    }
}

static void describe_slot(char *line, size_t size, const struct mote_upload_slot *s)
{
    snprintf(line, size, "upload-slot put=%s get=%s", s->put, s->get);
    for (unsigned i = 0; i < s->header_count; i++) {
        size_t len = strlen(line);
        snprintf(line + len, size - len, " %s: %s;", s->headers[i].name, s->headers[i].value);
    }
}

void describe_event(char *line, size_t size, const struct mote_event *e)
{
    switch (e->kind) {
    case MOTE_EV_ONLINE: snprintf(line, size, "online"); break;
    case MOTE_EV_RESUMED: snprintf(line, size, "resumed"); break;
    case MOTE_EV_OFFLINE: snprintf(line, size, "offline %s: %s", mote_error_text(e->error), text(e->why)); break;
    case MOTE_EV_KEYS:
        snprintf(line, size, "keys hash=%u iterations=%u salt=%u%s", e->keys->hash, e->keys->iterations,
                 e->keys->salt_len, e->keys->bound == MOTE_BINDING_REFUSED ? " binding-refused" : "");
        break;
    case MOTE_EV_TOKEN:
        snprintf(line, size, "token %s=%s expiry=%" PRId64, mote_token_of(e)->mechanism, mote_token_of(e)->token,
                 mote_token_of(e)->expiry);
        break;
    case MOTE_EV_TOKEN_REFUSED: snprintf(line, size, "token-refused %s", mote_token_of(e)->token); break;
    case MOTE_EV_EARLY_REFUSED: snprintf(line, size, "early-refused"); break;
    case MOTE_EV_REGISTERED: snprintf(line, size, "registered"); break;
    case MOTE_EV_PASSWORD_CHANGED: snprintf(line, size, "password-changed ticket=%d", e->ticket); break;
    case MOTE_EV_ACCOUNT_REMOVED: snprintf(line, size, "account-removed ticket=%d", e->ticket); break;
    case MOTE_EV_SERVER:
        snprintf(line, size, "server sasl%u %s binding=%u offers=%u token=%u version=%s", mote_known_of(e)->profile,
                 mote_known_of(e)->mechanism, mote_known_of(e)->binding, mote_known_of(e)->offers,
                 mote_known_of(e)->token, mote_known_of(e)->config_version);
        break;
    case MOTE_EV_ROOM: snprintf(line, size, "room"); break;
    case MOTE_EV_OVERSIZE: snprintf(line, size, "oversize from=%s size=%zu", text(e->from), e->size); break;
    case MOTE_EV_TIME: snprintf(line, size, "time %" PRId64, e->unix_time); break;
    case MOTE_EV_MESSAGE:
        snprintf(line, size, "message from=%s id=%s type=%s%s%s%s%s body=%s", text(mote_message_of(e)->from),
                 text(mote_message_of(e)->id), mote_message_of(e)->type, mote_message_of(e)->delayed ? " delayed" : "",
                 mote_message_of(e)->encrypted != NULL ? " encrypted=" : "",
                 mote_message_of(e)->encrypted != NULL ? mote_message_of(e)->encrypted : "",
                 way_of(mote_message_of(e)), mote_message_of(e)->body);
        describe_links(line, size, mote_message_of(e));
        break;
    case MOTE_EV_UPLOAD_SERVICE: snprintf(line, size, "upload-service %s", e->from); break;
    case MOTE_EV_UPLOAD_SLOT: describe_slot(line, size, mote_upload_slot_of(e)); break;
    case MOTE_EV_RECEIPT:
        snprintf(line, size, "receipt from=%s id=%s ticket=%d", e->from, mote_receipt_of(e)->id, e->ticket);
        break;
    case MOTE_EV_REFUSED:
        snprintf(line, size, "refused ticket=%d condition=%s: %s (%s)", e->ticket, text(e->condition), text(e->why),
                 mote_error_text(e->error));
        break;
    case MOTE_EV_SUBSCRIPTION:
    case MOTE_EV_PRESENCE:
        snprintf(line, size, "presence from=%s type=%s%s", e->from, mote_presence_of(e)->type,
                 mote_presence_of(e)->allowed ? " allowed" : "");
        break;
    case MOTE_EV_PUBLISHED: describe_post(line, size, "published", e); break;
    case MOTE_EV_POST: describe_post(line, size, "post", e); break;
    case MOTE_EV_POST_RETRACTED: describe_post(line, size, "post-retracted", e); break;
    case MOTE_EV_RETRACTED: snprintf(line, size, "retracted ticket=%d", e->ticket); break;
    case MOTE_EV_SUBSCRIBED: snprintf(line, size, "subscribed ticket=%d", e->ticket); break;
    case MOTE_EV_UNSUBSCRIBED: snprintf(line, size, "unsubscribed ticket=%d", e->ticket); break;
    case MOTE_EV_PAGE:
        snprintf(line, size, "page ticket=%d first=%s last=%s", e->ticket, text(mote_page_of(e)->first),
                 text(mote_page_of(e)->last));
        break;
    case MOTE_EV_ARCHIVED:
    case MOTE_EV_CAUGHT_UP: describe_archived(line, size, e); break;
    case MOTE_EV_FILE_OFFERED: describe_file(line, size, "file-offered", e); break;
    case MOTE_EV_FILE_STARTED: describe_file(line, size, "file-started", e); break;
    case MOTE_EV_FILE_PROGRESS: describe_file(line, size, "file-progress", e); break;
    case MOTE_EV_FILE_DONE: describe_file(line, size, "file-done", e); break;
    case MOTE_EV_FILE_FAILED: describe_file(line, size, "file-failed", e); break;
    case MOTE_EV_DELIVERED: describe_outbox(line, size, "delivered", e); break;
    case MOTE_EV_UNDELIVERABLE: describe_outbox(line, size, "undeliverable", e); break;
    case MOTE_EV_EXPIRED: describe_outbox(line, size, "expired", e); break;
    }
}
