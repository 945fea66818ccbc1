#!/usr/bin/env python3
"""seeds.py FOLDER: what the server says in tests/cases, as inputs for the target `stream`, to begin a corpus with."""
import hashlib
import pathlib
import re
import sys

STATES = {"clear": 1, "tls13": 2, "tls12": 3, "unverified": 3, "loopback": 4, "login": 6, "login-keep": 6, "login-sm": 7}
KNOWN = {
    "HEADER": "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='s' "
    "from='localhost' version='1.0'>",
    "SASL": "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'",
    "TLS": "xmlns='urn:ietf:params:xml:ns:xmpp-tls'",
    "BIND": "xmlns='urn:ietf:params:xml:ns:xmpp-bind'",
    "STREAMS": "xmlns='urn:ietf:params:xml:ns:xmpp-streams'",
    "STANZAS": "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'",
}
ACTS = {"send": 0, "fill": 1, "publish": 2, "read": 3, "subscribe": 4, "unsubscribe": 5, "retract": 6, "offer": 7,
        "accept": 8, "refuse": 9, "cancel": 10, "presence": 11}


def said(text, names):
    """The bytes of an S: line; a name that only the client knows is left to the target's honest server (0x0f)."""
    text = re.sub(r"\{([A-Za-z0-9_-]+)\}", lambda m: names.get(m.group(1), "\x0f"), text)
    text = re.sub(r"\\x([0-9a-fA-F]{2})", lambda m: chr(int(m.group(1), 16)), text)
    text = text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").replace("\\\\", "\\")
    return b"".join(c.encode("latin-1") if ord(c) < 256 else c.encode() for c in text)


def seed(path):
    state, body, names = 0, b"", dict(KNOWN)
    for line in path.read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "connect":
            state, body = (STATES[rest], body) if not body and state == 0 else (state, body + b"\x0c")
        elif word in STATES:
            state, body = (STATES[word], body) if state == 0 else (state, body + b"\x0e")
        elif word == "let":
            name, _, value = rest.partition("=")
            names[name] = said(value, names).decode("latin-1")
        elif re.match(r"S(\*\d+)?:$", word):
            times = int(word[2:-1] or 1) if "*" in word else 1
            body += said(rest, names) * min(times, 20)
        elif word == "do":
            body += bytes([0x10 + ACTS.get(rest.split(" ")[0], 0)])
        elif word in ("at", "sent", "cut", "close", "secured", "C:"):
            body += {"at": b"\x04", "sent": b"\x07", "cut": b"\x1e", "close": b"\x1d=", "secured": b"\x0b", "C:": b"\x08"}[word]
    return bytes([state, 3]) + body


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(pathlib.Path("tests/cases").rglob("*.txt")):
        data = seed(path)
        if len(data) <= 4096:
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


main()
