"""Rows T4 to T6: certificates that must be refused. A scripted server shows each; the client may not say a word to it.
"""
import hashlib
import socket
import subprocess
from pathlib import Path

import pytest

from certs import AUTHORITY, SRV_NAME, XMPP_ADDR, Certs
from command import CONNECTION, TLS, Mote
from marks import both
from scripted import Client, ScriptedServer
from visitor import PASSWORD, visitor


def listen_only(client: Client) -> None:
    """Hear what a client says that trusts us, and end it."""
    client.secure()
    client.expect(rb"<stream:stream[^>]*>")


def see(certs: Certs, home: Path, cert: tuple[Path, Path], tls: str, *more: str,
        host: str = "127.0.0.1") -> tuple[int, str]:
    """Exit code and complaint when the server has this certificate, after checking that nothing was said to it."""
    with ScriptedServer(cert, listen_only, tls) as server:
        mote = visitor(home, server.port, certs.ca, tls, host)
        result = mote.run("status", *more, code=None)
        assert server.clients
        for client in server.clients:
            assert b"<auth" not in client.heard and PASSWORD.encode() not in client.heard
            if result.code == TLS and tls == "direct":
                assert client.heard == b""
    return result.code, result.complaint if result.code else ""


def refused(certs: Certs, home: Path, cert: tuple[Path, Path], tls: str, word: str = "",
            host: str = "127.0.0.1") -> None:
    code, complaint = see(certs, home, cert, tls, host=host)
    assert code == TLS, complaint
    assert word in complaint


def nul_name(first: str, rest: str) -> str:
    """A DNS name with a NUL in it, as subjectAltName."""
    name = first.encode() + b"\0" + rest.encode()
    return "DER:" + (bytes([0x30, len(name) + 2, 0x82, len(name)]) + name).hex(":")


@both
def test_the_good_one_is_not_what_fails(certs: Certs, tls: str, tmp_path: Path) -> None:
    def serve(client: Client) -> None:
        client.login(PASSWORD)
        client.answer_iqs()
    with ScriptedServer(certs.server(), serve, tls) as server:
        assert "alice@localhost/scripted" in visitor(tmp_path, server.port, certs.ca, tls).run("status").stdout


@both
def test_T4_valid_chain_for_another_name(certs: Certs, tls: str, tmp_path: Path) -> None:
    refused(certs, tmp_path, certs.make("wrong-name", "DNS:evil.test"), tls, "evil.test")


@both
def test_T4_name_in_the_subject_only(certs: Certs, tls: str, tmp_path: Path) -> None:
    refused(certs, tmp_path, certs.make("cn-only"), tls)


def test_T4_name_in_the_subject_and_another_in_the_san(certs: Certs, tmp_path: Path) -> None:
    refused(certs, tmp_path, certs.make("cn-and-san", "DNS:evil.test", subject="localhost"), "direct")


@both
def test_T5_expired(certs: Certs, tls: str, tmp_path: Path) -> None:
    cert = certs.make("expired", "DNS:localhost", dates=("20200101000000Z", "20200201000000Z"))
    refused(certs, tmp_path, cert, tls, "expired")


def test_T5_not_yet_valid(certs: Certs, tmp_path: Path) -> None:
    cert = certs.make("future", "DNS:localhost", dates=("20450101000000Z", "20490101000000Z"))
    refused(certs, tmp_path, cert, "direct", "2045")


@both
def test_T5_self_signed(certs: Certs, tls: str, tmp_path: Path) -> None:
    refused(certs, tmp_path, certs.self_signed("self-signed", "DNS:localhost"), tls)


@pytest.mark.parametrize("san", ("DNS:*.test", "DNS:*", "DNS:*.localhost", "DNS:l*", "DNS:*ocalhost", "DNS:*.*"),
                         ids=("other-domain", "star", "below", "begin", "end", "stars"))
def test_T5_wildcards(certs: Certs, san: str, tmp_path: Path) -> None:
    refused(certs, tmp_path, certs.make("wild-" + hashlib.sha1(san.encode()).hexdigest()[:8], san), "direct")


@both
def test_T5_nul_in_the_name(certs: Certs, tls: str, tmp_path: Path) -> None:
    refused(certs, tmp_path, certs.make("nul", nul_name("localhost", ".evil.test")), tls)
    refused(certs, tmp_path, certs.make("nul-only", nul_name("localhost", "")), tls)


def test_T5_address_of_the_machine(certs: Certs, tmp_path: Path) -> None:
    """--host says where to connect, never whom to trust."""
    refused(certs, tmp_path, certs.make("ip", "IP:127.0.0.1"), "direct")


@both
def test_T5_name_of_the_srv_target(certs: Certs, tls: str, tmp_path: Path) -> None:
    target = "xmpp1.localhost"
    refused(certs, tmp_path, certs.make("target", f"DNS:{target}"), tls, target, host=target)


@pytest.mark.parametrize("san, good", (
    (XMPP_ADDR + "localhost", True), (SRV_NAME + "_xmpp-client.localhost", True),
    (XMPP_ADDR + "evil.test", False), (SRV_NAME + "_xmpp-client.evil.test", False),
    (SRV_NAME + "_imap.localhost", False), (SRV_NAME + "localhost", False), (XMPP_ADDR + "alice@localhost", False),
    ("email:localhost", False), ("URI:https://localhost/", False)),
    ids=("xmppAddr", "SRVName", "xmppAddr-other", "SRVName-other", "SRVName-imap", "SRVName-bare", "xmppAddr-user",
         "email", "URI"))
def test_T5_other_kinds_of_names(certs: Certs, san: str, good: bool, tmp_path: Path) -> None:
    """RFC 6125: SRV-ID and xmppAddr of the domain count (RFC 6120 section 13.7.1.2); everything else does not."""
    cert = certs.make("kind-" + hashlib.sha1(san.encode()).hexdigest()[:8], san)
    code, complaint = see(certs, tmp_path, cert, "direct")
    assert (code != TLS) == good, complaint


@both
def test_T6_leaf_used_as_authority(certs: Certs, tls: str, tmp_path: Path) -> None:
    certs.make("leaf", "DNS:leaf.test")
    refused(certs, tmp_path, certs.make("child-of-leaf", "DNS:localhost", signer="leaf"), tls)


def test_T6_authority_that_may_not_sign(certs: Certs, tmp_path: Path) -> None:
    more = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature\n"
    certs.make("no-sign", "DNS:leaf.test", more=more)
    refused(certs, tmp_path, certs.make("child-of-no-sign", "DNS:localhost", signer="no-sign"), "direct")


BAD_MIDDLES = {
    "for-other-names": (AUTHORITY + "nameConstraints=critical,permitted;DNS:evil.test\n", {}),
    "not-for-this-name": (AUTHORITY + "nameConstraints=critical,excluded;DNS:localhost\n", {}),
    "expired": (AUTHORITY, {"dates": ("20200101000000Z", "20200201000000Z")}),
    "not-yet": (AUTHORITY, {"dates": ("20450101000000Z", "20490101000000Z")}),
    "no-authority-by-omission": ("keyUsage=keyCertSign,cRLSign\n", {}),
}


@pytest.mark.parametrize("name", BAD_MIDDLES)
def test_T6_intermediates_that_may_not_vouch_for_us(certs: Certs, name: str, tmp_path: Path) -> None:
    more, dates = BAD_MIDDLES[name]
    certs.make(f"middle-{name}", subject="Middle", more=more, **dates)
    refused(certs, tmp_path, certs.make(f"below-{name}", "DNS:localhost", signer=f"middle-{name}"), "direct")


def test_T6_a_chain_longer_than_its_authority_allows(certs: Certs, tmp_path: Path) -> None:
    certs.make("middle-0", subject="Middle", more=AUTHORITY.replace("CA:TRUE", "CA:TRUE,pathlen:0"))
    second, _ = certs.make("middle-1", subject="Second", more=AUTHORITY, signer="middle-0")
    cert, key = certs.make("below-1", "DNS:localhost", signer="middle-1")
    refused(certs, tmp_path, (cert, key), "direct")


def test_T5_the_name_in_capitals_is_the_name(certs: Certs, tmp_path: Path) -> None:
    code, complaint = see(certs, tmp_path, certs.make("capitals", "DNS:LOCALHOST"), "direct")
    assert code != TLS, complaint


def test_T5_a_thousand_names_and_none_of_ours(certs: Certs, tmp_path: Path) -> None:
    names = ",".join(f"DNS:n{number}.evil.test" for number in range(300))
    refused(certs, tmp_path, certs.make("many", names), "direct")


def test_T6_intermediate_of_an_authority_is_fine(certs: Certs, tmp_path: Path) -> None:
    certs.make("middle", subject="Middle", more=AUTHORITY)
    code, complaint = see(certs, tmp_path, certs.make("child-of-middle", "DNS:localhost", signer="middle"), "direct")
    assert code != TLS, complaint


def test_T6_certificate_for_clients_only(certs: Certs, tmp_path: Path) -> None:
    more = "basicConstraints=critical,CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n"
    refused(certs, tmp_path, certs.make("client", "DNS:localhost", more=more), "direct")


# --- pins -----------------------------------------------------------------------------------------------------------

def pin_of(cert: Path) -> bytes:
    def openssl(*arguments: str, given: bytes = b"") -> bytes:
        return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout
    public = openssl("x509", "-pubkey", "-noout", "-in", str(cert))
    return hashlib.sha256(openssl("pkey", "-pubin", "-outform", "der", given=public)).digest()


@both
def test_a_pin_trusts_one_key(server, mote: Mote, certs: Certs, tls: str) -> None:
    pin = pin_of(certs.server()[0])
    text = mote.config.read_text()
    mote.config.write_text("\n".join(line for line in text.splitlines() if not line.startswith("ca =")) + "\n")
    mote.run("status", "--pin", f"sha256:{pin.hex()}")
    wrong = bytes([pin[0] ^ 1]) + pin[1:]
    assert "pin" in mote.run("status", "--pin", f"sha256:{wrong.hex()}", code=TLS).complaint


def test_a_pin_trusts_no_other_key(certs: Certs, tmp_path: Path) -> None:
    """Not even one that an authority vouches for."""
    other = pin_of(certs.self_signed("self-signed", "DNS:localhost")[0])
    code, complaint = see(certs, tmp_path, certs.server(), "direct", "--pin", f"sha256:{other.hex()}")
    assert code == TLS and "pin" in complaint


# --- no TLS at all --------------------------------------------------------------------------------------------------

def test_a_server_that_speaks_no_tls(certs: Certs, tmp_path: Path) -> None:
    def clear(client: Client) -> None:
        client.open("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>")
        client.until_gone()
    with ScriptedServer(None, clear, "starttls") as server:
        mote = visitor(tmp_path, server.port, certs.ca, "starttls")
        assert "TLS" in mote.run("status", "--allow-plain", code=TLS).complaint
        assert b"<auth" not in server.clients[0].heard


def test_a_server_that_speaks_something_else(certs: Certs, tmp_path: Path) -> None:
    with ScriptedServer(None, lambda client: client.send("HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        visitor(tmp_path, server.port, certs.ca).run("status", code=TLS)


def test_nobody_listens(certs: Certs, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    visitor(tmp_path, port, certs.ca).run("status", code=CONNECTION)


# --- an address as domain --------------------------------------------------------------------------------------------

ADDRESSES = {
    "ipv4": ("127.0.0.1", "IP:127.0.0.1", True), "ipv4-among-others": ("127.0.0.1", "DNS:a.test,IP:127.0.0.1", True),
    "ipv6": ("[::1]", "IP:::1", True), "ipv6-of-ipv4": ("127.0.0.1", "IP:::ffff:127.0.0.1", False),
    "other": ("127.0.0.1", "IP:127.0.0.2", False), "as-dns": ("127.0.0.1", "DNS:127.0.0.1", False),
    "ipv6-as-dns": ("[::1]", "DNS:[::1],DNS:::1", False), "as-xmpp-addr": ("127.0.0.1", XMPP_ADDR + "127.0.0.1", False),
    "wildcard": ("127.0.0.1", "DNS:*.0.0.1", False),
    "network": ("127.0.0.1", "DER:30:0a:87:08:7f:00:00:01:ff:ff:ff:ff", False),
    "subject": ("127.0.0.1", "DNS:a.test", False), "name-by-address": ("localhost", "IP:127.0.0.1", False),
}


@pytest.mark.parametrize("domain, san, good", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_B19_an_address_as_domain(certs: Certs, domain: str, san: str, good: bool, tmp_path: Path) -> None:
    """Only iPAddress vouches for an address, and for nothing else (RFC 9525)."""
    cert = certs.make("address-" + hashlib.sha1((domain + san).encode()).hexdigest()[:8], san, subject="127.0.0.1")
    with ScriptedServer(cert, listen_only) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        mote.config.write_text(mote.config.read_text().replace("alice@localhost", f"alice@{domain}"))
        result = mote.run("status", code=None)
        assert (result.code != TLS) == good, result
        if not good:
            assert server.clients[0].heard == b"" and ("127.0.0." not in san or "127.0.0." in result.complaint)
