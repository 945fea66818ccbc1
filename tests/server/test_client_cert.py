"""A login with a certificate instead of a password (SASL EXTERNAL, XEP-0178): port/tls/mbedtls.h shows it to who asks."""
import ssl
import subprocess
from pathlib import Path

import pytest

from certs import XMPP_ADDR, Certs
from command import ROOT
from scripted import SASL, Client, ScriptedServer

CLIENT = "basicConstraints=critical,CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("program") / "client_cert"
    script = 'eval "$(make -s vars)"; eval "$CC $PORT_CFLAGS -o $0 tests/server/client_cert.c $LINKFLAGS $LIBS"'
    done = subprocess.run(["bash", "-euc", script, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def alice_cert(certs: Certs) -> tuple[Path, Path]:
    return certs.make("alice", f"{XMPP_ADDR}alice@localhost", "alice", more=CLIENT)


def log_in(program: Path, certs: Certs, cert: Path, key: Path, mechanisms: str) -> tuple[subprocess.CompletedProcess, list]:
    """What the program did, and whose certificates the server saw."""
    seen = []

    def script(client: Client) -> None:
        client.secure()
        seen.append(client.socket.getpeercert()["subject"])
        client.open(f"<mechanisms xmlns='{SASL}'>{mechanisms}</mechanisms>")
        assert client.expect(rb"<auth[^>]*mechanism='([^']*)'[^>]*>([^<]*)</auth>").groups() == (b"EXTERNAL", b"=")
        client.send(f"<success xmlns='{SASL}'/>")
        client.bind()
        client.answer_iqs()
    with ScriptedServer(certs.server(), script) as server:
        server.context.verify_mode = ssl.CERT_REQUIRED
        server.context.load_verify_locations(certs.ca)
        done = subprocess.run([program, str(server.port), certs.ca, cert, key], capture_output=True, text=True, timeout=60)
    return done, seen


def test_login_with_a_certificate(program: Path, certs: Certs, alice_cert: tuple[Path, Path]) -> None:
    done, seen = log_in(program, certs, *alice_cert, "<mechanism>SCRAM-SHA-256</mechanism><mechanism>EXTERNAL</mechanism>")
    assert (done.returncode, done.stdout) == (0, "EXTERNAL\n"), done
    assert seen == [((("commonName", "alice"),),)]


def test_a_server_that_does_not_take_it(program: Path, certs: Certs, alice_cert: tuple[Path, Path]) -> None:
    """It has seen it, and offers passwords all the same."""
    done, seen = log_in(program, certs, *alice_cert, "<mechanism>SCRAM-SHA-256</mechanism>")
    assert done.returncode == 1 and done.stdout == "" and "mechanism" in done.stderr, done
    assert len(seen) == 1


def test_a_key_of_somebody_else(program: Path, certs: Certs, alice_cert: tuple[Path, Path]) -> None:
    done, seen = log_in(program, certs, alice_cert[0], certs.server()[1], "<mechanism>EXTERNAL</mechanism>")
    assert done.returncode == 2 and "cannot show" in done.stderr, done
    assert seen == []
