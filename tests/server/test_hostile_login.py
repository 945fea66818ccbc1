"""Rows S1 to S7 against the whole command: a server with a good certificate that plays foul at the login.

Whatever it tries, `mote` ends with one sentence and the exit code of a refused login, in bounded time, and has told neither
the password nor anything that helps to guess it beyond what SCRAM shows to every server.
"""
import base64
import re
import time
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs
from command import CONNECTION, DONE, LOGIN, TLS, Mote, Result
from prosody import Account
from scripted import BIND, MECHANISMS, SASL, STREAMS, Client, Gone, ScriptedServer
from visitor import PASSWORD, visitor


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def offer(*names: str) -> str:
    return f"<mechanisms xmlns='{SASL}'>" + "".join(f"<mechanism>{name}</mechanism>" for name in names) + "</mechanisms>"


def bindings(*types: str) -> str:
    listed = "".join(f"<channel-binding type='{name}'/>" for name in types)
    return f"<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>{listed}</sasl-channel-binding>"


def first_message(client: Client) -> tuple[str, str]:
    """gs2 header and client-first-message-bare."""
    text = base64.b64decode(client.expect(rb"<auth[^>]*>([^<]*)</auth>")[1]).decode()
    flag, name, bare = text.split(",", 2)
    return f"{flag},{name},", bare


def nonce_of(client: Client) -> str:
    return re.search("r=([^,]*)", first_message(client)[1])[1]


def challenge(text: str) -> str:
    return f"<challenge xmlns='{SASL}'>{text}</challenge>"


def challenged(client: Client, nonce: Callable[[str], str] = lambda ours: ours + "server", count: str = "4096") -> None:
    """Up to the challenge of SCRAM, with a nonce that is made of the client's."""
    client.secure()
    client.open(MECHANISMS)
    client.send(challenge(b64(f"r={nonce(nonce_of(client))},s={b64('a salt of theirs')},i={count}")))


def play(certs: Certs, home: Path, script: Callable[[Client], None], *more: str) -> tuple[Result, list[Client]]:
    with ScriptedServer(certs.server(), script) as server:
        mote = visitor(home, server.port, certs.ca)
        result = mote.run("status", *more, code=None, timeout=90)
        for client in server.clients:
            client.thread.join(10)
        return result, server.clients


GOODBYE = re.compile(rb"(<stream:error><[^>]*></stream:error></stream:stream>)?")


def refused(certs: Certs, home: Path, script: Callable[[Client], None], *more: str,
            codes: tuple[int, ...] = (LOGIN,)) -> list[Client]:
    """The login fails, with one complaint, and nothing but goodbye follows what the script did."""
    def noted(client: Client) -> None:
        try:
            script(client)
        finally:
            client.read = len(client.heard)
        client.until_gone(5)
    result, clients = play(certs, home, noted, *more)
    assert result.code in codes and result.complaint, result
    assert len(clients) <= 2
    for client in clients:
        assert PASSWORD.encode() not in client.heard and b64("\0alice\0" + PASSWORD).encode() not in client.heard
        assert b"<bind" not in client.heard
        assert GOODBYE.fullmatch(client.heard, client.read), client.heard[client.read:]
    return clients


# --- S2: nonces -----------------------------------------------------------------------------------------------------

NONCES: dict[str, Callable[[str], str]] = {
    "another": lambda ours: "x" * len(ours) + "server", "ours-alone": lambda ours: ours, "empty": lambda ours: "",
    "prefix-of-ours": lambda ours: ours[:-1] + chr(ord(ours[-1]) ^ 1) + "server", "behind": lambda ours: "server" + ours,
    "other-case": lambda ours: ours.swapcase() + "server",
    "4-kB": lambda ours: ours + "s" * 4096,
    "60-kB": lambda ours: ours + "s" * 60_000, "with-NUL": lambda ours: ours + "\0server",
}


@pytest.mark.parametrize("make", NONCES.values(), ids=NONCES.keys())
def test_S2_nonces_of_the_server(certs: Certs, make: Callable[[str], str], tmp_path: Path) -> None:
    for client in refused(certs, tmp_path, lambda client: challenged(client, make)):
        assert b"<response" not in client.heard


def test_S2_a_client_nonce_is_never_used_again(certs: Certs, tmp_path: Path) -> None:
    """CVE-2022-48195. From process to process, and within one that connects again."""
    nonces: list[str] = []

    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        nonces.append(nonce_of(client))
        client.cut()
    with ScriptedServer(certs.server(), script) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        for _ in range(8):
            mote.run("status", code=CONNECTION)
        with mote.start("run") as running:
            running.wait_for(lambda: len(nonces) >= 11, 40, "three tries of one process")
    assert len(set(nonces)) == len(nonces)
    assert all(len(nonce) >= 16 for nonce in nonces)


# --- S3: how often to hash ------------------------------------------------------------------------------------------

COUNTS = ("0", "1", "4095", "-1", "-4096", "+4096", "04096x", "1e9", "1000000000", "4294967295", "4294967296",
          "4294971392", "18446744073709555712", "99999999999999999999999999", "", " 4096", "4096 ", "0x1000", "٤٠٩٦")


@pytest.mark.parametrize("count", COUNTS, ids=range(len(COUNTS)))
def test_S3_counts_are_refused_without_hashing(certs: Certs, count: str, tmp_path: Path) -> None:
    seconds: list[float] = []

    def script(client: Client) -> None:
        challenged(client, count=count)
        began = time.monotonic()
        client.until_gone(10)
        seconds.append(time.monotonic() - began)
    for client in refused(certs, tmp_path, script):
        assert b"<response" not in client.heard
    assert max(seconds) < 3  # a loaded machine; a thousand million rounds take minutes


# --- S1: the proof of the server ------------------------------------------------------------------------------------

def success(text: str) -> Callable[[Client], None]:
    return lambda client: client.send(f"<success xmlns='{SASL}'>{text}</success>")


ENDINGS: dict[str, Callable[[Client], None]] = {
    "empty": success(""), "equals": success("="), "error": success(b64("e=invalid-proof")), "v-empty": success(b64("v=")),
    "no-v": success(b64(bytes(32))), "not-base64": success("!!!"), "two": success(b64("v=AAAA,v=BBBB")),
    "huge": success(b64("v=" + "A" * 30_000)), "of-zeros": success(b64("v=" + b64(bytes(32)))),
    "child": success("<x xmlns='y'/>"),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_S1_endings_that_prove_nothing(certs: Certs, end: Callable[[Client], None], tmp_path: Path) -> None:
    def script(client: Client) -> None:
        challenged(client)
        client.expect(rb"<response[^>]*>[^<]+</response>")
        end(client)
        try:
            client.open(BIND)
        except Gone:
            pass
    refused(certs, tmp_path, script)


def test_S1_the_signature_of_another_login(certs: Certs, tmp_path: Path) -> None:
    """Right for the nonce of the first connection, played again in the second."""
    kept: list[bytes] = []

    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        if not kept:
            client.scram(PASSWORD, lambda right: kept.append(right) or right)
            client.cut()
        else:
            client.scram(PASSWORD, lambda _: kept[0])
            client.open(BIND)
    with ScriptedServer(certs.server(), script) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        mote.run("status", code=CONNECTION)
        mote.run("status", code=LOGIN)
        assert b"<bind" not in server.clients[-1].heard


# --- S4: weaker than before -----------------------------------------------------------------------------------------

@pytest.fixture
def kept(server, mote: Mote) -> Mote:
    """alice has logged in with SCRAM-SHA-256, and keeps keys of it and no password."""
    return mote


WEAKER = {"sha-1": ("SCRAM-SHA-1",), "plain": ("PLAIN",), "both": ("PLAIN", "SCRAM-SHA-1"),
          "sha-1-plus": ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"), "digest": ("DIGEST-MD5", "CRAM-MD5", "LOGIN"),
          "anonymous": ("ANONYMOUS",), "external": ("EXTERNAL",), "case": ("scram-sha-256",), "near": ("SCRAM-SHA-256 ",),
          "unknown": ("X-OAUTH2", "GSSAPI", "SCRAM-MD5", "SCRAM-SHA-2560")}


@pytest.mark.parametrize("names", WEAKER.values(), ids=WEAKER.keys())
def test_S4_kept_keys_are_not_for_weaker_mechanisms(certs: Certs, kept: Mote, names: tuple[str, ...]) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(offer(*names))
        client.until_gone(5)
    with ScriptedServer(certs.server(), script) as fake:
        result = kept.run("status", "--port", str(fake.port), "--tls", "direct", code=LOGIN)
        assert result.complaint
        assert all(b"<auth" not in client.heard for client in fake.clients)


@pytest.mark.parametrize("names", (("PLAIN",), ("PLAIN", "SCRAM-SHA-256"), ("PLAIN", "SCRAM-SHA-1")))
def test_S4_plain_only_where_nothing_is_better(certs: Certs, names: tuple[str, ...], tmp_path: Path) -> None:
    """And only for who allows it: then it is what --allow-plain says."""
    def script(client: Client) -> None:
        client.secure()
        client.open(offer(*names))
        client.expect(rb"<auth[^>]*>")
        client.send(f"<failure xmlns='{SASL}'><not-authorized/></failure>")
        client.until_gone(5)
    _, clients = play(certs, tmp_path, script, "--allow-plain")
    for client in clients:
        assert (b"mechanism='PLAIN'" in client.heard) == (names == ("PLAIN",))


# --- S5: the channel ------------------------------------------------------------------------------------------------

def test_S5_without_plus_the_flag_is_y(certs: Certs, tmp_path: Path) -> None:
    """We could bind: whoever took -PLUS out of the list is found out by the server, through a flag that it cannot change."""
    flags: list[str] = []

    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        flags.append(first_message(client)[0])
        client.send(f"<failure xmlns='{SASL}'><not-authorized/></failure>")
    refused(certs, tmp_path, script)
    assert flags and set(flags) == {"y,,"}


@pytest.mark.parametrize("names", (("SCRAM-SHA-256",), ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")), ids=("cut", "refused"))
def test_S5_whose_last_login_was_bound(certs: Certs, names: tuple[str, ...], tmp_path: Path) -> None:
    """Who takes -PLUS out of the list gets nothing, and who refuses the binding gets nothing more."""
    flags: list[str] = []

    def honest(client: Client) -> None:
        client.secure()
        client.open(offer("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256") + bindings("tls-server-end-point"))
        client.scram(PASSWORD)
        client.bind()
        client.answer_iqs()

    def between(client: Client) -> None:
        client.secure()
        client.open(offer(*names) + bindings("tls-server-end-point"))
        if len(names) > 1:
            flags.append(first_message(client)[0])
            client.send(f"<failure xmlns='{SASL}'><not-authorized/></failure>")
        client.until_gone(5)
    with ScriptedServer(certs.server(), honest) as server:
        mote = Mote(tmp_path, Account("alice@localhost", PASSWORD), "127.0.0.1", server.port, certs.ca, "direct").setup()
        assert b"p=tls-server-end-point" in base64.b64decode(re.search(rb"<auth[^>]*>([^<]*)", server.clients[0].heard)[1])
    with ScriptedServer(certs.server(), between) as server:
        mote.run("status", "--port", str(server.port), code=LOGIN)
        assert flags == ["p=tls-server-end-point,,"] * (len(names) - 1)
        assert server.clients[0].heard.count(b"<auth") == len(flags)


def test_S5_what_was_bound_by_the_exporter_is_not_bound_by_less(certs: Certs, tmp_path: Path) -> None:
    """Whoever has the server's certificate could play both sides with tls-server-end-point. `mote setup` begins anew."""
    types = ["tls-exporter", "tls-server-end-point"]

    def script(client: Client) -> None:
        client.secure()
        client.open(offer("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256") + bindings(*types))
        client.scram(PASSWORD)
        client.bind()
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        mote = Mote(tmp_path, Account("alice@localhost", PASSWORD), "127.0.0.1", server.port, certs.ca, "direct").setup()
        mote.run("status", "--port", str(server.port))
        types.pop(0)
        for _ in range(2):
            assert "mote setup" in mote.run("status", "--port", str(server.port), code=LOGIN).stderr
        assert b"<response" not in server.clients[-1].heard
        mote.setup()
        mote.run("status", "--port", str(server.port))


@pytest.mark.parametrize("types", (("tls-exporter",), ("tls-unique", "tls-exporter"), ("tls-server-end-point",),
                                   ("tls-unique",), ("x-none",), ()), ids=lambda types: "+".join(types) or "no list")
def test_S5_with_plus_it_is_bound(certs: Certs, types: tuple[str, ...], tmp_path: Path) -> None:
    listed = bindings(*types) if types else ""
    flags: list[str] = []

    def script(client: Client) -> None:
        client.secure()
        client.open(offer("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256") + listed)
        flags.append(first_message(client)[0])
        client.cut()
    play(certs, tmp_path, script)
    ours = [name for name in types if name in ("tls-exporter", "tls-server-end-point")] or \
        (["tls-exporter"] if not types else [])
    assert flags[0] == (f"p={ours[0]},," if ours else "n,,") or (not ours and flags[0] == "y,,"), flags


# --- S7: out of order, out of shape ---------------------------------------------------------------------------------

OUT_OF_ORDER: dict[str, str] = {
    "success-first": f"<success xmlns='{SASL}'/>", "success-with-proof-first":
    f"<success xmlns='{SASL}'>{b64('v=' + b64(bytes(32)))}</success>", "challenge-empty": challenge(""),
    "challenge-equals": challenge("="), "challenge-not-base64": challenge("????"),
    "challenge-with-spaces": challenge("c j 0 ="), "challenge-64-kB": challenge("A" * 65536),
    "challenge-with-child": challenge("<x xmlns='y'/>"), "challenge-no-salt": challenge(b64("r=x,i=4096")),
    "challenge-extension": challenge(b64("m=x,r=x,s=QQ==,i=4096")), "challenge-zeros": challenge(b64(bytes(60))),
    "challenge-twice": challenge("cj0=") * 2, "failure-empty": f"<failure xmlns='{SASL}'/>",
    "failure-1000-children": f"<failure xmlns='{SASL}'>{'<x/>' * 1000}</failure>",
    "failure-deep": f"<failure xmlns='{SASL}'>{'<x>' * 15}{'</x>' * 15}</failure>",
    "failure-with-text": f"<failure xmlns='{SASL}'><not-authorized/><text>\u202e[2J {'t' * 5000}</text></failure>",
    "failure-then-success": f"<failure xmlns='{SASL}'><not-authorized/></failure><success xmlns='{SASL}'/>",
    "abort": f"<abort xmlns='{SASL}'/>", "auth-back": f"<auth xmlns='{SASL}' mechanism='PLAIN'/>",
    "response-back": f"<response xmlns='{SASL}'/>", "message": "<message><body>hello</body></message>",
    "bind-result": "<iq type='result' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@b/c</jid></bind></iq>",
    "features-again": "<stream:features/>", "enabled": "<enabled xmlns='urn:xmpp:sm:3' id='x'/>",
    "resumed": "<resumed xmlns='urn:xmpp:sm:3' h='0' previd=''/>", "sasl2-success": "<success xmlns='urn:xmpp:sasl:2'/>",
    "proceed": "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
}


@pytest.mark.parametrize("text", OUT_OF_ORDER.values(), ids=OUT_OF_ORDER.keys())
def test_S7_out_of_order(certs: Certs, text: str, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        client.expect(rb"<auth[^>]*>[^<]*</auth>")
        client.send(text)
    for client in refused(certs, tmp_path, script, codes=(LOGIN, CONNECTION, TLS)):
        assert b"<response" not in client.heard


AFTER_SUCCESS: dict[str, str] = {
    "challenge": challenge("cj0="), "success": f"<success xmlns='{SASL}'/>", "failure": f"<failure xmlns='{SASL}'/>",
    "old-header-features": f"<stream:features>{BIND}</stream:features>", "message": "<message/>",
}


@pytest.mark.parametrize("text", AFTER_SUCCESS.values(), ids=AFTER_SUCCESS.keys())
def test_S7_after_the_success(certs: Certs, text: str, tmp_path: Path) -> None:
    """In the segment of the success, where the new stream header belongs."""
    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        client.scram(PASSWORD, behind=text)
        client.until_gone(5)
    result, clients = play(certs, tmp_path, script)
    assert result.code != DONE and result.complaint
    assert all(b"<bind" not in client.heard for client in clients)


# --- and what the server may bind us to -----------------------------------------------------------------------------

JIDS = ("bob@localhost/x", "alice@evil.test/x", "alice@localhost", "", "/x", "alice@localhost/", "localhost/x",
        "alice@localhost/" + "x" * 1100, "a" * 5000, "alice@localhost.evil/x", "alice\u202e@localhost/x")


@pytest.mark.parametrize("jid", JIDS, ids=range(len(JIDS)))
def test_S7_bound_to_somebody_else(certs: Certs, jid: str, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        client.scram(PASSWORD)
        client.bind(jid=jid)
        client.answer_iqs()
    result, _ = play(certs, tmp_path, script)
    assert result.code != DONE and result.complaint, result


def test_S7_stream_errors_in_every_step(certs: Certs, tmp_path: Path) -> None:
    def script(client: Client) -> None:
        client.secure()
        client.open(MECHANISMS)
        client.expect(rb"<auth")
        client.stream_error(f"<undefined-condition xmlns='{STREAMS}'/><text xmlns='{STREAMS}'>\u009b2J{'x' * 3000}</text>")
        client.until_gone(5)
    result, _ = play(certs, tmp_path, script)
    assert result.code == CONNECTION and "\u009b" not in result.stderr and len(result.stderr) < 1000
