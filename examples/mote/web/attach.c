/* SPDX-License-Identifier: MIT
 * Uploads the files that belong to an entry.
 */
#include "examples/mote/web/attach.h"

#include "core/base/text.h"
#include "examples/mote/files/file_source.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/web/media_type.h"
#include "examples/mote/web/upload.h"

static struct upload uploads[ATTACH_MAX];
static struct mote_enclosure links[ATTACH_MAX];
static char names[ATTACH_MAX][MOTE_FILE_NAME_MAX + 1];

static int upload_one(unsigned i)
{
    struct source source;
    int code = source_open(&source, cli.attach[i]);
    code = code == 0 ? upload_find(source.size) : code;
    if (code == EXIT_REFUSED) {
        return fail(code, upload_why(), NULL, "cannot attach %s", cli.attach[i]);
    }
    if (code != 0) {
        return code;
    }
    mote_text_copy(names[i], sizeof names[i], source.name);
    uploads[i] =
        (struct upload){.name = names[i], .type = media_type(names[i]), .size = source.size, .read = source_read};
    code = upload_file(&uploads[i]);
    links[i] = (struct mote_enclosure){
        .href = uploads[i].url, .type = uploads[i].type, .title = names[i], .length = uploads[i].size};
    return code;
}

int attach_upload(const struct mote_enclosure **list)
{
    int code = 0;
    *list = NULL;
    for (unsigned i = 0; i < cli.attach_count && code == 0; i++) {
        code = upload_one(i);
        if (i > 0) {
            links[i - 1].next = &links[i];
        }
    }
    *list = code == 0 && cli.attach_count > 0 ? links : NULL;
    source_close();
    return code;
}
