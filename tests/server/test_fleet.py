"""examples/fleet: many devices in one process, against a real server."""
import json
import resource
import subprocess
from pathlib import Path
from typing import Any

import pytest

from certs import Certs
from command import BINARY
from prosody import Account, Prosody
from prosody13 import Prosody13

FLEET = BINARY.parent / "fleet"
DEVICES, ACCOUNTS, PASSWORD = 200, 20, "the same for all"

pytestmark = pytest.mark.skipif(not FLEET.exists(), reason="fleet is not built")


@pytest.fixture(scope="module")
def accounts(server: Prosody) -> list[Account]:
    return [server.account(f"dev{number}", PASSWORD) for number in range(1, ACCOUNTS + 1)]


def fleet(server: Prosody, *more: str, tls: str = "direct", password: str = PASSWORD, files: int = 0,
          code: int = 0) -> subprocess.CompletedProcess:
    limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
    done = subprocess.run([FLEET, "--jid", "dev%d@localhost", "--host", "127.0.0.1", "--port", str(server.port(tls)),
                           "--tls", tls, "--ca", server.ca, *more],
                          env={"FLEET_PASSWORD": password}, capture_output=True, text=True, timeout=120,
                          preexec_fn=limit)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_posts_of_200_devices(server: Prosody, accounts: list[Account]) -> None:
    done = fleet(server, "--count", str(DEVICES), "--users", str(ACCOUNTS), "--login-rate", "200", "--post", "50",
                 "--for", "2", "--json")
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.stderr == "", "a progress line is for terminals"
    assert report["online"] == DEVICES and report["lost"] == 0 and report["reasons"] == {}
    assert 50 <= report["sent"] == report["answered"] == report["answer_ms"]["count"]
    assert 0 < report["answer_ms"]["p50"] <= report["answer_ms"]["p99"] <= report["answer_ms"]["max"]
    assert report["pool_bytes"] <= 6 * 1024
    assert 16 < report["session_kib"] < 48, "TLS takes a record of 16 KiB; a session with its share of all that is shared"


def test_messages_over_starttls(server: Prosody, accounts: list[Account]) -> None:
    report = json.loads(fleet(server, "--count", "10", "--chat", "50", "--for", "2", "--json", tls="starttls").stdout)
    assert 50 <= report["sent"] == report["answered"] and report["online"] == 10


def test_more_devices_than_readers(server: Prosody, accounts: list[Account]) -> None:
    report = json.loads(fleet(server, "--count", "8", "--readers", "1", "--chat", "100", "--for", "1", "--json").stdout)
    assert report["online"] == 8 and report["answered"] == report["sent"] > 0


def test_a_fleet_comes_back_by_token(certs: Certs, tmp_path: Path) -> None:
    """Each device, each time, by its own token and with its own TLS session."""
    with Prosody13(tmp_path / "prosody13", certs, tickets=True) as modern:
        for number in range(1, 11):
            modern.account(f"dev{number}", PASSWORD)
        many = ("--count", "50", "--users", "10", "--login-rate", "500", "--post", "100", "--for", "1", "--json", "--tokens",
                "--tls-sessions", "--again", "2")
        report = json.loads(fleet(modern, *many).stdout)
        few = json.loads(fleet(modern, "--count", "5", "--tokens", "--again", "1", "--for", "0", "--json", tls="starttls").stdout)
    assert [(each["by_token"], each["resumed_tls"]) for each in few["again"]] == [(5, 0)]
    assert report["online"] == 50 and report["pool_bytes"] <= 7 * 1024, "a KiB for what is kept"
    assert [(each["by_token"], each["resumed_tls"], each["login_ms"]["count"]) for each in report["again"]] == [(50, 50, 50)] * 2
    assert report["lost"] == 0 and report["reasons"] == {} and report["answered"] == report["sent"] > 0


def test_a_server_without_tokens_is_logged_in_to_by_password(server: Prosody, accounts: list[Account]) -> None:
    report = json.loads(fleet(server, "--count", "5", "--tokens", "--tls-sessions", "--again", "1", "--for", "0", "--json").stdout)
    assert report["online"] == 5 and [each["by_token"] for each in report["again"]] == [0] and report["reasons"] == {}


def test_wrong_password(server: Prosody, accounts: list[Account]) -> None:
    done = fleet(server, "--count", "3", password="another", code=1)
    assert "0 of 3 devices on line" in done.stdout
    assert "3 times: the server refused the login: not-authorized" in done.stdout


def test_accounts_from_a_file(server: Prosody, accounts: list[Account], tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    file.write_text("# who\n" + "".join(f"{account.jid} {account.password}\n" for account in accounts[:3]))
    done = subprocess.run([FLEET, "--accounts", file, "--host", "127.0.0.1", "--port", str(server.direct), "--ca",
                           server.ca, "--for", "0"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "3 of 3 devices on line" in done.stdout, done.stdout + done.stderr


def test_too_few_files(server: Prosody) -> None:
    done = fleet(server, "--count", "500", files=100, code=2)
    assert "500 devices need 532 open files, and this machine allows at most 100: take --count 68" in done.stderr


@pytest.mark.parametrize(("arguments", "complaint"), (
    ((), "which accounts?"),
    (("--jid", "a@localhost"), "which password?"),
    (("--accounts", "/nonexistent"), "cannot read /nonexistent"),
    (("--jid", "a@localhost", "--post", "x"), "--post is a number a second above 0"),
    (("--jid", "a@localhost", "--post", "1", "--chat", "1"), "exclude each other"),
    (("--count", "0"), "--count is a number from 1"),
    (("--again", "8"), "--again is a number from 0 to 7"),
    (("--jid", "a@localhost", "--tls", "clear", "--tokens"), "--tokens and --tls-sessions need TLS"),
    (("--frobnicate", "1"), "--frobnicate is no option"),
    (("--jid",), "--jid needs a value"),
))
def test_usage(arguments: tuple[str, ...], complaint: str) -> None:
    done = subprocess.run([FLEET, *arguments], env={}, capture_output=True, text=True, timeout=10)
    assert done.returncode == 2 and done.stderr.startswith("fleet: ") and complaint in done.stderr
