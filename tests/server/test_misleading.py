"""What went wrong is said truly, and what can be done about it: cases whose first explanation was another one."""
import subprocess
from pathlib import Path

import pytest

from certs import LEAF, Certs
from command import CONNECTION, LOCAL, REFUSED, TLS, Mote
from peer import Peer
from scripted import Client, ScriptedServer
from visitor import PASSWORD, visitor

EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
PSS = ("rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048")


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


def make_root(folder: Path, key: tuple[str, ...], *more: str) -> Path:
    root = folder / "root.crt"
    openssl("req", "-x509", "-newkey", *key, "-nodes", "-keyout", folder / "root.key", "-subj", "/CN=Root",
            "-days", 365, "-out", root, "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=keyCertSign", *more)
    return root


def make_leaf(folder: Path, key: tuple[str, ...], ca: Path, ca_key: Path, *more: str) -> tuple[Path, Path]:
    leaf, leaf_key, request, extensions = (folder / f"leaf.{kind}" for kind in ("crt", "key", "csr", "ext"))
    extensions.write_text(LEAF + "subjectAltName=DNS:localhost\n")
    openssl("req", "-new", "-newkey", *key, "-nodes", "-keyout", leaf_key, "-subj", "/CN=localhost", "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-days", 365, "-out", leaf,
            "-extfile", extensions, *more)
    return leaf, leaf_key


def honest(client: Client) -> None:
    client.login(PASSWORD)
    client.answer_iqs()


CONSTRAINED = ("-addext", "nameConstraints=critical,permitted;DNS:localhost")
ROOTS = {"ed25519": (("ed25519",), (), "Ed25519"), "ed448": (("ed448",), (), "Ed448"), "pss": (PSS, (), "PSS"),
         "constrained": (EC, CONSTRAINED, "critical name constraints")}


@pytest.mark.parametrize("key, more, word", ROOTS.values(), ids=ROOTS.keys())
@pytest.mark.parametrize("form", ("pem", "der"))
def test_B20_authorities_that_cannot_be_used(certs: Certs, key: tuple[str, ...], more: tuple[str, ...], word: str,
                                             form: str, tmp_path: Path) -> None:
    root = make_root(tmp_path, key, *more)
    if form == "der":
        openssl("x509", "-in", root, "-outform", "der", "-out", tmp_path / "root.der")
        root = tmp_path / "root.der"
    said = visitor(tmp_path / "home", 1, root).run("status", code=LOCAL).stderr
    assert "cannot be used here: it has" in said and word in said and "needs a key of ECDSA" in said


def test_B20_one_of_many_authorities_that_cannot_be_used_does_not_matter(certs: Certs, tmp_path: Path) -> None:
    both = tmp_path / "both.crt"
    both.write_text(make_root(tmp_path, ("ed25519",)).read_text() + certs.ca.read_text())
    with ScriptedServer(certs.server(), honest) as server:
        visitor(tmp_path / "home", server.port, both).run("status")


def test_B20_no_certificate_at_all(tmp_path: Path) -> None:
    (tmp_path / "empty.crt").write_text("nothing\n")
    said = visitor(tmp_path / "home", 1, tmp_path / "empty.crt").run("status", code=LOCAL).stderr
    assert "there is no certificate in" in said


def test_B20_a_root_that_signs_with_pss_is_fine(tmp_path: Path) -> None:
    padding = ("-sigopt", "rsa_padding_mode:pss", "-sha256")
    root = make_root(tmp_path, ("rsa:2048",), *padding)
    cert = make_leaf(tmp_path, EC, root, tmp_path / "root.key", *padding)
    with ScriptedServer(cert, honest) as server:
        visitor(tmp_path / "home", server.port, root).run("status")


@pytest.mark.parametrize("key", (("ed25519",), PSS), ids=("ed25519", "pss"))
@pytest.mark.parametrize("tls", ("direct", "starttls"))
def test_B20_keys_of_servers_that_are_not_known(certs: Certs, key: tuple[str, ...], tls: str, tmp_path: Path) -> None:
    cert = make_leaf(tmp_path, key, certs.ca, certs.path("ca", "key"))
    with ScriptedServer(cert, honest, tls) as server:
        said = visitor(tmp_path / "home", server.port, certs.ca, tls).run("status", code=TLS).stderr
    assert "not known here (Ed25519, RSA-PSS)" in said and "RSA" in said.splitlines()[1] and "--tls" not in said


def http(client: Client) -> None:
    client.hear(10)
    client.send("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html><body>400</body></html>")
    client.until_gone(5)


def smtp(client: Client) -> None:
    client.send("220 mail.localhost ESMTP\r\n")
    client.until_gone(5)


@pytest.mark.parametrize("script", (http, smtp), ids=("http", "smtp"))
def test_B20_another_protocol_behind_starttls(certs: Certs, script, tmp_path: Path) -> None:
    with ScriptedServer(None, script, "starttls") as server:
        said = visitor(tmp_path, server.port, certs.ca, "starttls").run("status", code=CONNECTION).stderr
    assert "not an XMPP server" in said and "--host and --port say" in said


def test_B20_a_web_server_instead_of_tls(certs: Certs, tmp_path: Path) -> None:
    with ScriptedServer(None, http) as server:
        said = visitor(tmp_path, server.port, certs.ca).run("status", code=TLS).stderr
    assert "not TLS but HTTP" in said and "a web server listens there" in said


def test_B20_a_web_server_with_tls(certs: Certs, tmp_path: Path) -> None:
    def https(client: Client) -> None:
        client.secure()
        http(client)
    with ScriptedServer(certs.server(), https) as server:
        said = visitor(tmp_path, server.port, certs.ca).run("status", code=CONNECTION).stderr
    assert "not an XMPP server" in said


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
static time_t now(void) { return atoll(getenv("NOW")); }
time_t time(time_t *t) { if (t) *t = now(); return now(); }
int clock_gettime(clockid_t c, struct timespec *ts) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int r = real(c, ts);
    if (c == CLOCK_REALTIME) ts->tv_sec = now();
    return r;
}
"""


@pytest.mark.parametrize("now, words", (
    (259200, ("1970-01-04", "never set", "set the clock")),
    (2556144000, ("expired on 2049-12-31", "check the clock"))), ids=("1970", "2051"))
def test_B20_a_clock_that_is_wrong(certs: Certs, now: int, words: tuple[str, ...], tmp_path: Path) -> None:
    source, clock = tmp_path / "clock.c", tmp_path / "clock.so"
    source.write_text(CLOCK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", clock, source, "-ldl"], check=True, timeout=60)
    cert = certs.make("until-2050", "DNS:localhost", dates=("20200101000000Z", "20491231000000Z"))
    with ScriptedServer(cert, honest) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        mote.env |= {"LD_PRELOAD": str(clock), "NOW": str(now)}
        said = mote.run("status", code=TLS).stderr
    assert all(word in said for word in words), said


@pytest.mark.parametrize("quote", ("'", '"'))
@pytest.mark.parametrize("key", (
    "jid", "host", "port", "tls", "ca", "password-file", "allow", "node", "directory", "store"))
def test_B20_quoted_values(certs: Certs, key: str, quote: str, tmp_path: Path) -> None:
    mote = visitor(tmp_path, 1, certs.ca)
    lines = dict(line.split(" = ") for line in mote.config.read_text().splitlines())
    lines[key] = f"{quote}{lines.get(key, 'something')}{quote}"
    mote.config.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
    said = mote.run("status", code=LOCAL).complaint
    assert f"'{key}' is in quotes" in said and "mote.conf:" in said


# --- a room as receiver ----------------------------------------------------------------------------------------------

ROOM = "kitchen@rooms.localhost"


@pytest.mark.parametrize("how", ("text", "receipt", "lines", "nick", "no-such-room"))
def test_B20_a_room_is_told_as_a_room(mote: Mote, peer: Peer, how: str) -> None:
    """Its service answers as if nobody were there, to those who are not in it."""
    peer.raw(f"<presence to='{ROOM}/cook'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    more = {"receipt": ["--receipt", "--timeout", "10"], "lines": ["--lines"]}.get(how, [])
    to = {"nick": ROOM + "/cook", "no-such-room": "nowhere@rooms.localhost"}.get(how, ROOM)
    said = mote.run("send", *more, to, *([] if how == "lines" else ["hello"]), input="one\ntwo\n", code=REFUSED).stderr
    assert f"{to} did not get the message" in said and "it is a chat room" in said, said
    assert said.count("did not get the message") == (2 if how == "lines" else 1)
    error = mote.run("send", "--json", to, "hello", code=REFUSED).json[0]
    assert error["event"] == "error" and "chat room" in error["hint"]


@pytest.mark.parametrize("to", ("nobody@ext.localhost", "nobody@nowhere.test", "pubsub.localhost"))
def test_B20_others_are_no_rooms(mote: Mote, to: str) -> None:
    result = mote.run("send", to, "hello", code=None)
    assert "chat room" not in result.stderr
    if result.code:
        assert result.code == REFUSED and result.complaint
