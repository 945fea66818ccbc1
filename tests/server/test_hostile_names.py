"""Row N1: whoever answers our DNS questions is believed about addresses, and about nothing else.

A DNS server of the tests' own, seen by one process alone through a mount namespace.
"""
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from certs import Certs
from command import CONNECTION, DONE, TLS, Result
from dns import DOMAIN, Asking, Dns
from dns_wire import AAAA, SRV, TXT, A, a, head, record, srv, txt
from marks import root_only
from scripted import BIND, MECHANISMS, Client, ScriptedServer
from visitor import PASSWORD, visitor

pytestmark = root_only
DIRECT, STARTTLS = f"_xmpps-client._tcp.{DOMAIN}", f"_xmpp-client._tcp.{DOMAIN}"


def serve(client: Client) -> None:
    client.login(PASSWORD)
    client.answer_iqs()


def good(certs: Certs) -> tuple[Path, Path]:
    return certs.make("n1-good", f"DNS:{DOMAIN}")


def asking(home: Path, certs: Certs, dns: Dns) -> Asking:
    return Asking(visitor(home, 1, certs.ca), dns)


def test_N1_a_name_out_of_the_dns_only_says_where(certs: Certs, tmp_path: Path) -> None:
    """The target is called otherwise than the domain; its certificate is for the domain: that is how hosting works."""
    with ScriptedServer(good(certs), serve, domain=DOMAIN) as server, \
            Dns({DIRECT: [srv("xmpp1.hosting.test", server.port)], "xmpp1.hosting.test": [a("127.0.0.1")]}) as dns:
        result = asking(tmp_path, certs, dns).run("status", "--json")
        assert f":{server.port}" in result.json[0]["address"]
        assert (DIRECT, SRV) in dns.asked


@pytest.mark.parametrize("kind", (DIRECT, STARTTLS), ids=("direct", "starttls"))
def test_N1_a_certificate_for_the_target_is_none_for_the_domain(certs: Certs, kind: str, tmp_path: Path) -> None:
    """Not even from an authority that is trusted: who forges the DNS would have one for a name of his own."""
    cert = certs.make("n1-target", "DNS:evil.test")
    with ScriptedServer(cert, serve, "direct" if kind == DIRECT else "starttls") as server, \
            Dns({kind: [srv("evil.test", server.port)], "evil.test": [a("127.0.0.1")]}) as dns:
        assert "evil.test" in asking(tmp_path, certs, dns).run("status", code=TLS).complaint
        for client in server.clients:
            assert b"<auth" not in client.heard and b"alice" not in client.heard


def test_N1_a_target_without_tls(certs: Certs, tmp_path: Path) -> None:
    def clear(client: Client) -> None:
        client.open(MECHANISMS + BIND)
        client.until_gone()
    with ScriptedServer(good(certs), clear, "starttls", DOMAIN) as server, \
            Dns({STARTTLS: [srv("evil.test", server.port)], "evil.test": [a("127.0.0.1")]}) as dns:
        asking(tmp_path, certs, dns).run("status", "--allow-plain", code=TLS)
        assert all(b"<auth" not in client.heard for client in server.clients)


def test_N1_other_connection_methods_are_not_looked_for(certs: Certs, tmp_path: Path) -> None:
    """CVE-2022-26491: TXT records (XEP-0156) that name a place in clear or elsewhere. They are not even asked for, nor is
    there a client for HTTP that would fetch host-meta."""
    with ScriptedServer(good(certs), lambda client: client.until_gone()) as evil, \
            ScriptedServer(good(certs), serve, domain=DOMAIN) as server:
        methods = [txt(f"_xmpp-client-{way}=ws://127.0.0.1:{evil.port}/") for way in ("websocket", "xbosh", "tcp")]
        zone = {DIRECT: [srv("xmpp1.test", server.port), *methods], STARTTLS: methods, DOMAIN: methods,
                f"_xmppconnect.{DOMAIN}": methods, "xmpp1.test": [a("127.0.0.1"), *methods]}
        with Dns(zone) as dns:
            asking(tmp_path, certs, dns).run("status")
            assert not [kind for _, kind in dns.asked if kind not in (SRV, A, AAAA)], dns.asked
            assert not any("xmppconnect" in name for name, _ in dns.asked) and TXT not in [k for _, k in dns.asked]
        assert evil.clients == []


def test_N1_the_good_one_is_found_behind_a_bad_one(certs: Certs, tmp_path: Path) -> None:
    """A record of somebody else's beside the right one: he is tried, hears nothing, and the login goes on elsewhere."""
    with ScriptedServer(certs.make("n1-target", "DNS:evil.test"), serve) as evil, \
            ScriptedServer(good(certs), serve, domain=DOMAIN) as server:
        zone = {DIRECT: [srv("evil.test", evil.port, 1), srv("good.test", server.port, 2)],
                "evil.test": [a("127.0.0.1")], "good.test": [a("127.0.0.1")]}
        with Dns(zone) as dns:
            asking(tmp_path, certs, dns).run("status", code=DONE)
        assert all(client.heard == b"" for client in evil.clients)


# --- answers that are none ------------------------------------------------------------------------------------------

RAW = {
    "nothing": lambda q, question: b"", "half-a-header": lambda q, question: q[:5],
    "noise": lambda q, question: q[:2] + b"\xff" * 300,
    "compression-loop": lambda q, question: head(q) + question + record(struct.pack(">HHH", 0, 0, 1) + b"\xc0\x0c" * 50),
    "points-to-itself": lambda q, question: head(q) + b"\xc0\x0c" + question[-4:] + record(b"", owner=b"\xc0\x0c"),
    "length-beyond": lambda q, question: head(q) + question + record(struct.pack(">HHH", 0, 0, 1), length=60_000),
    "65535-answers": lambda q, question: head(q, 65535) + question,
    "500-records": lambda q, question: head(q, 500) + question + record(
        struct.pack(">HHH", 0, 0, 9) + b"\4evil\4test\0") * 100,
    "root-target": lambda q, question: head(q) + question + record(struct.pack(">HHH", 0, 0, 5222) + b"\0"),
    "port-0": lambda q, question: head(q) + question + record(struct.pack(">HHH", 0, 0, 0) + b"\4evil\4test\0"),
    "name-with-control": lambda q, question: head(q) + question + record(
        struct.pack(">HHH", 0, 0, 1) + b"\x08\x1b[2J\r\n\x07a\4test\0"),
    "another-id": lambda q, question: bytes([q[0] ^ 1]) + head(q)[1:] + question,
    "another-question": lambda q, question: head(q) + b"\4evil\4test\0" + question[-4:],
    "cname-to-itself": lambda q, question: head(q) + question + record(b"\xc0\x0c", kind=5),
    "servfail": lambda q, question: head(q, 0, 0x8582) + question,
}


@pytest.fixture(scope="module")
def raw_results(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Result, int]]:
    """What became of `mote status` with each, and how often it asked. All at a time, for some wait for a better answer."""
    def run(name: str) -> tuple[Result, int]:
        with Dns({}, RAW[name]) as dns:
            mote = asking(tmp_path_factory.mktemp(name), certs, dns)
            return mote.run("status", code=None, timeout=100), len(dns.asked)
    with ThreadPoolExecutor() as pool:
        return dict(zip(RAW, pool.map(run, RAW)))


@pytest.mark.parametrize("name", RAW)
def test_N1_answers_that_are_none(raw_results: dict[str, tuple[Result, int]], name: str) -> None:
    """One sentence and an exit code, in bounded time, with nothing in it that a terminal would obey."""
    result, asked = raw_results[name]
    assert result.code in (CONNECTION, TLS), result
    assert result.complaint.isprintable()
    assert asked < 200
