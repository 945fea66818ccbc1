"""TLS sessions that go on in the next connection: tickets of TLS 1.2 and PSKs of TLS 1.3, and where they must not (row T12)."""
import base64
import ctypes
import hashlib
import json
import os
import secrets
import shutil
import socket
import ssl
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from certs import Certs
from command import TLS, Mote
from prosody import Prosody
from prosody13 import Prosody13
from scripted import Client, ScriptedServer
from test_clock import Clock
from visitor import PASSWORD, visitor

VERSIONS = {"TLSv1.2": "tlsv1_2", "TLSv1.3": "tlsv1_3"}
both = pytest.mark.parametrize("version", VERSIONS)


def status(mote: Mote, *more: str) -> dict:
    return json.loads(mote.run("status", "--json", *mote.where, *more).stdout)


def resumed(mote: Mote, *more: str) -> bool:
    return status(mote, *more)["tls"]["resumed"]


def kept(mote: Mote) -> Path:
    return mote.home / "mote.tls"


# --- Prosody --------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module", params=VERSIONS)
def prosody(request: pytest.FixtureRequest, certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    server = Prosody13(tmp_path_factory.mktemp("prosody"), certs, protocol=VERSIONS[request.param], tickets=True)
    server.version = request.param
    if server.version == "TLSv1.2":
        server.modules = []  # of the bindings of TLS 1.2 that are used here, its SASL2 knows none
        der = ssl.PEM_cert_to_DER_cert(certs.server()[0].read_text())
        server.extra += f'tls_server_end_point_hash = "{hashlib.sha256(der).hexdigest()}"\n'
    with server:
        yield server


@pytest.fixture(params=["direct", "starttls"])
def mote(prosody: Prosody, request: pytest.FixtureRequest, tmp_path: Path) -> Mote:
    account = prosody.account("u" + secrets.token_hex(4))
    return Mote(tmp_path / "mote", account, "127.0.0.1", prosody.port(request.param), prosody.ca, request.param).setup()


def test_the_next_process_goes_on_with_the_session(prosody: Prosody, mote: Mote) -> None:
    """And the login is bound to the channel as before: by a token, too."""
    seen = [status(mote) for _ in range(4)]
    assert [s["tls"]["resumed"] for s in seen] == [False, True, True, True]
    assert {s["tls"]["version"] for s in seen} == {prosody.version}
    binding = {"TLSv1.2": "tls-server-end-point", "TLSv1.3": "tls-exporter"}[prosody.version]
    assert {s["sasl"]["channel_binding"] for s in seen} == {binding}
    assert [s["fast"] for s in seen[1:]] == 3 * [prosody.version == "TLSv1.3"]
    assert kept(mote).stat().st_mode & 0o777 == 0o600
    assert "a session of before" in mote.run("status", *mote.where).stdout


def test_T12_a_server_that_has_forgotten_its_tickets(prosody: Prosody, mote: Mote) -> None:
    """A restart makes new keys for them: a whole handshake follows, in the same connection."""
    status(mote)
    assert resumed(mote)
    prosody.stop()
    prosody.start()
    assert not resumed(mote) and resumed(mote)


# --- scripted servers -----------------------------------------------------------------------------------------------

def honest(client: Client) -> None:
    client.login(PASSWORD)
    client.answer_iqs()


class Server(ScriptedServer):
    """`reused` has for each connection whether it went on with a session."""

    def __init__(self, pair: tuple[Path, Path], version: str, script: Callable[[Client], None] = honest,
                 domain: str = "localhost"):
        super().__init__(pair, script, domain=domain)
        self.only(version)

    def only(self, version: str) -> None:
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.maximum_version = self.context.minimum_version = {
            "TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}[version]

    def resumptions(self) -> int:
        return self.context.session_stats()["hits"]


@pytest.fixture
def pair(certs: Certs) -> tuple[Path, Path]:
    return certs.server()


@both
def test_T12_a_ticket_of_another_server(certs: Certs, pair: tuple[Path, Path], tmp_path: Path, version: str) -> None:
    with Server(pair, version) as one, Server(pair, version) as other:
        mote = visitor(tmp_path / "a", one.port, certs.ca)
        assert not resumed(mote) and resumed(mote)
        there = ("--port", str(other.port))
        assert not resumed(mote, *there) and resumed(mote, *there)


@both
def test_T12_a_ticket_of_another_host(certs: Certs, pair: tuple[Path, Path], tmp_path: Path, version: str) -> None:
    """The same server, which would take it."""
    with Server(pair, version) as server:
        mote, other = visitor(tmp_path / "a", server.port, certs.ca), visitor(tmp_path / "b", server.port, certs.ca)
        assert not resumed(mote) and resumed(mote)
        before = server.resumptions()
        server.domain = "wide.test"
        other.config.write_text(other.config.read_text().replace("localhost", "wide.test", 1))
        shutil.copy(kept(mote), kept(other))
        assert not resumed(other) and server.resumptions() == before
        assert resumed(other)


@both
def test_T12_a_ticket_after_the_authorities_have_changed(certs: Certs, pair: tuple[Path, Path], tmp_path: Path,
                                                         version: str) -> None:
    """To some that vouch for the server as well, it is checked anew; to others, it is refused as ever."""
    strange = Certs(tmp_path / "strange")
    more = tmp_path / "more.crt"
    more.write_text(certs.ca.read_text() + strange.ca.read_text())
    with Server(pair, version) as server:
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        assert not resumed(mote) and resumed(mote)
        assert not resumed(mote, "--ca", str(more)) and resumed(mote, "--ca", str(more))
        mote.run("status", *mote.where, "--ca", str(strange.ca), code=TLS)
        assert not kept(mote).exists()
        assert not resumed(mote)


def pin_of(mote: Mote, port: int) -> str:
    said = ssl.get_server_certificate(("127.0.0.1", port))
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    key = x509.load_pem_x509_certificate(said.encode()).public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key)
    return "sha256:" + digest.finalize().hex()


@both
def test_T12_a_ticket_after_the_pin_has_changed(certs: Certs, pair: tuple[Path, Path], tmp_path: Path, version: str) -> None:
    with Server(pair, version) as server:
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        assert not resumed(mote) and resumed(mote)
        pin = ("--pin", pin_of(mote, server.port))
        assert not resumed(mote, *pin) and resumed(mote, *pin)
        mote.run("status", *mote.where, "--pin", "sha256:" + 64 * "0", code=TLS)
        assert not resumed(mote, *pin)


@both
def test_T12_a_ticket_and_a_certificate_that_has_expired(
        certs: Certs, tmp_path: Path, version: str, library: Path) -> None:
    """The session ends with the certificate, though server and ticket would go on."""
    end = time.time() + 1800
    name = f"brief{secrets.token_hex(4)}"
    brief = certs.make(name, "DNS:localhost", dates=("20200101000000Z", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(end))))
    with Server(brief, version) as server:
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        clock = Clock(tmp_path / "clock", library, mote.env)
        mote.env |= clock.env
        assert not resumed(mote) and resumed(mote)
        clock.shift(1700)
        assert resumed(mote)
        clock.shift(1900)
        assert "expired" in mote.run("status", *mote.where, code=TLS).stderr
        clock.shift()
        assert not resumed(mote)


@both
def test_T12_a_ticket_is_no_older_than_a_week(certs: Certs, pair: tuple[Path, Path], tmp_path: Path, version: str,
                                              library: Path) -> None:
    """However often the server gives a new one in between: the certificate is looked at again."""
    with Server(pair, version) as server:
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        clock = Clock(tmp_path / "clock", library, mote.env)
        mote.env |= clock.env
        assert not resumed(mote) and resumed(mote)
        clock.shift(8 * 86400)
        assert not resumed(mote) and resumed(mote)
        clock.shift()  # and not from the future, either
        assert not resumed(mote)


@both
def test_T12_a_kept_session_that_is_damaged(certs: Certs, pair: tuple[Path, Path], tmp_path: Path, version: str) -> None:
    with Server(pair, version) as server:
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        status(mote)
        good = kept(mote).read_bytes()
        flips = [good[:i] + bytes([good[i] ^ 1]) + good[i + 1:] for i in range(0, len(good), len(good) // 12)]
        for damaged in (b"", good[:1], good[:140], good[:-1], good + b"x", bytes(5000), *flips):
            kept(mote).write_bytes(damaged)
            assert not resumed(mote), damaged
        assert resumed(mote)


@both
def test_T12_a_ticket_that_is_too_large_is_not_kept(certs: Certs, pair: tuple[Path, Path], tmp_path: Path,
                                                    version: str) -> None:
    with Server(pair, version) as server:
        enlarge_tickets(server.context, 3000)
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        assert not resumed(mote) and not resumed(mote)
        assert not kept(mote).exists()


def enlarge_tickets(context: ssl.SSLContext, size: int) -> None:
    """`size` bytes of the server's own in each: OpenSSL has a call for that, and Python none."""
    lib = ctypes.CDLL("libssl.so.3")
    lib.SSL_get_session.restype = ctypes.c_void_p
    filler = ctypes.create_string_buffer(size)

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    def fill(connection: int, _: int) -> int:
        session = lib.SSL_get_session(ctypes.c_void_p(connection))
        return lib.SSL_SESSION_set1_ticket_appdata(ctypes.c_void_p(session), filler, ctypes.c_size_t(size))

    raw = ctypes.c_void_p.from_address(id(context) + object.__basicsize__)  # SSL_CTX *ctx, first in the object
    assert lib.SSL_CTX_set_session_ticket_cb(raw, fill, None, None) == 1
    context_callbacks.append((fill, filler))


context_callbacks: list[object] = []  # which OpenSSL calls, so they have to stay


@pytest.mark.parametrize("before,after", [("TLSv1.2", "TLSv1.3"), ("TLSv1.3", "TLSv1.2")])
def test_T12_a_server_that_has_another_version_now(certs: Certs, pair: tuple[Path, Path], tmp_path: Path, before: str,
                                                   after: str) -> None:
    """A resumption offers the version of its session alone, so this costs a second connection, also in a verb."""
    with Server(pair, before) as server:
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        assert not resumed(mote) and resumed(mote)
        server.only(after)
        now = status(mote)["tls"]
        assert (now["resumed"], now["version"]) == (False, after)
        assert resumed(mote)


@both
def test_T12_a_server_that_breaks_off_where_a_session_goes_on(certs: Certs, pair: tuple[Path, Path], tmp_path: Path,
                                                              version: str) -> None:
    """It never says why: the session is forgotten, and the next connection is whole."""
    def third_is_cut(client: Client) -> None:
        client.cut() if client.number == 2 else honest(client)

    with Server(pair, version, third_is_cut) as server:
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        assert not resumed(mote) and resumed(mote)
        assert not resumed(mote)
        assert resumed(mote)


@both
def test_a_daemon_goes_on_with_the_session_after_a_lost_link(certs: Certs, pair: tuple[Path, Path], tmp_path: Path,
                                                             version: str) -> None:
    with Server(pair, version) as server:
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        with mote.start("run", "-v", *mote.where) as daemon:
            daemon.wait_online()
            server.clients[0].socket.shutdown(socket.SHUT_RDWR)
            daemon.wait_for(lambda: any("on line again" in line for line in daemon.err))
            assert server.resumptions() == 1
            daemon.stop()


class Renamed:
    """How often a file of the folder was put in its place."""

    def __init__(self, folder: Path):
        self.libc = ctypes.CDLL("libc.so.6")
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK)
        assert self.libc.inotify_add_watch(self.fd, str(folder).encode(), 0x80) > 0  # IN_MOVED_TO

    def count(self, name: str) -> int:
        try:
            return os.read(self.fd, 65536).count(name.encode() + b"\0")
        except BlockingIOError:
            return 0


def test_T12_tickets_without_end_are_written_once(certs: Certs, pair: tuple[Path, Path], tmp_path: Path) -> None:
    with Server(pair, "TLSv1.3") as server:
        server.context.num_tickets = 100
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        renamed = Renamed(mote.home)
        for _ in range(2):
            status(mote)
            assert renamed.count("mote.tls") == 1


def test_what_goes_on_is_secret(certs: Certs, pair: tuple[Path, Path], tmp_path: Path) -> None:
    with Server(pair, "TLSv1.3") as server:
        mote = visitor(tmp_path / "a", server.port, certs.ca)
        said = mote.run("status", "-vvv", *mote.where)
        psk = kept(mote).read_bytes()[145:145 + 32]  # behind what Mote keeps of the server, and mbedTLS's own head
        text = (said.stdout + said.stderr).lower()
        assert psk.hex()[:16] not in text and base64.b64encode(psk).decode()[:16].lower() not in text
