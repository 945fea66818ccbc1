"""What goes wrong in everyday use: one clear sentence, the right exit code, nothing half-written."""
import os
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path
from typing import Iterator

import pytest

from certs import Certs
from command import CONNECTION, DONE, LOCAL, LOGIN, REFUSED, TLS, USAGE, Mote, Running
from marks import both, root_only
from patience import busy
from peer import Peer
from prosody import Account, Prosody


def changed(mote: Mote, key: str, value: str) -> None:
    """Replace a line of the configuration."""
    lines = [line for line in mote.config.read_text().splitlines() if not line.startswith(f"{key} =")]
    mote.config.write_text("\n".join([*lines, f"{key} = {value}"]) + "\n")


# --- getting in -----------------------------------------------------------------------------------------------------

@both
def test_wrong_password(server: Prosody, alice: Account, tls: str, tmp_path: Path) -> None:
    mote = Mote(tmp_path, alice, "127.0.0.1", server.port(tls), server.ca, tls)
    mote.setup(password="not it", code=LOGIN)
    assert not mote.config.exists()


@both
def test_the_password_was_changed_since_setup(server: Prosody, mote: Mote) -> None:
    server.account(mote.account.user, "another password")
    result = mote.run("status", code=LOGIN)
    assert "setup" in result.stderr
    mote.setup(password="another password")
    mote.run("status")


def test_no_such_account(server: Prosody, tmp_path: Path) -> None:
    nobody = Account("nobody@localhost", "x")
    Mote(tmp_path, nobody, "127.0.0.1", server.direct, server.ca, "direct").setup(code=LOGIN)


@pytest.mark.parametrize("host", ("nowhere.invalid", "x" * 64 + ".invalid", "no spaces.invalid"))
def test_unknown_host(mote: Mote, host: str) -> None:
    began = time.monotonic()
    result = mote.run("status", "--host", host, code=None)
    assert result.code in (CONNECTION, USAGE if " " in host else CONNECTION), result
    assert host[:20] in result.complaint
    assert time.monotonic() - began < 35 * busy()


def test_unknown_domain(mote: Mote) -> None:
    text = [line for line in mote.config.read_text().splitlines() if line.split(" =")[0] not in ("host", "port", "jid")]
    secret = mote.home / "password"
    secret.write_text("x")
    secret.chmod(0o600)
    mote.config.write_text("\n".join([*text, "jid = somebody@nowhere.invalid"]) + "\n")
    assert "nowhere.invalid" in mote.run("status", "--password-file", str(secret), code=CONNECTION).complaint


@both
def test_refused_port(mote: Mote) -> None:
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    complaint = mote.run("status", "--port", str(port), code=CONNECTION).complaint
    assert "127.0.0.1" in complaint and str(port) in complaint and "refused" in complaint.lower()


def test_wrong_kind_of_port(server: Prosody, mote: Mote) -> None:
    """Direct TLS where STARTTLS is spoken, and the other way round."""
    mote.run("status", "--port", str(server.starttls), code=TLS)
    mote.run("status", "--port", str(server.direct), "--tls", "starttls", code=None, timeout=60)


@pytest.mark.parametrize("verb", (("status",), ("send", "bob@localhost", "x"), ("listen",), ("post", "x"), ("feed",),
                                  ("get",), ("put", "mote.conf", "bob@localhost/x")), ids=lambda verb: verb[0])
def test_every_verb_says_that_there_is_no_server(mote: Mote, verb: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    result = mote.run(*verb, "--port", str(port), "--json", code=CONNECTION)
    (error,) = result.json
    assert error["event"] == "error" and error["what"] and error["why"]
    assert result.complaint


# --- the server goes away -------------------------------------------------------------------------------------------

@pytest.fixture
def own_server(certs: Certs, tmp_path: Path) -> Iterator[Prosody]:
    """A Prosody that may be stopped."""
    with Prosody(tmp_path / "prosody", certs) as prosody:
        yield prosody


@both
def test_listen_comes_back_when_the_server_does(own_server: Prosody, tls: str, tmp_path: Path) -> None:
    """system-shutdown is no reason to give up (row D2)."""
    alice, bob = own_server.account("alice"), own_server.account("bob")
    own_server.befriend(alice, bob)
    mote = Mote(tmp_path / "alice", alice, "127.0.0.1", own_server.port(tls), own_server.ca, tls).setup()
    with mote.listen() as listener:
        own_server.stop()
        listener.wait_err("off line")
        own_server.start()
        listener.wait_err("on line again", timeout=30)
        with Peer(own_server, bob) as peer:
            peer.send(alice.jid, "welcome back")
            listener.wait_event(body="welcome back")
        assert listener.stop().code == DONE


@both
def test_the_server_is_killed(own_server: Prosody, tls: str, tmp_path: Path) -> None:
    alice = own_server.account("alice")
    mote = Mote(tmp_path / "alice", alice, "127.0.0.1", own_server.port(tls), own_server.ca, tls).setup()
    with mote.listen() as listener, mote.start("send", "--lines", "-v", alice.jid, stdin=subprocess.PIPE) as send:
        send.wait_online()
        assert own_server.process is not None
        own_server.process.send_signal(signal.SIGKILL)
        listener.wait_err("off line")
        own_server.stop()
        own_server.start()
        listener.wait_err("on line again", timeout=30)
        assert listener.stop().code == DONE


def test_put_when_the_server_stops(own_server: Prosody, tmp_path: Path) -> None:
    alice = own_server.account("alice")
    mote = Mote(tmp_path / "alice", alice, "127.0.0.1", own_server.direct, own_server.ca, "direct").setup()
    (mote.home / "in").mkdir()
    film = mote.home / "film"
    with open(film, "wb") as file:
        file.truncate(40 << 20)
    with mote.start("get", "-v", "--dir", "in") as get:
        full = get.wait_online().wait_err("on line as").split()[-1]
        with mote.start("put", "--window", "1", "--block-size", "1024", str(film), full) as put:
            put.wait_for(lambda: sum(p.stat().st_size for p in (mote.home / "in").iterdir()) > 20_000, name="a part")
            own_server.stop()
            result = put.wait(30)
            assert result.code in (CONNECTION, REFUSED) and result.stderr  # the receiver may be gone first
        get.wait_err("off line")
        assert get.stop().code == DONE
        assert list((mote.home / "in").iterdir()) == []


# --- how it is called -----------------------------------------------------------------------------------------------

USAGE_ERRORS = {
    "no verb": [], "unknown verb": ["dance"], "unknown option": ["status", "--frobnicate"],
    "option without value": ["feed", "--max"],
    "no receiver": ["send"], "too many arguments": ["send", "a@b.c", "x", "y"], "not an address": ["send", "@", "x"],
    "empty text": ["send", "a@b.c", ""], "bad number": ["feed", "--max", "many"],
    "bad port": ["status", "--port", "65536"],
    "bad tls": ["status", "--tls", "none"], "bad pin": ["status", "--pin", "sha256:00"], "no file": ["put"],
    "option of another verb": ["status", "--receipt"], "address too long": ["send", "x" * 300 + "@localhost", "x"],
    "resource too long": ["send", "a@localhost/" + "x" * 1100, "x"],
    "jid too long": ["status", "--jid", "x" * 300 + "@localhost"],
    "two verbs": ["status", "listen"], "bad utf-8": ["send", "a@localhost", os.fsdecode(b"\xff\xfe")],
    "control character": ["send", "a@localhost", "a\x01b"],
}


@pytest.mark.parametrize("arguments", USAGE_ERRORS.values(), ids=USAGE_ERRORS.keys())
def test_usage_errors(mote: Mote, arguments: list[str]) -> None:
    result = mote.run(*arguments, code=USAGE)
    assert result.stdout == "" and result.stderr.startswith(("mote: ", "usage: "))
    assert len(result.stderr) < 2500 and "\x01" not in result.stderr


def test_over_long_input_names_the_limit(mote: Mote) -> None:
    assert "255" in mote.run("send", "x" * 300 + "@localhost", "x", code=USAGE).stderr
    assert "63" in mote.run("post", "--id", "x" * 64, "x", code=USAGE).stderr
    too_long = mote.run("send", "bob@localhost", input="x" * 70_000, code=USAGE)
    assert any(character.isdigit() for character in too_long.complaint)
    too_long = mote.run("post", input="x" * 70_000, code=USAGE)
    assert any(character.isdigit() for character in too_long.complaint)
    assert "255" in mote.run("setup", mote.jid, "--password-stdin", input="x" * 256, code=None).complaint


BROKEN = {
    "no equals": ("nonsense\n", ":1"), "unknown key": ("\n# fine\njjid = a@b.c\n", ":3"),
    "bad port": ("port = x\n", ":1"),
    "empty value": ("\n\n\nhost =\n", ":4"), "bad jid": ("jid = @@\n", ":1"), "bad tls": ("\ntls = perhaps\n", ":2"),
    "too long": ("\njid = " + "x" * 300 + "@b.c\n", ":2"), "bad utf-8": ("\nhost = \udcff\n", ":2"),
}


@pytest.mark.parametrize("text, line", BROKEN.values(), ids=BROKEN.keys())
def test_broken_configuration_names_the_line(mote: Mote, text: str, line: str) -> None:
    mote.config.write_bytes(text.encode(errors="surrogateescape"))
    complaint = mote.run("status", code=LOCAL).complaint
    assert f"mote.conf{line}" in complaint and "\udcff" not in complaint


@pytest.mark.parametrize("content", (b"\0", b"jid = a@b.c\0\n", b"x" * 100_000, os.urandom(5000)),
                         ids=("NUL", "NUL2", "long", "noise"))
def test_a_configuration_that_is_none(mote: Mote, content: bytes) -> None:
    mote.config.write_bytes(content)
    mote.run("status", code=LOCAL)


@pytest.mark.parametrize("content", (b"", b"jid = x\n", b"\0" * 100, b"x" * 100_000),
                         ids=("empty", "short", "NUL", "long"))
def test_damaged_keys(mote: Mote, content: bytes) -> None:
    (mote.home / "mote.keys").write_bytes(content)
    assert "setup" in mote.run("status", code=LOCAL).stderr
    mote.setup()


def test_no_configuration(mote: Mote) -> None:
    mote.config.unlink()
    assert "setup" in mote.run("status", code=LOCAL).stderr


def test_no_keys(mote: Mote) -> None:
    (mote.home / "mote.keys").unlink()
    assert "setup" in mote.run("status", code=LOCAL).stderr


# --- files and disks ------------------------------------------------------------------------------------------------

def test_unreadable_files(mote: Mote) -> None:
    folder = mote.home / "folder"
    folder.mkdir()
    for arguments in (("put", "missing", "bob@localhost/x"), ("put", "folder", "bob@localhost/x"),
                      ("status", "--ca", "missing"), ("status", "--ca", "folder"), ("status", "-c", "missing"),
                      ("status", "-c", "folder"), ("status", "--password-file", "missing"),
                      ("get", "--dir", "missing"), ("get", "--dir", "mote.conf")):
        result = mote.run(*arguments, code=LOCAL)
        assert arguments[-1] in result.stderr or arguments[1] in result.stderr, result


def test_authorities_that_are_none(mote: Mote) -> None:
    for name, content in (("empty", b""), ("text", b"hello"), ("noise", os.urandom(3000)), ("large", b"x" * (2 << 20)),
                          ("half", b"-----BEGIN CERTIFICATE-----\nMIIB")):
        (mote.home / name).write_bytes(content)
        assert name in mote.run("status", "--ca", name, code=LOCAL).complaint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(mote: Mote) -> None:
    (mote.home / "secret").touch(mode=0)
    mote.run("put", "secret", "bob@localhost/x", code=LOCAL)


def fill(disk: Path, leave: int = 0) -> None:
    with open(disk / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, file.tell() - leave))


@root_only
def test_get_when_there_is_no_room(mote: Mote, other: Mote, small_disk: Path) -> None:
    """Refused before a byte came."""
    film, small = mote.home / "film", mote.home / "small"
    film.write_bytes(os.urandom(1 << 20))
    small.write_bytes(b"fits")
    with other.start("get", "--json", "-v", "--from", mote.jid, "--dir", str(small_disk)) as get:
        get.wait_online()
        mote.run("put", str(film), other.jid, code=REFUSED)
        assert list(small_disk.iterdir()) == []
        mote.run("put", str(small), other.jid)
        get.wait_event("file", name="small")
        assert get.stop().code == DONE


@root_only
def test_the_disk_becomes_full_on_the_way(mote: Mote, other: Mote, small_disk: Path) -> None:
    film = mote.home / "film"
    film.write_bytes(os.urandom(200_000))
    with other.start("get", "--json", "-v", "--from", mote.jid, "--dir", str(small_disk)) as get:
        get.wait_online()
        with mote.start("put", "-v", "--window", "1", "--block-size", "64", str(film), other.jid) as put:
            get.wait_for(lambda: any(path.stat().st_size > 4096 for path in small_disk.iterdir()), name="a part of it")
            fill(small_disk)
            result = get.wait(20)
            assert result.code == LOCAL and "No space left" in result.stderr
            assert put.wait(20).code == REFUSED
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


@root_only
def test_setup_on_a_full_disk(server: Prosody, alice: Account, small_disk: Path) -> None:
    home = small_disk / "home"
    home.mkdir()
    mote = Mote(home, alice, "127.0.0.1", server.direct, server.ca, "direct")
    fill(small_disk)
    mote.setup(code=LOCAL)
    assert list(home.iterdir()) == []
    (small_disk / "filler").unlink()
    mote.setup()
    before = {path: path.read_bytes() for path in home.iterdir()}
    fill(small_disk)
    mote.setup(code=LOCAL)
    assert {path: path.read_bytes() for path in home.iterdir()} == before  # the old ones, whole
    mote.run("status")


def test_standard_output_is_full(mote: Mote) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(mote.command("status"), stdout=full, stderr=subprocess.PIPE, env=mote.env, timeout=30)
    assert done.returncode == LOCAL and b"No space left" in done.stderr


def test_standard_streams_are_closed(mote: Mote) -> None:
    script = " ".join(mote.command("status"))
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["sh", "-c", f"{script} {closed}"], capture_output=True, env=mote.env, timeout=30)
        assert done.returncode in (DONE, LOCAL), (closed, done)


@pytest.mark.parametrize("verb", ("listen", "get"))
def test_files_are_private_even_with_a_loose_umask(mote: Mote, verb: str) -> None:
    with Running(["sh", "-c", f"umask 0; exec {' '.join(mote.command(verb, '-v'))}"], mote.env, mote.home) as running:
        running.wait_online()
        running.stop()
    for path in mote.home.rglob("*"):
        assert path.is_dir() or stat.S_IMODE(path.stat().st_mode) == 0o600, path
