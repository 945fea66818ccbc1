/* SPDX-License-Identifier: MIT
 * The stanzas that clients are fed with: a chat message of 164 bytes or so, and a notification of an Atom entry of 654.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/standin/standin.h"

static int chat(char *out, size_t size, unsigned i)
{
    return snprintf(out, size,
                    "<message to='bob@localhost/bench' type='chat' id='m%u' from='alice@localhost/bench' xml:lang='en'>"
                    "<body>temperature 21.5 C, node 17 ok, seq %u</body></message>",
                    i, i);
}

static int event(char *out, size_t size, unsigned i)
{
    return snprintf(
        out, size,
        "<message to='bob@localhost/bench' type='headline' id='e%u' from='pubsub.localhost'><event "
        "xmlns='http://jabber.org/protocol/pubsub#event'><items node='sensor-17'><item id='i%u'><entry "
        "xmlns='http://www.w3.org/2005/Atom'><title type='text'>temperature 21.5 C seq %u</title>"
        "<id>tag:localhost,2026:s17-%u</id><published>2026-11-21T01:00:00Z</published>"
        "<updated>2026-11-21T01:00:00Z</updated><author><name>node 17</name><uri>xmpp:node17@localhost</uri>"
        "</author><link rel='alternate' type='text/html' href='http://localhost/s/17/%u'/><category "
        "term='temperature'/><content type='text'>21.5 &amp; rising</content></entry></item></items></event>"
        "</message>",
        i, i % 16, i, i, i);
}

const char *flood_blob(size_t *len)
{
    static char *blob;
    static size_t used;
    size_t size = (size_t)options.count * 1024 + 1;
    if (blob == NULL) {
        blob = malloc(size);
        if (blob == NULL) {
            fputs("standin: no memory for so many stanzas\n", stderr);
            exit(1);
        }
        for (unsigned i = 0; i < options.count; i++) {
            int n =
                options.flood == FLOOD_CHAT ? chat(blob + used, size - used, i) : event(blob + used, size - used, i);
            used += (size_t)n;
        }
    }
    *len = used;
    return blob;
}
