/* SPDX-License-Identifier: MIT
 * The verbs, and what -h says. docs/mote.1 says it at length.
 */
#include "examples/mote/command.h"

#define LOGIN_OPTIONS                                                                                                  \
    "\n"                                                                                                               \
    "Options of every verb, before or behind it:\n"                                                                    \
    "  -c, --config FILE     configuration; else $MOTE_CONFIG, $XDG_CONFIG_HOME/mote/mote.conf,\n"                     \
    "                        ~/.config/mote/mote.conf\n"                                                               \
    "  --jid JID             the account, instead of the configured one\n"                                             \
    "  --resource NAME       what comes behind the / of the own address; 'resource' in mote.conf is\n"                 \
    "                        for the first verb that stays; else the server names it\n"                                \
    "  --host NAME           connect there instead of asking the DNS\n"                                                \
    "  --port N\n"                                                                                                     \
    "  --tls direct|starttls how TLS begins; else as the DNS has it, or STARTTLS\n"                                    \
    "  --proxy URL           connect through http://[USER:PASSWORD@]HOST:PORT, or 'none'; else through\n"              \
    "                        https_proxy or all_proxy of the environment, when no other way is open\n"                 \
    "  --ca FILE             who may vouch for the server, instead of the system's authorities\n"                      \
    "  --pin sha256:KEY      trust the server with this key and no other\n"                                            \
    "  --password-stdin, --password-file FILE    log in with a password instead of kept keys\n"                        \
    "  --allow-plain         show the password to a server that has nothing better than SASL PLAIN\n"                  \
    "  --require-binding     log in only where the login can be bound to the TLS channel\n"                           \
    "  --json                one JSON object a line on standard output\n"                                              \
    "  -v, -q                say more, say less on standard error\n"                                                   \
    "  -h, --help            this; also behind a verb\n"                                                               \
    "  --version\n"

#define EXIT_CODES                                                                                                     \
    "\n"                                                                                                               \
    "Exit codes: 0 done; 1 refused by the peer or the server; 2 usage; 3 no connection;\n"                             \
    "4 certificate or TLS; 5 login refused; 6 timed out; 7 local file or store\n"

#define LEAVE_OPTIONS                                                                                                  \
    "  --queue        do not connect: leave it to 'mote run', now or when it is there. Ends when it is in\n"           \
    "                 the store, which neither a crash nor a power cut undoes; prints its id\n"                        \
    "  --expire TIME  with --queue: do not send it any more after TIME, as 90s, 30m, 12h, 7d\n"                        \
    "  --store FILE, --socket FILE    with --queue: as of run\n"

#define QUEUE_OPTIONS                                                                                                  \
    "\n" LEAVE_OPTIONS                                                                                                 \
    "  --latest       with --queue: replace one for the same place and with --latest that still waits\n"

#define SEE "\n'mote -h' tells the options that every verb takes.\n" EXIT_CODES

const char help_main[] =
    "usage: mote [OPTIONS] VERB ...\n"
    "\n"
    "  setup JID          log in once and keep keys, not the password\n"
    "  register URI       make an account by an invitation, or JID where everybody may, and set it up\n"
    "  password           give the account another password\n"
    "  unregister         remove the account from the server\n"
    "  status             how the connection was made\n"
    "  send JID [TEXT]    send a message\n"
    "  listen             print messages as they come\n"
    "  post [TEXT]        publish a blog entry\n"
    "  feed [JID]         show a blog\n"
    "  put FILE [JID]     upload a file, or give it to somebody\n"
    "  get                take files\n"
    "  run                stay on line for ever: listen, get, and send what is queued\n"
    "  queue              what is queued: list, retry, drop\n"
    "  provision IMAGE    write the account into the storage of a board\n" LOGIN_OPTIONS EXIT_CODES;

static const char help_setup[] =
    "usage: mote setup JID [--password-stdin | --password-file FILE]\n"
    "\n"
    "Asks for the password, logs in, and writes mote.conf and, beside it, mote.keys: keys derived\n"
    "from the password, which the other verbs log in with. The password itself is not kept. When\n"
    "the login fails nothing is written. Other lines of mote.conf stay as they are; --host, --port,\n"
    "--tls, --ca, --pin, --resource and --require-binding are kept with the account.\n"
    "\n"
    "A server that has SASL PLAIN only gives no keys: with --allow-plain and --password-file FILE\n"
    "the name of that file is kept, and it is read at each login.\n" SEE;

static const char help_register[] =
    "usage: mote register JID | URI [JID]\n"
    "\n"
    "Makes an account with a random password, logs in, and keeps keys as setup does. URI is an invitation,\n"
    "such as 'xmpp:pump@example.org?register;preauth=TOKEN'; where it leaves the name to you, JID is\n"
    "it. - reads the URI from standard input, where no other user of this machine sees the token.\n"
    "The password is kept from before it is sent until the keys are: after a lost link or a power cut the\n"
    "same command goes on. What takes a person (a CAPTCHA, a web page) ends it with 1.\n"
    "\n"
    "  --show-password    print the password, which is kept nowhere then\n" SEE;

static const char help_password[] =
    "usage: mote password [--new-password-file FILE]\n"
    "\n"
    "Changes the password on the server to a random one, logs in with it, and keeps its keys. Until that has\n"
    "worked the old keys stay beside it, and any verb logs in with what is in force.\n"
    "\n"
    "  --new-password-file FILE    take the password from FILE; - is standard input\n"
    "  --show-password    print the password\n" SEE;

static const char help_unregister[] =
    "usage: mote unregister [--yes]\n"
    "\n"
    "Asks, removes the account from the server with all that is stored there for it, and then its keys here.\n"
    "\n"
    "  --yes          do not ask\n" SEE;

static const char help_status[] =
    "usage: mote status [--why] [--json]\n"
    "\n"
    "Logs in and prints how: address, TLS version and suite, SASL mechanism and channel binding,\n"
    "round trips, and what the server can.\n"
    "\n"
    "  --why          print each way that was tried, how far it came and why it failed, and whether the\n"
    "                 network, the server, the account or the settings are to be looked at; within 10 s\n"
    "                 for all that fails before the login\n" SEE;

static const char help_send[] =
    "usage: mote send JID [TEXT]\n"
    "\n"
    "Sends TEXT or, without it and for -, all of standard input without the line end that closes it.\n"
    "Ends when the server has taken it, with 1 when it came back.\n"
    "\n"
    "  --receipt      wait until JID's client says that it has it; 6 when it does not\n"
    "  --timeout S    for that many seconds (30)\n"
    "  --lines        one message per line of standard input, as they come; a bad line is told, and\n"
    "                 the exit code is 1 at the end\n" QUEUE_OPTIONS SEE;

static const char help_listen[] =
    "usage: mote listen [--from JID]... [--count N] [--json]\n"
    "\n"
    "Prints messages, one a line: time, sender, text. Line ends and other control characters are\n"
    "shown as \\n, \\t, \\xHH, \\u{H}, a backslash as two. Ends on SIGINT, SIGTERM or SIGHUP\n"
    "with 0. Killed, it lost nothing: the next one goes on where it was.\n"
    "\n"
    "  --from JID     only from JID, or from @DOMAIN; may be repeated\n"
    "  --count N      end after N messages\n"
    "  --allow JID    let JID, or @DOMAIN, subscribe to our presence; as 'allow' in mote.conf\n"
    "  --receipts WHO whose requests for receipts are answered: known (those who may see our presence,\n"
    "                 or are in 'allow' or --from), all, or none\n" SEE;

static const char help_post[] =
    "usage: mote post [TEXT]\n"
    "       mote post --retract ID\n"
    "\n"
    "Publishes TEXT, or standard input (also for -), on the own microblog, and prints its id.\n"
    "Without --title its first line becomes the title.\n"
    "\n"
    "  --title TITLE, --tag TAG (may be repeated), --author NAME\n"
    "  --attach FILE  upload it, and link the entry to it, as pictures in blogs; may be repeated\n"
    "  --id ID        publish under this id: an older entry of that id is replaced\n"
    "  --lines        one entry per line of standard input, as they come; a bad line is told, and\n"
    "                 the exit code is 1 at the end\n"
    "  --service JID, --node NODE    there instead of on the own microblog\n"
    "  --retract ID   take the entry away\n" QUEUE_OPTIONS SEE;

static const char help_feed[] = "usage: mote feed [JID] [--max N] [--follow] [--json]\n"
                                "\n"
                                "Prints the newest entries of a blog, oldest first: of JID, or one's own.\n"
                                "\n"
                                "  --max N        that many (10)\n"
                                "  --follow       stay and print new ones, until SIGINT or SIGTERM\n"
                                "  --count N      with --follow: end after N new ones\n"
                                "  --attachments DIR    fetch the files that belong to the entries into DIR\n"
                                "  --max-size N   with --attachments: refuse larger ones (100M)\n"
                                "  --service JID, --node NODE    there instead of on the microblog of JID\n" SEE;

static const char help_put[] =
    "usage: mote put FILE\n"
    "       mote put [--queue] FILE JID\n"
    "\n"
    "Uploads FILE to the server's upload service, and prints its URL once that gives the file back.\n"
    "With a JID it goes to a client of that which is on line and takes files directly, if it has at\n"
    "most 1 MiB or the server has no such service; else it is uploaded, and JID gets the URL. A full\n"
    "JID (name@example.org/phone) names a client. A client verifies a SHA-256; the exit code is 6\n"
    "when it does not say that it has the file. - is standard input.\n"
    "\n"
    "  --upload       always upload it\n"
    "  --timeout S    how long to wait for JID to be there and to accept (60)\n"
    "  --name NAME    tell this name\n"
    "  --raw          no Jingle, a bare in-band bytestream: neither name nor hash are told\n"
    "  --block-size N, --window N    bytes in a block (4096), blocks under way (8)\n"
    "\n"
    "A small file, of some 64 kB at most, can wait for its receiver:\n" LEAVE_OPTIONS SEE;

static const char help_get[] =
    "usage: mote get [--from JID]... [--dir DIR] [--count N] [--json]\n"
    "       mote get URL [--hash HEX] [--dir DIR] [--name NAME]\n"
    "\n"
    "Takes files from the own account, those in 'allow' of mote.conf, and --from; refuses all others.\n"
    "A file appears under its name when it is whole and verified; nothing is overwritten: a number is\n"
    "put behind the name. Ends on SIGINT, SIGTERM or SIGHUP with 0.\n"
    "\n"
    "With an https URL, gets that file without logging in. A try that broke off, however that happened,\n"
    "goes on where it ended. Hosts of private networks are for the own domain only.\n"
    "\n"
    "  --from JID     JID, or @DOMAIN; may be repeated\n"
    "  --allow JID    the same, and lets it subscribe to our presence; as 'allow' in mote.conf\n"
    "  --dir DIR      where to (.)\n"
    "  --count N      end after N files\n"
    "  --max-size N   refuse larger ones (100M)\n"
    "  --hash HEX     with URL: the file's SHA-256, which it has to have\n"
    "  --name NAME    with URL: the file's name, instead of the last part of the URL\n"
    "  --block-size N largest block that is accepted (16384)\n" SEE;

static const char help_run[] =
    "usage: mote run [--dir DIR] [--from JID]... [--json]\n"
    "\n"
    "Stays on line, for a service manager (mote@.service): prints messages as listen does, sends what is\n"
    "queued and tells what became of it and, with --dir or 'directory' in mote.conf, takes files as get\n"
    "does. Comes back after every lost connection, even when the first try fails. On SIGTERM and SIGHUP\n"
    "the session is left for the next start to go on with; SIGINT logs out. All end it with 0.\n"
    "\n"
    "  --from JID     print messages only from JID, or from @DOMAIN, and take files from it as well\n"
    "  --allow JID, --receipts WHO, --count N    as of listen\n"
    "  --dir DIR, --max-size N, --block-size N   as of get\n"
    "  --store FILE   what waits to be sent; else mote.store beside mote.conf\n"
    "  --socket FILE  where other verbs ask; else mote.sock beside mote.store\n" SEE;

static const char help_queue[] =
    "usage: mote queue [list | retry | drop TICKET | drop all] [--json]\n"
    "\n"
    "Lists what waits to be sent: ticket, kind, receiver, id, size, since when, until when, state.\n"
    "\n"
    "  retry          try again at once: to connect, and what a server refused for the time being\n"
    "  drop           take it out of the queue; what has left already is not called back\n"
    "  --store FILE, --socket FILE    as of run\n" SEE;

static const char help_provision[] =
    "usage: mote provision [--jid JID] [--password-stdin | --password-file FILE] IMAGE\n"
    "\n"
    "Writes account, server and keys into IMAGE: a file for QEMU or to be copied to a card, or the card\n"
    "itself. Without a password the board gets the keys that 'mote setup' keeps, and never sees it.\n"
    "--host, --port, --tls and --pin are those of the board. Nobody is connected to.\n"
    "An image that has a store already keeps all else in it; one that holds anything else is left alone.\n"
    "\n"
    "  --invite URI       the board makes its account itself, at its first start; URI as of register\n"
    "  --invites FILE     the same for each line of FILE, 'URI [JID]': IMAGE is a folder for JID.img of each\n"
    "  --ca-page FILE     write the authority of --ca in DER, for the provisioning page of the flash\n"
    "  --set NAME=VALUE   a setting of the firmware, such as interval=60 or allow=JID; may be repeated\n"
    "  --size N           of a new image (1M): a power of two, 128k or more\n"
    "  --flash            the storage is a flash with blocks of 4 KiB, as on w5500-evb-pico\n"
    "  --force            write over an image that holds something else\n" SEE;

/* clang-format off */
const struct verb verbs[] = {
    {"setup", VERB_SETUP, 0, 1, verb_setup, help_setup},
    {"status", VERB_STATUS, 0, 0, verb_status, help_status},
    {"send", VERB_SEND, 1, 2, verb_send, help_send},
    {"listen", VERB_LISTEN, 0, 0, verb_listen, help_listen},
    {"post", VERB_POST, 0, 1, verb_post, help_post},
    {"feed", VERB_FEED, 0, 1, verb_feed, help_feed},
    {"put", VERB_PUT, 1, 2, verb_put, help_put},
    {"get", VERB_GET, 0, 1, verb_get, help_get},
    {"run", VERB_RUN, 0, 0, verb_run, help_run},
    {"queue", VERB_QUEUE, 0, 2, verb_queue, help_queue},
    {"provision", VERB_PROVISION, 1, 1, verb_provision, help_provision},
    {"register", VERB_REGISTER, 1, 2, verb_register, help_register},
    {"password", VERB_PASSWORD, 0, 0, verb_password, help_password},
    {"unregister", VERB_UNREGISTER, 0, 0, verb_unregister, help_unregister},
    {NULL, 0, 0, 0, NULL, NULL},
};
/* clang-format on */
