/* SPDX-License-Identifier: MIT
 * mote provision: what a board has to know before its first start, written into an image of its storage: the settings
 * and keys of boards/bare/storage.h. The certificate authority goes into a file of its own, since on a board it lies
 * in a page of the flash.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "boards/bare/storage.h"
#include "core/base/text.h"
#include "examples/mote/out/fail.h"
#include "examples/mote/files/small_file.h"
#include "examples/mote/files/board_image.h"
#include "examples/mote/out/out.h"
#include "port/store/keys_file.h"
#include "port/store/keys_pack.h"
#include "examples/mote/conf/invitation.h"
#include "examples/mote/conf/secret.h"

enum { IMAGE_SIZE = 1 << 20, FLEET_TEXT = 1 << 20 };

static const char *place; /* the image that is being written */

/// Settings ///

/* Write the lines as a board reads them. *len becomes more than STORAGE_SETTINGS when they do not fit. */
static void add(char *text, size_t *len, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0' && *len <= STORAGE_SETTINGS) {
        int n = snprintf(text + *len, STORAGE_SETTINGS + 1 - *len, "%s=%s\n", name, value);
        *len += n > 0 ? (size_t)n : 0;
    }
}

static void add_known(char *text, size_t *len, const char *password, const char *token)
{
    static const char *const modes[] = {
        [MOTE_RUN_ANY] = NULL, [MOTE_RUN_DIRECT] = "direct", [MOTE_RUN_STARTTLS] = "starttls", [MOTE_RUN_CLEAR] = NULL};
    const struct settings *s = &cli.settings;
    char port[16] = "", pin[7 + 2 * sizeof s->pin + 1] = "sha256:";
    if (s->port != 0) {
        snprintf(port, sizeof port, "%u", s->port);
    }
    for (size_t i = 0; i < sizeof s->pin; i++) {
        snprintf(pin + 7 + 2 * i, 3, "%02x", s->pin[i]);
    }
    add(text, len, "jid", s->jid);
    add(text, len, "password", password);
    add(text, len, "invite", token != NULL && token[0] == '\0' ? "-" : token);
    add(text, len, "host", s->host);
    add(text, len, "port", port);
    add(text, len, "tls", modes[s->tls]);
    add(text, len, "pin", s->has_pin ? pin : NULL);
}

/* Take --set NAME=VALUE. */
static int add_given(char *text, size_t *len)
{
    for (unsigned i = 0; i < cli.set_count; i++) {
        const char *one = cli.set[i], *equals = strchr(one, '=');
        if (equals == NULL || equals == one || equals[1] == '\0' || strpbrk(one, "\r\n") != NULL) {
            return fail(EXIT_USAGE, "it has to be NAME=VALUE, in one line", NULL, "cannot set '%s'", one);
        }
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)(equals - one), one);
        add(text, len, name, equals + 1);
    }
    return 0;
}

static int make_settings(char text[STORAGE_SETTINGS + 1], size_t *len, const char *password, const char *token)
{
    *len = 0;
    add_known(text, len, password, token);
    int code = add_given(text, len);
    if (code != 0 || *len <= STORAGE_SETTINGS) {
        return code;
    }
    return fail(EXIT_USAGE, "a board has no room for so many: 376 bytes together", "leave some of them out",
                "cannot provision these settings");
}

/// Certificate authority ///

/* Write one authority in DER, as a board reads it from a page of its flash. */
static int write_page(void)
{
    static uint8_t page[STORAGE_PAGE];
    size_t len = 0;
    static bool written; /* one page does for a fleet */
    if (cli.ca_page == NULL || written) {
        return 0;
    }
    written = true;
    if (cli.settings.ca[0] == '\0') {
        return fail(EXIT_USAGE, "there is no authority to write", "--ca FILE names it", "cannot write %s", cli.ca_page);
    }
    const char *why = image_authority(cli.settings.ca, page, &len);
    if (why != NULL) {
        return fail(EXIT_LOCAL, why, "a board trusts one authority, of at most 4096 bytes in DER",
                    "cannot use the authority in %s", cli.settings.ca);
    }
    return file_write(cli.ca_page, (const char *)page, len) == 0 ? 0 : fail_errno(NULL, "cannot write %s", cli.ca_page);
}

/// The image ///

static int no_login(void)
{
    return fail(EXIT_USAGE, "there are neither kept keys of the account nor a password",
                "'mote setup' keeps keys; --password-file FILE or --password-stdin gives a password",
                "cannot provision %s", cli.settings.jid);
}

/* The keys that 'mote setup' kept, packed as a board reads them. *len is 0 when there are none. */
static int find_keys(uint8_t packed[MOTE_KEYS_PACKED + MOTE_JID_MAX], size_t *len)
{
    struct mote_keys keys;
    const char *path = settings_keys_path(cli.config);
    *len = 0;
    if (path == NULL) {
        return EXIT_LOCAL;
    }
    if (!mote_keys_file_load(path, cli.settings.jid, &keys)) {
        return no_login();
    }
    keys.bound = 0; /* it is of this machine's TLS; the board finds out by itself how its channel is bound */
    mote_keys_pack(&keys, packed);
    *len = MOTE_KEYS_PACKED + mote_jid_bare_len(cli.settings.jid);
    memcpy(packed + MOTE_KEYS_PACKED, cli.settings.jid, *len - MOTE_KEYS_PACKED);
    mote_secret_wipe(&keys, sizeof keys);
    return 0;
}

static int write_store(struct image *image, const char *text, size_t text_len, const uint8_t *keys, size_t keys_len)
{
    struct mote_store *s = &image->store;
    int r = mote_store_put(s, "settings", text, text_len);
    if (r == 0) {
        r = keys_len > 0 ? mote_store_put(s, "keys", keys, keys_len)
                         : mote_store_delete(s, "keys"); /* they are of an older password */
    }
    r = r == 0 ? mote_store_delete(s, "fresh") : r; /* a password that a board has made for an older invitation */
    r = r == 0 ? mote_store_sync(s) : r;
    if (r == 0) {
        return 0;
    }
    return fail(EXIT_LOCAL, mote_store_why(s)[0] != '\0' ? mote_store_why(s) : mote_error_text(r), NULL,
                "cannot write %s", place);
}

static int tell_image(const struct image *image, bool keys, bool invited)
{
    if (cli.json) {
        json_begin("provision");
        json_string("jid", cli.settings.jid);
        json_string("image", place);
        json_number("size", image->size);
        json_bool("keys", keys);
        json_string("ca_page", cli.ca_page);
        json_end();
        return 0;
    }
    note("%s: %s is provisioned with %s", place, cli.settings.jid,
         invited ? "an invitation" : keys ? "its kept keys" : "its password");
    if (cli.ca_page == NULL && !cli.settings.has_pin) {
        note("the board needs to know whom to trust as well: --ca-page FILE writes the page for its flash");
    }
    return 0;
}

/* A board has no tables to prepare other letters with (RFC 7622, RFC 4013), and refuses them. */
static int check_letters(const char *text, const char *what, const char *hint)
{
    while (*text != '\0' && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text == '\0' ? 0 : fail(EXIT_USAGE, "a board takes letters of ASCII only", hint, "cannot use %s", what);
}

/* Write one image for the account of the settings: with a token that invites it ("" where none is needed), or with what
 * it logs in with. */
static int provision(const char *token)
{
    char text[STORAGE_SETTINGS + 1];
    uint8_t keys[MOTE_KEYS_PACKED + MOTE_JID_MAX];
    size_t text_len = 0, keys_len = 0;
    struct image image = IMAGE_NONE;
    int code = 0;
    const char *password = token == NULL ? secret_given_password(&code) : NULL;
    if (code == 0) {
        code = check_letters(cli.settings.jid, "this address", "give the board an account of another name");
    }
    if (code == 0 && password != NULL) {
        code = check_letters(password, "this password", "without a password the board gets the keys of 'mote setup'");
    }
    bool keeps = password == NULL && token == NULL;
    code = code == 0 && keeps ? find_keys(keys, &keys_len) : code;
    code = code == 0 ? make_settings(text, &text_len, password, token) : code;
    code = code == 0 ? write_page() : code;
    code = code == 0 ? image_open(&image, place, cli.size > 0 ? cli.size : IMAGE_SIZE, cli.flash, cli.force) : code;
    code = code == 0 ? write_store(&image, text, text_len, keys, keys_len) : code;
    code = code == 0 ? tell_image(&image, keeps, token != NULL) : code;
    image_close(&image);
    mote_secret_wipe(text, sizeof text);
    mote_secret_wipe(keys, sizeof keys);
    secret_forget();
    return code;
}

/// Invitations ///

/* Take "URI [JID]" into *i and the settings. `line` counts from 1; 0 stands for the command line. */
static int take_invitation(struct invitation *i, const char *text, const char *jid, unsigned line)
{
    char why[192], where[32] = "";
    const char *wrong = invitation_read(i, text);
    wrong = wrong == NULL && jid != NULL ? invitation_name(i, jid) : wrong;
    wrong = wrong == NULL && !i->named ? "leaves the name open, and no address is beside it" : wrong;
    wrong = wrong == NULL ? settings_set(&cli.settings, "jid", i->jid) : wrong;
    if (wrong == NULL) {
        return 0;
    }
    snprintf(why, sizeof why, "it %s", wrong);
    if (line > 0) {
        snprintf(where, sizeof where, " in line %u", line);
    }
    return fail(EXIT_USAGE, why, NULL, "cannot use the invitation%s", where);
}

static int provision_invited(void)
{
    static char text[INVITATION_TEXT_MAX + 1];
    struct invitation invitation;
    char jid[MOTE_JID_MAX + 1];
    (void)mote_text_copy(jid, sizeof jid, cli.settings.jid);
    int code = invitation_argument(cli.invite, text);
    code = code == 0 ? take_invitation(&invitation, text, jid[0] != '\0' && strchr(text, '@') == NULL ? jid : NULL, 0)
                     : code;
    mote_secret_wipe(text, sizeof text);
    code = code == 0 ? provision(invitation.token) : code;
    mote_secret_wipe(&invitation, sizeof invitation);
    return code;
}

/* Call `each` with every line of the fleet that has something in it. */
static int each_line(const char *fleet, int (*each)(struct invitation *i, unsigned line))
{
    char text[INVITATION_TEXT_MAX + 1];
    struct invitation invitation;
    int code = 0;
    unsigned line = 0;
    for (const char *at = fleet; code == 0 && *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        size_t len = strcspn(at, "\r\n");
        line++;
        if (len == 0 || *at == '#') {
            continue;
        }
        if (len > INVITATION_TEXT_MAX) {
            return fail(EXIT_USAGE, "it is longer than 2047 bytes", NULL, "cannot use line %u of %s", line,
                        cli.invites);
        }
        memcpy(text, at, len);
        text[len] = '\0';
        char *jid = strpbrk(text, " \t");
        if (jid != NULL) {
            *jid++ = '\0';
            jid += strspn(jid, " \t");
            jid[strcspn(jid, " \t")] = '\0';
        }
        code = take_invitation(&invitation, text, jid != NULL && *jid != '\0' ? jid : NULL, line);
        code = code == 0 ? each(&invitation, line) : code;
    }
    mote_secret_wipe(text, sizeof text);
    mote_secret_wipe(&invitation, sizeof invitation);
    return code;
}

static int check_line(struct invitation *i, unsigned line)
{
    (void)line;
    char text[STORAGE_SETTINGS + 1];
    size_t len = 0;
    int code = check_letters(i->jid, "this address", "give the board an account of another name");
    code = code == 0 ? make_settings(text, &len, NULL, i->token) : code;
    mote_secret_wipe(text, sizeof text);
    return code;
}

static int write_line(struct invitation *i, unsigned line)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s.img", cli.argv[0], i->jid);
    if (n >= (int)sizeof path || strchr(i->jid, '/') != NULL) {
        return fail(EXIT_USAGE, "its path is longer than the system allows", NULL, "cannot write the image of line %u",
                    line);
    }
    place = path;
    return provision(i->token);
}

/* The whole list is looked at before anything is written. */
static int provision_fleet(void)
{
    static char fleet[FLEET_TEXT];
    ssize_t len = file_read(cli.invites, fleet, sizeof fleet);
    if (len < 0) {
        return fail_errno(NULL, "cannot read %s", cli.invites);
    }
    int code = strlen(fleet) == (size_t)len ? each_line(fleet, check_line)
                                            : fail(EXIT_USAGE, "it is no text", NULL, "cannot use %s", cli.invites);
    if (code == 0 && mkdir(cli.argv[0], 0700) != 0 && errno != EEXIST) {
        code = fail_errno(NULL, "cannot make the folder %s", cli.argv[0]);
    }
    code = code == 0 ? each_line(fleet, write_line) : code;
    mote_secret_wipe(fleet, sizeof fleet);
    return code;
}

int verb_provision(void)
{
    if (cli.invite != NULL && cli.invites != NULL) {
        return fail(EXIT_USAGE, "--invites is for many boards, --invite for one", NULL, "cannot take both");
    }
    if ((cli.invite != NULL || cli.invites != NULL) && (cli.password_stdin || cli.password_file != NULL)) {
        return fail(EXIT_USAGE, "the board makes it itself", NULL, "cannot take a password beside an invitation");
    }
    place = cli.argv[0];
    if (cli.invites != NULL) {
        return provision_fleet();
    }
    if (cli.invite != NULL) {
        return provision_invited();
    }
    if (cli.settings.jid[0] == '\0') {
        return fail(EXIT_USAGE, "no account is named", "--jid JID does, or the configuration of 'mote setup'",
                    "nothing to provision");
    }
    return provision(NULL);
}
