"""How mote finds its way to the server, and what it says when there is none: row D2, and `mote status --why`.

All of it on a network of the tests' own (network.py), with a real Prosody behind it.
"""
import signal
import socket
import ssl
import time
from pathlib import Path
from typing import Any

from certs import Certs
from command import CONNECTION, LOGIN, REFUSED, TLS
from dns_wire import AAAA, SRV
from marks import network_of_its_own
from network import FAR, HOST, NOBODY, NOBODY6, SERVER, SERVER6, SPARE, Dns, Network, NetworkMote, Why
from patience import busy
from prosody import Prosody

pytestmark = network_of_its_own


# --- what is wrong is named within ten seconds ----------------------------------------------------------------------

def test_why_no_dns(network: Network, wanda: NetworkMote) -> None:
    network.silence_dns()
    why = Why(wanda, code=CONNECTION)
    why.named("network", "no DNS server")
    assert [step["stage"] for step in why.steps][:2] == ["srv", "name"]


def test_why_dns_refused(network: Network, wanda: NetworkMote) -> None:
    """A machine, but no DNS server on it: ICMP says so."""
    why = Why(wanda, code=CONNECTION)
    why.named("network", "no DNS server")
    assert why.seconds < 3 * busy()


def test_why_wrong_port(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 5222, server.starttls)
    Why(wanda, "--port", "5299", code=CONNECTION).named("server", "refused", "port 5299")


def test_why_blocked_port(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 5222, server.starttls)
    network.drop(5222, 5223, 443)
    dns.srv("wide.test", HOST, 5222)
    why = Why(wanda, code=CONNECTION)
    why.named("network", "no answer from", "port 5222")
    assert {step["port"] for step in why.steps} == {None, 5222, 443}


def test_why_wrong_authority(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote, tmp_path: Path) -> None:
    """TLS is opened on the way by somebody with an authority of his own."""
    certs = Certs(tmp_path / "other")
    network.forward(SERVER, 5223, server.direct)
    why = Why(wanda, "--ca", str(certs.ca), code=TLS)
    why.named("server", "certificate")
    assert [step["stage"] for step in why.steps if step["port"] == 5223] == ["tls"]


def test_why_bad_password(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 5223, server.direct)
    (wanda.home / "password").write_text("not it")
    why = Why(wanda, code=LOGIN)
    why.named("account", "refused the login")
    assert "password" in why.result.stderr
    assert why.last["stage"] == "login" and why.last["error"] == "login"


def test_why_server_down(network: Network, dns: Dns, wanda: NetworkMote) -> None:
    """Its machine is there."""
    dns.srv("wide.test", HOST, 5222)
    Why(wanda, code=CONNECTION).named("server", "refused")


def test_why_the_servers_machine_is_down(network: Network, dns: Dns, wanda: NetworkMote) -> None:
    """On this network: nobody has the address."""
    dns.srv("wide.test", "off.wide.test", 5222)
    dns.host("off.wide.test", "10.9.0.77")
    Why(wanda, code=CONNECTION).named("network", "no route to 10.9.0.77")


def test_why_no_such_domain(network: Network, dns: Dns, wanda: NetworkMote) -> None:
    dns.zone.clear()
    Why(wanda, code=CONNECTION).named("settings", "wide.test does not exist")


def test_why_a_router_says_that_there_is_no_way(network: Network, dns: Dns, wanda: NetworkMote) -> None:
    dns.srv("wide.test", "far.wide.test", 5222)
    dns.host("far.wide.test", FAR)
    why = Why(wanda, code=CONNECTION)
    why.named("network", f"no route to {FAR}")
    assert why.seconds < 4 * busy()


def test_why_the_cable_is_out(network: Network, dns: Dns, wanda: NetworkMote) -> None:
    network.unplug()
    why = Why(wanda, "--host", FAR, code=CONNECTION)
    why.named("network", "no network that leads to")
    assert why.seconds < 2 * busy()


def test_why_the_domain_has_no_xmpp(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    """SRV records that say so (RFC 2782: "."): the domain itself is not tried (RFC 6120 section 3.2.1)."""
    network.forward(SERVER, 5222, server.starttls)
    dns.srv("wide.test", ".", 0)
    why = Why(wanda, code=CONNECTION)
    why.named("server", "no XMPP")
    assert [step["stage"] for step in why.steps] == ["srv"]


def test_why_for_people(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 5222, server.starttls)
    out = wanda.run("status", "--why").stdout
    assert "SRV records of wide.test: there are none" in out
    assert f"direct TLS to {SERVER} port 5223 (wide.test, the domain itself): connection refused" in out
    assert f"STARTTLS to {SERVER} port 5222 (wide.test, the domain itself): on line" in out
    assert "it works" in out and "stream management" in out


# --- the ways -------------------------------------------------------------------------------------------------------

def test_srv_records_by_priority(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 7001, server.direct)
    network.forward(SERVER, 7002, server.starttls)
    dns.srv("wide.test", HOST, 7002, priority=5)
    dns.srv("wide.test", HOST, 7001, priority=1, direct=True)
    why = Why(wanda)
    assert (why.last["source"], why.last["port"], why.last["tls"]) == ("srv", 7001, "direct")
    assert len(why.steps) == 2 and why.blame is None


def test_B24_the_heavier_record_is_tried_first(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    """65535 to 1, ten times: who ignores the weights has the heavier one first in all of them once in a thousand runs."""
    network.forward(SERVER, 7001, server.direct)
    network.forward(SERVER, 7002, server.direct)
    dns.srv("wide.test", HOST, 7001, weight=1, direct=True)
    dns.srv("wide.test", HOST, 7002, weight=65535, direct=True)
    for _ in range(10):
        (wanda.home / "mote.way").unlink(missing_ok=True)
        assert [step["port"] for step in Why(wanda).steps if step["port"]][0] == 7002


def test_a_later_priority_when_the_first_is_refused(network: Network, dns: Dns, server: Prosody,
                                                    wanda: NetworkMote) -> None:
    network.forward(SERVER, 7002, server.starttls)
    dns.srv("wide.test", HOST, 7002, priority=5)
    dns.srv("wide.test", HOST, 7001, priority=1, direct=True)
    why = Why(wanda)
    assert [step["port"] for step in why.steps] == [None, 7001, 7002] and why.seconds < 5 * busy()


def test_a_later_priority_does_not_wait_for_time_outs(network: Network, dns: Dns, server: Prosody,
                                                      wanda: NetworkMote) -> None:
    network.forward(SERVER, 7002, server.starttls)
    dns.srv("wide.test", HOST, 7002, priority=5)
    dns.srv("wide.test", "silent.wide.test", 7001, priority=1)
    dns.host("silent.wide.test", NOBODY)
    why = Why(wanda)
    assert why.last["port"] == 7002 and 1.9 < why.seconds < 6 * busy()


def test_happy_eyeballs_with_a_dead_ipv6(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 7001, server.direct)
    dns.srv("wide.test", "both.wide.test", 7001, direct=True)
    dns.host("both.wide.test", NOBODY6, SERVER)
    why = Why(wanda)
    assert why.last["address"] == f"{SERVER} port 7001"
    dead = [step for step in why.steps if NOBODY6 in (step["address"] or "")]
    assert len(dead) == 1 and "quicker" in dead[0]["why"]
    assert why.last["began_ms"] - dead[0]["began_ms"] >= 250
    assert why.seconds < 4 * busy()


def test_happy_eyeballs_over_several_targets(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    """Three targets that swallow everything, and one that does not."""
    network.forward(SERVER, 7001, server.direct)
    for n in range(3):
        dns.srv("wide.test", f"silent{n}.wide.test", 7001, weight=60000, direct=True)
        dns.host(f"silent{n}.wide.test", NOBODY)
    dns.srv("wide.test", HOST, 7001, weight=0, direct=True)
    assert Why(wanda).seconds < 5 * busy()


def test_a_dns_server_that_ignores_questions_for_ipv6(network: Network, dns: Dns, server: Prosody,
                                                      wanda: NetworkMote) -> None:
    network.forward(SERVER, 7001, server.direct)
    dns.srv("wide.test", HOST, 7001, direct=True)
    dns.ignore.add(AAAA)
    assert 0.4 < Why(wanda).seconds < 4 * busy()


def test_ipv6_alone(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER6, 7001, server.direct)
    dns.srv("wide.test", "six.wide.test", 7001, direct=True)
    dns.host("six.wide.test", SERVER6)
    assert Why(wanda).last["address"] == f"{SERVER6} port 7001"


def test_the_next_address_when_tls_fails(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    """The first connection stands, but is no TLS: those that had been slower are tried again."""
    network.listen(SPARE, 7001, lambda s: s.sendall(b"220 mail\r\n"))
    network.forward(SERVER, 7001, server.direct)
    dns.srv("wide.test", "two.wide.test", 7001, direct=True)
    dns.host("two.wide.test", SPARE, SERVER)
    why = Why(wanda)
    assert why.last["address"] == f"{SERVER} port 7001"


def test_port_443_where_only_the_web_gets_through(network: Network, dns: Dns, server: Prosody,
                                                  wanda: NetworkMote) -> None:
    network.forward(SERVER, 443, server.direct)
    network.drop(5222, 5223)
    dns.srv("wide.test", HOST, 5222)
    why = Why(wanda)
    assert (why.last["port"], why.last["tls"]) == (443, "direct") and why.seconds < 6 * busy()


def web_server(certs: Certs) -> Any:
    """TLS with the right certificate, and no XMPP."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certs.server())

    def serve(s: socket.socket) -> None:
        with context.wrap_socket(s, server_side=True) as tls:
            heard.append(tls.recv(4096))
            tls.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    heard: list[bytes] = []
    return serve, heard


def test_a_web_server_on_443(network: Network, dns: Dns, certs: Certs, wanda: NetworkMote) -> None:
    """It is a guess that was wrong, and not the reason told; and it hears no password nor anything like it."""
    serve, heard = web_server(certs)
    network.listen(SERVER, 443, serve)
    network.drop(5222, 5223)
    dns.srv("wide.test", HOST, 5222)
    why = Why(wanda, code=CONNECTION)
    why.named("network", "no answer from", "port 5222")
    guess = next(step for step in why.steps if step["port"] == 443)
    assert guess["stage"] == "login" and b"<auth" not in b"".join(heard)


# --- the way that worked --------------------------------------------------------------------------------------------

def test_the_way_that_worked_is_tried_first(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 5222, server.starttls)
    assert Why(wanda).last["source"] == "domain"
    dns.asked.clear()
    why = Why(wanda)
    assert [step["source"] for step in why.steps] == ["kept"] and why.last["port"] == 5222
    assert not [name for name, kind in dns.asked if kind == SRV]
    assert (wanda.home / "mote.way").stat().st_mode & 0o777 == 0o600


def test_a_way_that_is_closed_by_now(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 5222, server.starttls)
    Why(wanda)
    network.drop(5222, 5223)
    network.forward(SERVER, 7001, server.direct)
    dns.srv("wide.test", HOST, 7001, direct=True)
    why = Why(wanda)
    assert [step["source"] for step in why.steps if step["port"]] == ["kept", "srv"] and why.seconds < 6 * busy()
    assert Why(wanda).last["source"] == "kept"


def test_a_way_that_leads_to_somebody_else_by_now(network: Network, dns: Dns, server: Prosody, certs: Certs,
                                                  wanda: NetworkMote) -> None:
    (wanda.home / "mote.way").write_text(f"MOTEWAY1 wide.test {HOST} 7009 direct straight\n")
    serve, _ = web_server(Certs(wanda.home / "elsewhere"))
    network.listen(SERVER, 7009, serve)
    network.forward(SERVER, 5222, server.starttls)
    why = Why(wanda)
    assert why.steps[0]["source"] == "kept" and why.steps[0]["error"] == "certificate"
    assert why.last["source"] == "domain" and why.last["stage"] == "online"


GARBAGE = {
    "empty": b"", "noise": bytes(range(256)) * 3, "nul": b"MOTEWAY1 wide.test x\0y 5222 direct straight\n",
    "long": b"MOTEWAY1 wide.test " + b"x" * 5000, "port": b"MOTEWAY1 wide.test h 70000 direct straight\n",
    "port 0": b"MOTEWAY1 wide.test h 0 direct straight\n", "tls": b"MOTEWAY1 wide.test h 5222 none straight\n",
    "other domain": b"MOTEWAY1 evil.test 10.9.0.66 5222 direct straight\n",
    "no proxy now": b"MOTEWAY1 wide.test 10.9.0.66 5222 direct proxy\n",
    "more": b"MOTEWAY1 wide.test h 5222 direct straight more\n", "version": b"MOTEWAY2 wide.test h 1 direct straight\n",
    "host": b"MOTEWAY1 wide.test <a>&b 5222 direct straight\n", "minus": b"MOTEWAY1 wide.test h -1 direct straight\n",
}


def test_a_file_of_the_way_that_is_none(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 5222, server.starttls)
    for name, content in GARBAGE.items():
        (wanda.home / "mote.way").write_bytes(content)
        why = Why(wanda)
        assert why.steps[0]["stage"] == "srv" and why.blame is None, name
    (wanda.home / "mote.way").unlink()
    (wanda.home / "mote.way").mkdir()
    Why(wanda)


# --- links that die without a word ----------------------------------------------------------------------------------

def test_a_half_open_link_is_found_within_two_pings(network: Network, dns: Dns, server: Prosody,
                                                    wanda: NetworkMote) -> None:
    forward = network.forward(SERVER, 5223, server.direct)
    wanda.config.write_text(wanda.config.read_text() + "ping = 3\n")
    with wanda.start("listen", "-v") as listener:
        listener.wait_online()
        forward.silent = True
        began = time.monotonic()
        listener.wait_err("does not answer pings", timeout=20)
        assert time.monotonic() - began < (2 * 3 + 1.5) * busy()
        forward.silent = False
        listener.wait_err("on line again", timeout=30)


def test_the_cable_comes_back(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    network.forward(SERVER, 5223, server.direct)
    wanda.config.write_text(wanda.config.read_text() + "ping = 2\n")
    with wanda.start("listen", "-v") as listener:
        listener.wait_online()
        network.unplug()
        listener.wait_err("off line", timeout=20)
        network.plug()
        listener.wait_err("on line again", timeout=60)


# --- D2: two devices with one resource ------------------------------------------------------------------------------

def test_D2_two_devices_do_not_throw_each_other_out_for_ever(network: Network, dns: Dns, server: Prosody,
                                                             wanda: NetworkMote) -> None:
    forward = network.forward(SERVER, 5223, server.direct)
    with wanda.start("listen", "-v", "--resource", "one") as first:
        first.wait_online()
        with wanda.start("run", "-v", "--resource", "one") as second:
            second.wait_online()
            result = first.wait(15)
            assert result.code == REFUSED and "conflict" in result.stderr
            time.sleep(5)
            assert second.process.poll() is None and forward.connections == 2
            second.stop(signal.SIGTERM)
