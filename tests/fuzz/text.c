/* SPDX-License-Identifier: MIT
 * The readers of small texts: Base64, UTF-8, JIDs, dates, numbers, hosts, pins. Byte 0 chooses one. Each result is
 * compared with what the text means, so a reader fails not only when it crashes.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mote.h"
#include "core/xml/stanza.h"
#include "core/base/text.h"
#include "port/net/address.h"
#include "port/run/config_text.h"
#include "port/run/srv_order.h"
#include "tests/fuzz/fuzz.h"

enum { MOST = 1024 };

static void base64(const char *text, size_t len)
{
    uint8_t bytes[MOST];
    char again[MOTE_BASE64_LEN(MOST) + 1];
    ptrdiff_t n = mote_base64_decode(text, len, bytes, sizeof bytes);
    if (n >= 0) {
        must(mote_base64_encode(bytes, (size_t)n, again) == len && memcmp(again, text, len) == 0,
             "base64 that was taken is the only way to write these bytes");
        must(n == 0 || mote_base64_decode(text, len, bytes, (size_t)n - 1) < 0, "base64 that does not fit is refused");
    }
    size_t chars = mote_base64_encode(text, len < MOST ? len : MOST, again);
    must(chars == strlen(again) &&
             mote_base64_decode(again, chars, bytes, sizeof bytes) == (ptrdiff_t)(len < MOST ? len : MOST) &&
             memcmp(bytes, text, len < MOST ? len : MOST) == 0,
         "what was encoded decodes to itself");
}

/* The length of a character by its first byte, or 0. */
static size_t length_of(uint8_t first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first >> 5 == 6) {
        return 2;
    }
    return first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
}

/* RFC 3629 and the Char of XML 1.0, written down once more in another way: by the code point. */
static size_t character(const uint8_t *s, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = length_of(s[0]);
    if (n == 0 || n > len) {
        return 0;
    }
    uint32_t code = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (s[i] >> 6 != 2) {
            return 0;
        }
        code = code << 6 | (s[i] & 0x3fu);
    }
    bool allowed = code == 9 || code == 10 || code == 13 || (code >= 0x20 && code < 0xd800) ||
                   (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code < 0x110000);
    return allowed && code >= least[n] ? n : 0;
}

static void utf8(const char *text, size_t len)
{
    size_t good = 0, n;
    while (good < len && (n = character((const uint8_t *)text + good, len - good)) > 0) {
        good += n;
    }
    must(mote_text_valid(text, len) == good, "the valid prefix ends where the first wrong character begins");
    must(len == 0 || mote_text_character(text, len) == character((const uint8_t *)text, len),
         "a character is as long as it is");
}

static void jid(char *text)
{
    size_t domain_len;
    const char *domain = mote_jid_domain(text, &domain_len), *resource = mote_jid_resource(text);
    size_t bare = mote_jid_bare_len(text), local = mote_jid_local_len(text);
    must(local <= bare && bare <= strlen(text), "the parts of a JID lie within it");
    must(domain >= text && domain + domain_len <= text + bare, "the domain lies in the bare JID");
    must((resource == NULL) == (text[bare] == '\0'), "a resource begins where the bare JID ends");
    must(mote_jid_equal(text, text) && mote_jid_bare_equal(text, text), "a JID is equal to itself");
    if (!mote_jid_valid(text)) {
        return;
    }
    must(strlen(text) <= MOTE_JID_MAX && domain_len > 0 && (resource == NULL || resource[0] != '\0'),
         "a valid JID has a domain, and no empty part");
    must(mote_text_valid(text, strlen(text)) == strlen(text), "a valid JID is text");
    char folded[MOTE_JID_MAX + 1];
    mote_text_fold(folded, text, strlen(text));
    must(mote_jid_bare_equal(folded, text), "the case of ASCII letters does not count in a bare JID");
    text[bare] = '\0';
    must(mote_jid_valid(text), "the bare JID of a valid one is valid");
}

static void date(const char *text)
{
    char again[MOTE_DATE_LEN + 1];
    int64_t t = 0, once_more = 0;
    if (mote_date_read(text, &t)) {
        mote_date_write(t, again);
        must(strlen(again) == MOTE_DATE_LEN && mote_date_read(again, &once_more), "what was written can be read");
        must(t < 0 || t > 253402300799 || once_more == t, "a date within 1970 to 9999 stays the same");
    }
}

static void number(struct input in)
{
    uint64_t max = (uint64_t)input_number(&in, 4) << 32 | input_number(&in, 4), v = 0;
    char text[MOST], *end;
    input_string(&in, text, sizeof text);
    if (mote_text_uint(text, max, &v)) {
        must(v <= max && text[0] >= '0' && text[0] <= '9', "a number within its bound, of digits");
        must(strtoull(text, &end, 10) == v && *end == '\0', "the number that stands there");
    }
}

static void date_of(struct input in)
{
    char text[MOTE_DATE_LEN + 1];
    int64_t t = (int64_t)((uint64_t)input_number(&in, 4) << 32 | input_number(&in, 4)), again = -1;
    mote_date_write(t, text);
    must(strlen(text) == MOTE_DATE_LEN && mote_date_read(text, &again), "any time can be written");
    must(t < 0 || t > 253402300799 || again == t, "and is the same when it is read");
}

static void host(const char *text)
{
    char ascii[MOTE_PORT_HOST_MAX + 1];
    memset(ascii, 'x', sizeof ascii);
    if (mote_host_to_ascii(text, ascii, sizeof ascii)) {
        size_t len = strlen(ascii);
        must(len <= MOTE_PORT_HOST_MAX, "a host's name of at most 255 bytes");
        for (size_t i = 0; i < len; i++) {
            must((unsigned char)ascii[i] < 0x80, "a host's name in ASCII");
        }
    }
    struct mote_port_target target = {.port = 5222};
    if (mote__srv_parse(&target, text)) {
        must(target.host[0] != '\0' && strlen(target.host) <= MOTE_PORT_HOST_MAX && target.port != 0,
             "a host to go to");
    } else {
        must(target.host[0] == '\0' && target.port == 5222, "what was not understood changed nothing");
    }
}

static void pin(const char *text)
{
    uint8_t sha256[32], again[32];
    char digits[7 + 64 + 1] = "sha256:";
    enum mote_log_level level;
    mote_config_log_level(text, &level);
    if (mote_config_pin(text, sha256)) {
        for (int i = 0; i < 32; i++) {
            digits[7 + 2 * i] = "0123456789abcdef"[sha256[i] >> 4];
            digits[8 + 2 * i] = "0123456789abcdef"[sha256[i] & 15];
        }
        digits[71] = '\0';
        must(mote_config_pin(digits, again) && memcmp(sha256, again, 32) == 0, "a pin is the same without colons");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    char text[MOST];
    switch (input_byte(&in) % 8) {
    case 0: base64((const char *)in.at, in.left < MOST ? in.left : MOST); break;
    case 1: utf8((const char *)in.at, in.left); break;
    case 2: jid(input_string(&in, text, sizeof text)); break;
    case 3: date(input_string(&in, text, sizeof text)); break;
    case 4: number(in); break;
    case 5: date_of(in); break;
    case 6: host(input_string(&in, text, sizeof text)); break;
    default: pin(input_string(&in, text, sizeof text)); break;
    }
    return 0;
}
