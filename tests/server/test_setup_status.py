"""mote setup and mote status."""
import fcntl
import os
import pty
import re
import select
import stat
import subprocess
import termios
import time
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs

from command import DONE, LOGIN, USAGE, Mote
from marks import both
from prosody import Account, Prosody, die_with_parent


def mode(path: os.PathLike) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def own_terminal() -> None:
    """In the child: standard input becomes the terminal that /dev/tty means."""
    die_with_parent()
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(terminal: int, enough: Callable[[bytes], bool], timeout: float = 30) -> bytes:
    seen, end = b"", time.monotonic() + timeout
    while not enough(seen):
        assert time.monotonic() < end, seen
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                seen += os.read(terminal, 1024)
            except OSError:  # nobody is on the other end any more
                break
    return seen


@pytest.fixture
def fresh(server: Prosody, alice: Account, tls: str, tmp_path: Path) -> Mote:
    """An account that is not set up yet."""
    return Mote(tmp_path / "alice", alice, "127.0.0.1", server.port(tls), server.ca, tls)


@both
def test_setup_keeps_keys_and_not_the_password(fresh: Mote) -> None:
    os.umask(0)
    try:
        fresh.setup()
    finally:
        os.umask(0o022)
    written = [path for path in fresh.home.rglob("*") if path.is_file()]
    assert len(written) == 2, written
    for path in written:
        assert mode(path) == 0o600, path
        assert fresh.account.password not in path.read_text()
    assert fresh.run("status", "--json").json[0]["jid"].startswith(fresh.jid + "/")


def test_setup_makes_the_folder_for_its_files(fresh: Mote) -> None:
    fresh.env["XDG_CONFIG_HOME"] = str(fresh.home / "settings")
    command = [fresh.command()[0], "setup", fresh.jid, "--password-stdin", *fresh.where]
    subprocess.run(command, input=fresh.account.password, text=True, env=fresh.env, check=True, timeout=30)
    assert mode(fresh.home / "settings/mote") == 0o700
    assert mode(fresh.home / "settings/mote/mote.conf") == 0o600
    status = subprocess.run([command[0], "status"], capture_output=True, text=True, env=fresh.env, timeout=30)
    assert status.returncode == DONE and fresh.jid in status.stdout


@both
def test_setup_asks_on_the_terminal_and_shows_no_password(fresh: Mote) -> None:
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(fresh.command("setup", fresh.jid, *fresh.where), stdin=theirs, stdout=theirs,
                               stderr=theirs, env=fresh.env, preexec_fn=own_terminal)
    os.close(theirs)
    seen = read_until(terminal, lambda seen: b"assword" in seen and not termios.tcgetattr(terminal)[3] & termios.ECHO)
    os.write(terminal, fresh.account.password.encode() + b"\n")
    seen += read_until(terminal, lambda _: process.poll() is not None)
    os.close(terminal)
    assert process.wait(1) == DONE, seen
    assert fresh.jid.encode() in seen and fresh.account.password.encode() not in seen
    fresh.run("status")


@both
def test_setup_with_a_wrong_password_writes_nothing(fresh: Mote) -> None:
    result = fresh.run("setup", fresh.jid, "--password-stdin", *fresh.where, input="wrong", code=LOGIN)
    assert re.search("password|login|credentials|refused", result.complaint)
    assert list(fresh.home.iterdir()) == []


def test_setup_again_keeps_the_other_lines_of_the_file(mote: Mote) -> None:
    mote.config.write_text("# mine\nallow = friend@example.org\n" + mote.config.read_text())
    mote.setup()
    assert mote.config.read_text().startswith("# mine\nallow = friend@example.org\n")
    assert mote.config.read_text().count("jid = ") == 1


def test_a_password_on_the_command_line_is_refused(fresh: Mote) -> None:
    result = fresh.run("setup", fresh.jid, "--password", "secret", *fresh.where, code=USAGE)
    assert "secret" not in result.stderr
    fresh.run("setup", fresh.jid, fresh.account.password, *fresh.where, code=USAGE)
    assert list(fresh.home.iterdir()) == []


@both
def test_status_as_json(mote: Mote, tls: str) -> None:
    (status,) = mote.run("status", "--json").json
    assert set(status) >= {"jid", "address", "tls", "sasl", "round_trips", "stream_management", "features"}
    assert status["jid"].startswith(mote.jid + "/")
    assert "127.0.0.1" in status["address"]
    assert set(status["tls"]) == {"version", "cipher", "resumed"}
    assert status["tls"]["version"] in ("TLSv1.2", "TLSv1.3") and status["tls"]["cipher"]
    assert set(status["sasl"]) == {"mechanism", "channel_binding"}
    assert status["sasl"]["mechanism"].startswith("SCRAM-SHA-256")
    assert status["round_trips"] == {"tcp": 1, "tls": 1, "stream": 7 if tls == "starttls" else 5}  # header, SCRAM twice, header, bind
    assert status["stream_management"] is True  # the server offers it
    assert "urn:xmpp:ping" in status["features"]


@both
def test_status_for_people(mote: Mote) -> None:
    out = mote.run("status").stdout
    for part in (mote.jid, "127.0.0.1", "TLSv1.", "SCRAM-SHA-256"):
        assert part in out


@both
def test_a_server_that_knows_tls_1_2_only(certs: Certs, tls: str, tmp_path: Path) -> None:
    """Prosody 0.12 offers channel binding there, and refuses who claims that it does not."""
    with Prosody(tmp_path / "prosody", certs, protocol="tlsv1_2") as server:
        mote = Mote(tmp_path / "alice", server.account("alice"), "127.0.0.1", server.port(tls), server.ca, tls).setup()
        (status,) = mote.run("status", "--json").json
    assert status["tls"]["version"] == "TLSv1.2"
    assert status["sasl"]["mechanism"].endswith("-PLUS") == (status["sasl"]["channel_binding"] is not None)


def test_options_stand_before_or_behind_the_verb(mote: Mote) -> None:
    binary = mote.command()[0]
    options = ["--json", "-c", str(mote.config)]
    for words in ([*options, "status"], ["status", *options]):
        done = subprocess.run([binary, *words], capture_output=True, text=True, env=mote.env, timeout=30)
        assert done.returncode == DONE and done.stdout.startswith("{")


def test_the_environment_names_the_configuration(mote: Mote) -> None:
    done = subprocess.run([mote.command()[0], "status"], capture_output=True, text=True, timeout=30,
                          env=mote.env | {"MOTE_CONFIG": str(mote.config)})
    assert done.returncode == DONE and mote.jid in done.stdout


@pytest.mark.parametrize("verb", ("", "setup", "status", "send", "listen", "post", "feed", "put", "get", "run"))
def test_help_of_every_verb(mote: Mote, verb: str) -> None:
    out = mote.run(*([verb] if verb else []), "-h").stdout
    assert out.startswith("usage: mote") and verb in out
    assert all(len(line) <= 100 for line in out.splitlines())
