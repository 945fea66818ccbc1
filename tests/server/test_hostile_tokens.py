"""Row S8 and its neighbours against the whole command: a server with SASL2 (XEP-0388) and tokens (XEP-0484) that plays foul.

Whatever it does, the password stays here, and the next login at an honest server succeeds.
"""
import base64
import hashlib
import hmac
import re
import ssl
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs
from command import DONE, LOGIN, Mote, Result
from prosody import Account
from scripted import BIND, HEADER, SASL, Client, ScriptedServer
from test_hostile_login import b64, bindings, offer
from visitor import PASSWORD

SASL2, FAST, IAP = "urn:xmpp:sasl:2", "urn:xmpp:fast:0", "urn:xmpp:iap:0"
TOKEN = "token-of-the-test"
VERSION = "<config-version xmlns='urn:xmpp:iap:0' value='v{}' scheme='opaque'/>"
OFFER = (f"{offer('SCRAM-SHA-256')}<authentication xmlns='{SASL2}'><mechanism>SCRAM-SHA-256</mechanism><inline>"
         f"<fast xmlns='{FAST}'><mechanism>HT-SHA-256-ENDP</mechanism></fast></inline></authentication>"
         + bindings("tls-server-end-point"))
FEATURES = f"<stream:features>{OFFER}</stream:features>"
INLINE = ("<sm xmlns='urn:xmpp:sm:3'/><bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:sm:3'/>"
          "<feature var='urn:xmpp:carbons:2'/></inline></bind>")
ENABLED = ("<bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:carbons:2'/>"
           "<enabled xmlns='urn:xmpp:sm:3' resume='true' id='session{}'/></bound>")
AFTER = f"<stream:features>{BIND}</stream:features>"
AUTHENTICATE = rb"<authenticate[^>]*mechanism='([^']*)'[^>]*><initial-response>([^<]*)</initial-response>(.*?)</authenticate>"


def failure(condition: str, more: str = "") -> str:
    return f"<failure xmlns='{SASL2}'><{condition} xmlns='{SASL}'/>{more}</failure>"


def success(data: str, more: str = "") -> str:
    return f"<success xmlns='{SASL2}'>{data}<authorization-identifier>alice@localhost</authorization-identifier>{more}</success>"


def additional(data: str) -> str:
    return f"<additional-data>{data}</additional-data>"


def token(text: str = TOKEN) -> str:
    return f"<token xmlns='{FAST}' token='{text}' expiry='2099-01-01T00:00:00Z'/>"


def greet(client: Client, features: str = FEATURES) -> None:
    client.expect(rb"<stream:stream[^>]*>")
    client.send(HEADER.format(id=client.number) + features)


def by_password(client: Client, attributes: str = "", more: str = token(), jid: str = "alice@localhost") -> None:
    """SCRAM as XEP-0388 has it. `attributes` stand behind the count of the challenge."""
    found = client.expect(AUTHENTICATE)
    assert found[1] == b"SCRAM-SHA-256"
    bare = base64.b64decode(found[2]).decode().split(",", 2)[2]
    salt = b"a salt of theirs"
    challenge = f"r={re.search('r=([^,]*)', bare)[1]}server,s={b64(salt)},i=4096{attributes}"
    client.send(f"<challenge xmlns='{SASL2}'>{b64(challenge)}</challenge>")
    final = base64.b64decode(client.expect(rb"<response[^>]*>([^<]*)</response>")[1]).decode()
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 4096)
    auth_message = f"{bare},{challenge},{final.rsplit(',p=', 1)[0]}".encode()
    signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), auth_message, "sha256")
    told = success(additional(b64(b"v=" + base64.b64encode(signature))), more).replace("alice@localhost<", jid + "<")
    client.send(told + AFTER)


def go_on(client: Client) -> None:
    """What comes behind the login."""
    found = client.expect(rb"<iq[^>]*id=['\"]([^'\"]*)['\"][^>]*>\s*<bind.*?</iq>")
    bound = BIND.replace("/>", "><jid>alice@localhost/scripted</jid></bind>")
    client.send(f"<iq type='result' id='{found[1].decode()}'>{bound}</iq>")
    client.answer_iqs()


class World:
    """One address, at which the server is honest but for the connections that `foul` is for."""

    def __init__(self, certs: Certs, home: Path):
        self.der = ssl.PEM_cert_to_DER_cert(certs.server()[0].read_text())
        self.foul: list[Callable[[Client], None]] = []
        self.server = ScriptedServer(certs.server(), self.script)
        self.mote = Mote(home, Account("alice@localhost", PASSWORD), "127.0.0.1", self.server.port, certs.ca, "direct")

    def mac(self, role: str) -> bytes:
        return hmac.digest(TOKEN.encode(), role.encode() + hashlib.sha256(self.der).digest(), "sha256")

    def asked_by_token(self, client: Client) -> str:
        """What proves that the server knows the token."""
        found = client.expect(AUTHENTICATE)
        assert found[1] == b"HT-SHA-256-ENDP" and base64.b64decode(found[2]) == b"alice\0" + self.mac("Initiator")
        return b64(self.mac("Responder"))

    def script(self, client: Client) -> None:
        client.secure()
        if self.foul:
            self.foul.pop(0)(client)
            return
        client.expect(rb"<stream:stream[^>]*>")
        client.send(HEADER.format(id=client.number) + FEATURES)
        read = client.read
        if client.expect(AUTHENTICATE)[1].startswith(b"HT-"):
            client.send(success(additional(b64(self.mac("Responder")))) + AFTER)
        else:
            client.read = read
            by_password(client)
        go_on(client)

    def status(self, code: int | None = DONE) -> Result:
        result = self.mote.run("status", "--json", code=code, timeout=60)
        for client in self.server.clients:
            assert PASSWORD.encode() not in client.heard
            assert b64("\0alice\0" + PASSWORD).encode() not in client.heard
        return result

    def kept(self) -> str:
        path = next(self.mote.home.glob("*.token-1"), None)
        return path.read_text().split()[-1] if path else "-"


@pytest.fixture
def world(certs: Certs, tmp_path: Path):
    world = World(certs, tmp_path)
    with world.server:
        world.mote.setup()
        world.status()
        assert world.kept() == TOKEN
        assert '"fast":true' in world.status().stdout
        yield world


Answer = Callable[[str], str]
BY_TOKEN: dict[str, tuple[Answer, int, bool]] = {  # what it says, how that ends, is the token kept?
    "wrong-mac": (lambda right: FEATURES + success(additional(b64(bytes(32)))) + AFTER, LOGIN, False),
    "mac-of-the-client": (lambda right: FEATURES + success(additional(right[:-4] + "AAA=")) + AFTER, LOGIN, False),
    "no-additional-data": (lambda right: FEATURES + success("") + AFTER, LOGIN, False),
    "not-authorized": (lambda right: FEATURES + failure("not-authorized"), DONE, True),  # a new one came with SCRAM
    "credentials-expired": (lambda right: FEATURES + failure("credentials-expired"), DONE, True),
    "no-condition": (lambda right: FEATURES + f"<failure xmlns='{SASL2}'/>", DONE, True),
    "temporary-auth-failure": (lambda right: FEATURES + failure("temporary-auth-failure"), DONE, True),
    "version-mismatch": (lambda right: FEATURES + failure("aborted", f"<config-version-mismatch xmlns='{IAP}'/>"), DONE, True),
    "failure-without-features": (lambda right: failure("not-authorized"), DONE, True),
    "success-without-features": (lambda right: success(additional(right)) + AFTER, DONE, True),
    "answer-in-sasl1": (lambda right: FEATURES + f"<success xmlns='{SASL}'>{right}</success>", LOGIN, True),
    "no-sasl2-any-more": (lambda right: f"<stream:features>{offer('SCRAM-SHA-256')}</stream:features>", DONE, True),
    "task": (lambda right: FEATURES + f"<continue xmlns='{SASL2}'>{additional(right)}<tasks><task>UPGR-SCRAM-SHA-512</task>"
             "</tasks></continue>", LOGIN, True),
    "next-task": (lambda right: FEATURES + f"<next xmlns='{SASL2}' task='UPGR-SCRAM-SHA-512'/>", LOGIN, True),
    "resumed-unasked": (lambda right: FEATURES + success(additional(right), "<resumed xmlns='urn:xmpp:sm:3' h='0' previd='x'/>"),
                        DONE, True),
    "bound-unasked": (lambda right: FEATURES + success(additional(right), "<bound xmlns='urn:xmpp:bind:0'/>"), DONE, True),
    "token-of-3-kB": (lambda right: FEATURES + success(additional(right), token("t" * 3072)) + AFTER, DONE, True),
    "token-empty": (lambda right: FEATURES + success(additional(right), token("")) + AFTER, DONE, True),
    "token-with-NUL": (lambda right: FEATURES + success(additional(right), token("a&#0;b")) + AFTER, DONE, True),
    "token-with-blanks": (lambda right: FEATURES + success(additional(right), token("a b")) + AFTER, DONE, False),
}


@pytest.mark.parametrize("name", BY_TOKEN)
def test_S8_what_a_server_says_to_a_token(world: World, name: str) -> None:
    answer, code, stays = BY_TOKEN[name]

    def script(client: Client) -> None:
        client.expect(rb"<stream:stream[^>]*>")
        client.send(HEADER.format(id=client.number) + answer(world.asked_by_token(client)))
        go_on(client)
    world.foul = [script]
    result = world.status(code)
    assert not world.foul and (code == DONE or len(result.stderr.splitlines()) <= 2), result
    assert (world.kept() == TOKEN) == stays
    world.status()
    assert '"fast":true' in world.status().stdout  # whatever was lost has been made good


def test_S8_a_session_goes_on_by_token_in_one_write(certs: Certs, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Resumed, with a token that nobody asked for; then refused, with a new session in the same answer. 700 bytes do for it."""
    world = World(certs, tmp_path)
    asked: list[bytes] = []

    def run_s(answer: str) -> Callable[[Client], None]:
        def script(client: Client) -> None:
            client.expect(rb"<stream:stream[^>]*>")
            features = FEATURES.replace("<inline>", "<inline>" + INLINE)
            client.send(HEADER.format(id=client.number) + features)
            read = client.read
            if client.expect(AUTHENTICATE)[1].startswith(b"HT-"):
                assert client.heard.endswith(b"</authenticate>")
                asked.append(client.heard)
                mac = additional(b64(world.mac("Responder")))
                jid = "<authorization-identifier>alice@localhost/mote~1</authorization-identifier>"
                client.send(f"<success xmlns='{SASL2}'>{mac}{jid}{answer}</success><stream:features/>")
            else:
                client.read = read
                by_password(client, more=ENABLED.format(0) + token(), jid="alice@localhost/mote~1")
            client.expect(b"<r |<presence")
            client.cut()
        return script
    resumed = "<resumed xmlns='urn:xmpp:sm:3' h='{}' previd='session{}'/>"
    failed = "<failed xmlns='urn:xmpp:sm:3'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
    with world.server:
        world.mote.setup()
        before = len(world.server.clients)
        world.foul = [run_s(""), run_s(resumed.format(0, 0) + token()), run_s(failed + ENABLED.format(1)),
                      run_s(resumed.format(0, 1))]
        with world.mote.start("run", "-v") as running:
            running.wait_for(lambda: sum("the session goes on" in line for line in running.err) == 2, 60, "two resumptions")
        assert len(world.server.clients) >= before + 4
    assert [b"previd='session0'" in text for text in asked] == [True, True, False]
    assert all(b"<bind xmlns='urn:xmpp:bind:0'>" in text and b"<fast " in text for text in asked)
    assert max(map(len, asked)) <= 700, [len(text) for text in asked]
    figure(f"login by token with a session to go on: {max(map(len, asked))} bytes up within TLS")
    assert all(b"urn:xmpp:carbons:2'/></iq>" not in client.heard for client in world.server.clients)


@pytest.mark.parametrize("how", ("cut", "closed", "stream-error", "not-well-formed"))
def test_S8_a_server_that_is_not_spoken_to_so_early(world: World, how: str) -> None:
    """It costs one connection, once: the next logins wait for the features, until there are others."""
    def ends(client: Client) -> None:
        client.expect(rb"</authenticate>")
        if how == "cut":
            client.cut()
        elif how == "stream-error":
            client.send(HEADER.format(id=client.number))
            client.stream_error("<unsupported-stanza-type xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>")
        elif how == "not-well-formed":
            client.send("HTTP/1.1 400 Bad Request\r\n\r\n")

    def waits(client: Client) -> None:
        client.expect(rb"<stream:stream[^>]*>")
        assert b"<authenticate" not in client.heard, "it came with the header"
        client.send(HEADER.format(id=client.number) + FEATURES)
        client.send(success(additional(world.asked_by_token(client))) + AFTER)
        assert b"<bind" not in client.heard
        go_on(client)
    world.foul = [ends, waits, waits]
    assert '"pipelined":false' in world.status().stdout
    assert '"pipelined":false' in world.status().stdout
    assert not world.foul and not [client.log for client in world.server.clients if "AssertionError" in str(client.log)]


@pytest.mark.parametrize("attributes", (f",h={b64(bytes(32))}", ",h=", ",t=0303", ",t=", f",t=0304,h={b64(bytes(32))}", ",m=x"))
@pytest.mark.parametrize("profile", (1, 2))
def test_S6_what_was_changed_on_the_way(certs: Certs, attributes: str, profile: int, tmp_path: Path) -> None:
    """XEP-0474 and XEP-0515, in both profiles of SASL: no proof is sent."""
    world = World(certs, tmp_path)
    with world.server:
        world.mote.setup()

        def script(client: Client) -> None:
            greet(client, FEATURES if profile == 2 else f"<stream:features>{offer('SCRAM-SHA-256')}</stream:features>")
            if profile == 2:
                by_password(client, attributes)
                return
            first = base64.b64decode(client.expect(rb"<auth[^>]*>([^<]*)</auth>")[1]).decode()
            nonce = re.search("r=([^,]*)", first)[1]
            challenge = f"r={nonce}server,s={b64('a salt of theirs')},i=4096{attributes}"
            client.send(f"<challenge xmlns='{SASL}'>{b64(challenge)}</challenge>")
            client.until_gone()
        world.foul = [script]
        before = len(world.server.clients)
        world.status(LOGIN)
        assert b"<response" not in world.server.clients[before].heard and len(world.server.clients) == before + 1
        world.status()


def test_S6_the_server_s_word_on_offers_and_tls_is_taken(certs: Certs, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"SCRAM-SHA-256\x1ftls-server-end-point").digest()
    world = World(certs, tmp_path)
    with world.server:
        world.mote.setup()

        def script(client: Client) -> None:
            greet(client)
            by_password(client, f",x=unknown,h={b64(digest)},t=0304")
            go_on(client)
        world.foul = [script]
        assert '"profile":"sasl2"' in world.status().stdout


def test_a_version_of_the_configuration_is_said_and_learnt(certs: Certs, tmp_path: Path) -> None:
    """XEP-0509: what the server tells is sent along, until it has changed."""
    said: list[str] = []

    def version(number: int) -> Callable[[Client], None]:
        def script(client: Client) -> None:
            client.expect(rb"<stream:stream[^>]*>")
            client.send(HEADER.format(id=client.number) + f"<stream:features>{OFFER}{VERSION.format(number)}</stream:features>")
            found = client.expect(AUTHENTICATE)
            sent = re.search(rb"<config-version[^>]*value='([^']*)'", found[3])
            said.append(sent[1].decode() if sent else "")
            if sent and sent[1] != f"v{number}".encode():
                client.send(failure("aborted", f"<config-version-mismatch xmlns='{IAP}'/>"))
            elif found[1].startswith(b"HT-"):
                client.send(success(additional(b64(world.mac("Responder")))) + AFTER)
            else:
                client.read = found.start()
                by_password(client)
            go_on(client)
        return script
    world = World(certs, tmp_path)
    with world.server:
        world.mote.setup()
        world.foul = [version(n) for n in (1, 1, 2, 2, 2)]
        for _ in range(4):
            world.status()
    assert said == ["", "v1", "v1", "", "v2"]
