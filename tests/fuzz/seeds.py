#!/usr/bin/env python3
"""seeds.py FOLDER: inputs to begin corpora with, in FOLDER/TARGET: what the server says in tests/cases for `stream`, and a few
right ones for targets that would be long in finding any."""
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
    "SASL2": "xmlns='urn:xmpp:sasl:2'",
    "BIND2": "xmlns='urn:xmpp:bind:0'",
    "FAST": "xmlns='urn:xmpp:fast:0'",
    "SM": "xmlns='urn:xmpp:sm:3'",
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
    state, body, names, sasl2 = 0, b"", dict(KNOWN), 0
    for line in path.read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "connect":
            state, body = (STATES[rest], body) if not body and state == 0 else (state, body + b"\x0c")
        elif line.startswith("set sasl2="):
            sasl2 = 0x20
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
    return bytes([state | sasl2, 3]) + body


OTHERS = {
    "sasl": [bytes([how, 15, 11]) + b"\x00r=\x01x,s=c2FsdA==,i=4096\x00\x01v=\x02\x00" for how in range(3)]
    + [bytes([24, 32, 0]) + b"\x01\x00", bytes([2, 16, 0]) + b"\x01\x00", bytes([0, 3, 0]) + b"\x02<not-authorized/>\x00"],
    "sasl2": [
        bytes([how, knows]) + b"\x07\x06\x00" + b"".join(part + b"\x00" for part in parts)
        for how, knows in ((0x43, 0), (0x4f, 8), (0x47, 8), (0x4e, 40), (0x06, 4), (0x2e, 0), (0xca, 1))
        for success in (b"<success xmlns='urn:xmpp:sasl:2'><additional-data>%s</additional-data><authorization-identifier>"
                        b"alice@localhost/mote~1</authorization-identifier><token xmlns='urn:xmpp:fast:0' token='new' "
                        b"expiry='2027-01-01T00:00:00Z'/><bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3' "
                        b"resume='true' id='s1'/><enabled xmlns='urn:xmpp:carbons:2'/></bound></success><stream:features/>",)
        for parts in (
            (success % b"\x03", b"\x08\x07\x06", (success % b"\x03").replace(b"<bound", b"<resumed xmlns='urn:xmpp:sm:3' h='0' "
             b"previd='s1'/><bound"), b"<a xmlns='urn:xmpp:sm:3' h='1'/>"),
            (b"<challenge xmlns='urn:xmpp:sasl:2'>\x04r=\x01x,s=c2FsdA==,i=4096,t=0304\x05</challenge>", success % b"\x02"),
            (b"<failure xmlns='urn:xmpp:sasl:2'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>",
             b"<challenge xmlns='urn:xmpp:sasl:2'>\x04r=\x01x,s=c2FsdA==,i=4096\x05</challenge>", success % b"\x02"),
            (b"<failure xmlns='urn:xmpp:sasl:2'><aborted xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/><config-version-mismatch "
             b"xmlns='urn:xmpp:iap:0'/></failure>", success % b"\x03"),
            (b"<continue xmlns='urn:xmpp:sasl:2'><tasks><task>UPGR-SCRAM-SHA-512</task></tasks></continue>",))],
    "text": [b"\x00QUJDRA==", b"\x01caf\xc3\xa9\xf0\x9f\x8c\xb1", b"\x02alice@example.org/r", b"\x032026-11-21T01:02:03.5+01:30",
             b"\x04\x00\x00\x00\x00\xff\xff\xff\xff4294967295", b"\x05\x00\x00\x00\x00\x6b\x00\x00\x00",
             b"\x06b\xc3\xbccher.example:5222", b"\x06[2001:db8::1]:80", b"\x07sha256:" + b"0f:" * 31 + b"0f", b"\x07trace"],
    "dns": [b"\x01example.org\x00\x02\xc0\x0c\x00\x21\x00\x01\x00\x00\x00\x3c\x00\x0a\x00\x01\x00\x02\x14\x66\x01a\xc0\x1e"
            b"\xc0\x0c\x00\x21\x00\x01\x00\x00\x00\x3c\x00\x07\x00\x01\x00\x02\x14\x66\x00"],
    "config": [b"\x00jid = a@b.example\nresource = r\nhost = h.example\nport = 5222\ntls = direct\nca = /ca.pem\nallow-plain = yes\n"
               b"password-file = p\nallow = c@d.example, @e.example\ndirectory = /d\nmax-size = 10M\nblock-size = 4096\n"
               b"window = 4\nservice = s.example\nnode = n\nauthor = A\n# remark\npin = sha256:" + b"0f" * 32 + b"\n",
               b"\x01MOTEKEYS1 juliet@example.org 01010400" + b"00001000" + b"00" * 128 + b"\n"],
    "args": [b"send\x00--receipt\x00bob@b.example\x00hello", b"-c\x00f\x00listen\x00--from\x00b@c\x00--count=3\x00--json",
             b"post\x00--title\x00t\x00--tag=a\x00--tag=b\x00text", b"put\x00--name\x00n\x00--block-size\x004096\x00f\x00b@c/r",
             b"--jid=a@b\x00--port=5222\x00status", b"setup\x00a@b", b"feed\x00--max\x005\x00--follow\x00a@b", b"-h", b"get\x00-v\x00--dir\x00d"],
    "atom": [b"\x00<entry><title type='text'>t</title><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a<br/>b</p></div>"
             b"</content><updated>2026-11-21T01:02:03Z</updated><published>2026-11-21T01:02:03Z</published><author><name>n</name>"
             b"<uri>xmpp:bob@localhost</uri></author><category term='x'/><link rel='replies' href='xmpp:p.localhost?;node=n'/></entry>",
             b"\x01\x00\x6b\x00\x00\x00id\x00title\x00content & <more>\x00name\x00tag\x00tag2\x00node"],
    "store": [bytes([0, 0, 1, 0, 20, 7, 2, 5, 1, 0, 0, 30, 2, 6, 3, 2, 0, 40, 5, 6, 4, 1, 1, 6, 7, 0, 90, 3, 6])],
    "stanza": [bytes([0, 0, 0x60, 3, 0x61, 34, 0x62, 6, 0x2e, 0xd0, 1, 0x60, 12, 0x62, 5, 0, 0xa0, 34, 0xd0])],
    "jingle": [bytes([4, 0, 4, 2, 8, 4, 0, 5, 0, 64, 7, 0, 9, 3, 8, 0])],
}


def keep(folder, data):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def main():
    folder = pathlib.Path(sys.argv[1])
    for path in sorted(pathlib.Path("tests/cases").rglob("*.txt")):
        data = seed(path)
        if len(data) <= 4096:
            keep(folder / "stream", data)
    for target, inputs in OTHERS.items():
        for data in inputs:
            keep(folder / target, data)


main()
