"""docs/BENCH.md and its plots, from the results of bench.py."""
from pathlib import Path
from typing import Any

from plot import bars, short

NAMES = {"mote": "Mote", "strophe": "libstrophe", "gloox": "gloox", "slixmpp": "slixmpp", "expat": "bare expat", "expat-own": "bare expat, as built here",
         "mosquitto": "libmosquitto"}
KINDS = {"chat": "receive a chat message", "event": "receive an Atom event", "send": "send a chat message",
         "publish": "publish an entry, and its result"}

HEAD = """# Bench

Made by `make bench`: Mote and its peers side by side on one machine, over loopback, against the same servers. Read ratios
rather than figures. `tests/bench/parts.py` is what was done, `tests/bench/clients/` are the programs: one contract
(`client.h`), one program for each library. `make bench PART="feed idle"` measures single parts and keeps the rest.

"""


def table(head: list[str], rows: list[list[Any]]) -> str:
    def cell(value: Any) -> str:
        return "" if value is None else short(value) if isinstance(value, float) else f"{value:,}" if isinstance(
            value, int) else str(value)
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n\n"


# --- targets --------------------------------------------------------------------------------------------------------

class Targets:
    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.missed: list[str] = []

    def add(self, what: str, found: float, limit: float, unit: str = "", least: bool = False) -> None:
        met = found >= limit if least else found <= limit
        bound = "at least" if least else "at most"
        self.rows.append([what, f"{bound} {limit:g}{unit}", f"{found:.3g}{unit}" if found < 1000 else f"{found:,.0f}{unit}",
                          "met" if met else "**missed**"])
        if not met:
            self.missed.append(what)


def stanza_targets(t: Targets, r: dict[str, Any]) -> None:
    ir = r["instructions"]
    mote, strophe = ir["mote"], ir["strophe"]
    for kind, what in (("chat", "receive chat"), ("event", "receive event")):
        t.add(f"{what}: instructions, of libstrophe's", mote[kind] / strophe[kind], 0.4)
        t.add(f"{what}: instructions, of bare expat's", mote[kind] / ir["expat"][kind], 1.3)
    t.add("send chat: instructions, of libstrophe's", mote["send"] / strophe["send"], 0.2)
    t.add("publish and result: instructions, of libstrophe's", mote["publish"] / strophe["publish"], 0.25)
    t.add("heap calls of a stanza, whichever", max(r["heap_calls"]["mote"].values()), 0)
    t.add("writes for a burst of 64 chats", r["writes_of_64"]["mote"], 8)


def targets(r: dict[str, Any]) -> Targets:
    t = Targets()
    if "stanzas" in r:
        stanza_targets(t, r["stanzas"])
    for kind, limit in (("chat", 0.85), ("event", 0.8)) if "feed" in r else ():
        rate = r["feed"][kind]["per_second"]
        t.add(f"feed of {kind}s: rate, of bare expat's as built here", rate["mote"] / rate["expat-own"], limit, least=True)
    if "idle" in r:
        fleet = r["idle"]["mote"]
        t.add("RAM of a session, no TLS (10,000, posting)", fleet["clear, posting, 10000"]["session_kib"], 6, " KiB")
        t.add("RAM of a session, TLS (10,000, posting)", fleet["TLS, 10000"]["session_kib"], 40, " KiB")
    if "fleet" in r:
        rate = {name: row["per_second"] for name, row in r["fleet"]["rows"].items()}
        for tls in ("1.3", "1.2"):
            for what, base in (("SCRAM's with a PBKDF2 each", "SCRAM, keys derived"), ("SCRAM's with the keys at hand", "SCRAM")):
                t.add(f"fleet by token and TLS {tls} session: logins a second, of {what}",
                      rate[f"token, TLS {tls} session"] / rate[base], 3, least=True)
    if "cold_start" in r:
        start = r["cold_start"]
        t.add("cold start of `mote send` over TLS: wall, of mosquitto_pub's",
              start["mote send"]["wall_ms"] / start["mosquitto_pub -q 1"]["wall_ms"], 1)
    if "reading" in r:
        t.add("a reading, lean: bytes up, in clear", r["reading"]["clear"]["mote, lean"]["up"], 330)
    if "files" in r:
        mote = max(r["files"]["mote"].values(), key=lambda row: row["mb_s"])
        slix = max(r["files"]["slixmpp"].values(), key=lambda row: row["mb_s"])
        t.add("in-band file: best rate, of slixmpp's best", mote["mb_s"] / slix["mb_s"], 1, least=True)
        t.add("in-band file: CPU for a megabyte, of slixmpp's", mote["cpu_s_mb"] / slix["cpu_s_mb"], 0.1)
    return t


# --- sections -------------------------------------------------------------------------------------------------------

def by_kind(r: dict[str, dict[str, float]], order: tuple[str, ...]) -> str:
    rows = [[what, *(r.get(name, {}).get(kind) for name in order)] for kind, what in KINDS.items()]
    return table(["", *(NAMES[name] for name in order)],
                 [[row[0], *(float(value) if value is not None else None for value in row[1:])] for row in rows])


def stanzas(r: dict[str, Any], plots: Path) -> str:
    ir = r["instructions"]
    bars(plots / "instructions.svg", "Instructions for one stanza", {
        what: {name: ir[name][kind] for name in ("expat", "mote", "strophe", "gloox", "slixmpp") if kind in ir[name]}
        for kind, what in KINDS.items()})
    text = "## Instructions and heap calls for one stanza\n\n"
    text += ("Counted by callgrind and by a counting `malloc`; the difference of two lengths, so that start and login do not\n"
             "count. Without TLS. A chat message has 164 bytes, an event 654. Bare expat is Debian's, with handlers that do\n"
             "nothing; as built here it keeps no line numbers.\n\n")
    text += by_kind(ir, ("mote", "expat", "expat-own", "strophe", "gloox", "slixmpp"))
    text += "![Instructions for one stanza](bench/instructions.svg)\n\nHeap calls (malloc, calloc, realloc):\n\n"
    text += by_kind(r["heap_calls"], ("mote", "strophe", "gloox", "slixmpp"))
    text += "System calls that write, for 64 messages that are queued at once: "
    return text + ", ".join(f"{NAMES[name]} {n:g}" for name, n in r["writes_of_64"].items()) + ".\n\n"


def feed(r: dict[str, Any], plots: Path) -> str:
    bars(plots / "feed.svg", "Stanzas a second", {
        {"chat": "chat messages of 164 bytes", "event": "Atom events of 654 bytes"}[kind]: {
            name: r[kind]["per_second"][name] for name in ("expat-own", "expat", "mote", "strophe", "gloox", "slixmpp")}
        for kind in r})
    text = "## Feed\n\n"
    text += ("A server sends as fast as the client reads, in clear; from the presence to the last stanza. Medians of 7, in\n"
             "turns. Bare expat reads from memory, all in one call: no socket, no server beside it. Mote reads from the socket and\n"
             "feeds it in pieces of 1 KiB. As built here is the expat that Mote has, so that is what it is compared with.\n\n")
    rows = []
    for name in ("mote", "expat", "expat-own", "strophe", "gloox", "slixmpp"):
        row: list[Any] = [NAMES[name]]
        for kind in ("chat", "event"):
            low, high = r[kind]["spread"][name]
            row += [r[kind]["per_second"][name], f"{low:,} to {high:,}", r[kind]["cpu_us"][name]]
        rows.append(row)
    text += table(["", "chats/s", "spread", "CPU us", "events/s", "spread", "CPU us"], rows)
    return text + "![Stanzas a second](bench/feed.svg)\n\n"


def login(r: dict[str, Any], _: Path) -> str:
    text = "## Login\n\n"
    text += ("To the same Prosody, from the start of the connection to being on line: time on loopback (median of 9), round\n"
             "trips through a proxy that delays by 50 ms each way (TCP's own not counted), bytes of TCP payload both ways until\n"
             "the own presence comes back. Mote verifies the certificate, the others are told to trust any. SCRAM-SHA-256 or what\n"
             "the client has, 10,000 iterations.\n\n")
    rows = [[NAMES[who], {"starttls": "STARTTLS", "direct": "direct TLS"}[mode], row["ms"], row["round_trips"], row["up"],
             row["down"]] for mode in ("direct", "starttls") for who, row in r[mode].items()]
    return text + table(["", "", "ms", "round trips", "bytes up", "down"], rows)


def reading(r: dict[str, Any], plots: Path) -> str:
    label = lambda name: NAMES.get(name, "Mote, lean entry")
    bars(plots / "reading.svg", "Bytes up for one reading, in clear", {"": {
        name: row["up"] for name, row in r["clear"].items()}}, logarithmic=False)
    text = "## Bytes for one sensor reading\n\n"
    text += ("TCP payload, each reading answered before the next: an Atom entry with its IQ and the result, in clear to a stand-in\n"
             "and by TLS to Prosody. Mote's whole entry names the author, the lean one has title and date alone; the others'\n"
             "has title, id and two dates. libmosquitto sends \"temperature 21.5 C seq N\" with QoS 1. By TLS the servers' and\n"
             "clients' acknowledgements (XEP-0198) are in it.\n\n")
    rows = [[label(name), float(row["up"]), float(row["down"]), *(float(r["tls"][name][way]) if name in r["tls"] else None
             for way in ("up", "down"))] for name, row in r["clear"].items()]
    text += table(["", "clear: up", "down", "TLS: up", "down"], rows)
    return text + "![Bytes up](bench/reading.svg)\n\n"


def files(r: dict[str, Any], plots: Path) -> str:
    bars(plots / "files.svg", "Megabytes a second, in-band, through Prosody", {
        f"{NAMES[who]}, block x window": {f"{'mote' if who == 'mote' else 'slixmpp'} {key}": row["mb_s"]
                                          for key, row in r[who].items()} for who in ("mote", "slixmpp")}, False)
    text = "## Files\n\n"
    text += ("In-band bytestreams (XEP-0047) through the same Prosody over TLS, sender and receiver of one kind, medians of 3.\n"
             "Mote: `mote put` and `mote get` as whole processes, login, Jingle and SHA-256 included, 8 MiB; slixmpp: from the\n"
             "opened stream on, 2 MiB, no hash. CPU is that of sender and receiver together.\n\n")
    rows = [[f"{NAMES[who]}, {key}", float(row["mb_s"]), float(row["cpu_s_mb"] * 1000)] for who in ("mote", "slixmpp")
            for key, row in r[who].items()]
    text += table(["block x window", "MB/s", "CPU ms for 1 MB"], rows)
    return text + "![Megabytes a second](bench/files.svg)\n\n"


def cold_start(r: dict[str, Any], plots: Path) -> str:
    bars(plots / "cold-start.svg", "Cold start: milliseconds to say one thing over TLS", {
        "wall": {name: row["wall_ms"] for name, row in r.items()},
        "CPU": {name: row["cpu_ms"] for name, row in r.items()}}, False)
    text = "## Cold start\n\n"
    text += ("Whole processes, in turns, medians of 15: connect over TLS, say one thing, log out. `mote send` and mosquitto_pub\n"
             "verify the certificate; `mote send` has its keys from `mote setup`, the libraries compute theirs.\n\n")
    rows = [[f"`{name}`" if " " in name and "(" not in name else NAMES.get(name, name), row["wall_ms"], row["cpu_ms"],
             row["rss_kib"]] for name, row in r.items()]
    text += table(["", "wall ms", "CPU ms", "most KiB resident"], rows)
    return text + "![Cold start](bench/cold-start.svg)\n\n"


def idle(r: dict[str, Any], plots: Path) -> str:
    fleet = r["mote"]
    bars(plots / "sessions.svg", "KiB of RAM for one session", {
        "without TLS": {"mote": fleet["clear, 10000"]["session_kib"]} | {
            name: r[name]["clear"] for name in ("strophe", "gloox", "slixmpp")},
        "TLS": {"mote": fleet["TLS, 10000"]["session_kib"]} | {
            name: r[name]["TLS"] for name in ("strophe", "slixmpp")}})
    text = "## Sessions in one process\n\n"
    text += ("What the process has grown by, for each session. Mote: `examples/fleet`, one thread, to a stand-in for a server\n"
             "(`tests/bench/standin`, one process on the other core; Prosody would be the limit); full TLS handshakes, verified,\n"
             "SCRAM-SHA-256 with 4096 iterations; with 10,000 the keys are derived once and tried by all (`--share-keys`), for\n"
             "the stand-in has one salt; with 1,000 each device derives its own. The time of an answer is from the call that queues\n"
             "a post to the event that it is published, at 200 (1,000 devices), 500 (TLS) and 1,000 posts a second.\n\n")
    rows = [[key.rsplit(", ", 1)[0], row["online"], row["session_kib"], row["pool_bytes"], round(row["login_s"]),
             row["answered"], row["answer_ms"]["p50"], row["answer_ms"]["p99"], row["lost"]] for key, row in fleet.items()]
    text += table(["Mote", "sessions", "KiB each", "of it static, bytes", "s to log in", "posts", "50 % ms", "99 % ms", "lost"],
                  rows)
    text += "The others, with 100 sessions (gloox has no direct TLS, which is all that the stand-in has):\n\n"
    rows = [[NAMES[name], r[name].get("clear"), r[name].get("TLS")] for name in ("strophe", "gloox", "slixmpp")]
    text += table(["", "KiB each, clear", "TLS"], [[row[0], *(float(v) if v is not None else None for v in row[1:])]
                                                  for row in rows])
    return text + "![RAM for one session](bench/sessions.svg)\n\n"


def fleet(r: dict[str, Any], _: Path) -> str:
    text = "## A fleet that comes back\n\n"
    times = "once" if r["again"] == 1 else f"median of {r['again']}"
    text += (f"{r['devices']:,} devices of `examples/fleet` log out and in again (`--again`), over TLS to the stand-in, as fast as\n"
             f"one thread can, with the stand-in on the other core; {times}. SCRAM: SCRAM-SHA-256 by RFC 6120, with a\n"
             "PBKDF2 of 4096 iterations for each login, or with the keys at hand (`--share-keys`). Token: SASL2, Bind 2 and\n"
             "HT-SHA-256 bound to the channel (`--tokens`). Without a session each TLS handshake is a whole one of TLS 1.3; with one\n"
             "it goes on with that of the login before (`--tls-sessions`). The first login is whole in each row, and by SCRAM.\n\n")
    base = r["rows"]["SCRAM"]["per_second"], r["rows"]["SCRAM, keys derived"]["per_second"]
    rows = [[name, row["first"], row["per_second"], row["per_second"] / base[1], row["per_second"] / base[0],
             row["session_kib"], row["pool_bytes"]] for name, row in r["rows"].items()]
    text += table(["again by", "first, logins/s", "again, logins/s", "of SCRAM, keys derived", "of SCRAM", "KiB each",
                   "of it static, bytes"], rows)
    return text + ("What is kept costs static memory only where it is asked for: the difference of the last column; a TLS session is\n"
                   "on the heap besides, as long as its ticket makes it.\n\n")


def far(r: dict[str, Any], _: Path) -> str:
    text = "## One message over a link of 400 ms\n\n"
    text += ("From the start of the process to its end, through a proxy that holds everything back for 200 ms each way; TCP's own\n"
             "round trip, another 0.4 s, is not in it. The first run knows nothing of the server; later ones are the median of three.\n"
             "Bytes are TCP payload of the last run, TLS in it. Mote by token is at Prosody 13, the other XMPP clients and Mote by\n"
             "RFC 6120 at Prosody 0.12. Mote ends when the server has answered a ping behind the message, mosquitto_pub with the\n"
             "broker's PUBACK, libstrophe and slixmpp with the end of the stream; go-sendxmpp waits for no answer.\n\n")
    rows = [[name, row["first_s"], row["s"], row["s"] / r["mosquitto_pub -q 1"]["s"], row["up"], row["down"]]
            for name, row in r.items()]
    return text + table(["", "first, s", "later, s", "of mosquitto_pub", "bytes up", "down"], rows)


def sizes(r: dict[str, Any], _: Path) -> str:
    text = "## Code\n\n"
    text += ("Bytes of code and constants that a client with chat, blog and presence links, by where they come from; of the\n"
             "peers the shared library, their TLS, parsers and DNS not in it. RAM: the cold start above.\n\n")
    rows = [[f"Mote: {name}", size] for name, size in r["mote"].items()]
    rows += [[f"lib{name}.so", row["text"]] for name, row in r["libraries"].items()]
    return text + table(["", "bytes"], rows)


SECTIONS = {"stanzas": stanzas, "feed": feed, "login": login, "reading": reading, "files": files, "cold_start": cold_start,
            "far": far, "idle": idle, "fleet": fleet, "sizes": sizes}


def write(results: dict[str, Any], docs: Path) -> list[str]:
    plots = docs / "bench"
    plots.mkdir(exist_ok=True)
    m = results["machine"]
    t = targets(results)
    versions = ", ".join(f"{name} {version}" for name, version in m["versions"].items())
    text = HEAD + (f"Machine: {m['cpu']}, {m['cores']} cores, {m['system']},\n{m['compiler']}.\nPeers: {versions}.\n"
                   f"All parts together took {sum(results['minutes'].values()):.0f} minutes.")
    if int(m["load"]) > int(m["cores"]):
        text += (f"\n\nThe machine did other work at the same time (load average {m['load']}): times and rates are worse than on an idle\n"
                 "one, and vary more. Counts of instructions, calls and bytes do not depend on it.")
    text += "\n\n"
    text += "## Targets\n\n" + table(["", "target", "measured", ""], t.rows)
    if t.missed:
        text += "Why, as far as it is known: [at the end](#where-the-instructions-go).\n\n"
    for name, section in SECTIONS.items():
        if name in results:
            text += section(results[name], plots)
    notes = Path(__file__).with_name("BENCH.notes.md")
    (docs / "BENCH.md").write_text(text + (notes.read_text() if notes.exists() else ""))
    return t.missed
