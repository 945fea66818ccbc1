"""The way to the server through an HTTP proxy, and proxies that are no help: row D1.

On a network of the tests' own (network.py), with a real Prosody behind it.
"""
import socket
import time

import pytest

from command import CONNECTION
from marks import network_of_its_own
from network import HOST, SERVER, Dns, Network, NetworkMote, Proxy, Why
from patience import busy
from prosody import Prosody

pytestmark = network_of_its_own


def test_everything_through_the_proxy(network: Network, server: Prosody, wanda: NetworkMote) -> None:
    """Without any DNS: the proxy is told the name. And never around it."""
    straight = network.forward(SERVER, 5223, server.direct)
    proxy = Proxy(network, {"wide.test:5223": server.direct}, login="wanda:p@ss word")
    url = f"http://wanda:p%40ss%20word@{SERVER}:3128/"
    why = Why(wanda, "--proxy", url)
    assert why.last["proxy"] is True and why.last["stage"] == "online" and straight.connections == 0
    assert proxy.requests == ["wide.test:5223"]
    assert b"\r\nHost: wide.test:5223\r\n" in proxy.heads[0]
    assert Why(wanda, "--proxy", url).last["source"] == "kept"


def test_starttls_and_443_through_the_proxy(network: Network, server: Prosody, wanda: NetworkMote) -> None:
    proxy = Proxy(network, {"wide.test:5222": server.starttls})
    assert Why(wanda, "--proxy", f"{SERVER}:3128").last["tls"] == "starttls"
    assert proxy.requests == ["wide.test:5223", "wide.test:5222"]
    (wanda.home / "mote.way").unlink()
    proxy.routes = {"wide.test:443": server.direct}
    assert Why(wanda, "--proxy", f"{SERVER}:3128").last["port"] == 443


def test_the_proxy_of_the_configuration(network: Network, server: Prosody, wanda: NetworkMote) -> None:
    Proxy(network, {"wide.test:5223": server.direct})
    wanda.config.write_text(wanda.config.read_text() + f"proxy = http://{SERVER}:3128\n")
    assert Why(wanda).last["proxy"] is True


def test_the_proxy_of_the_environment_comes_last(network: Network, dns: Dns, server: Prosody,
                                                 wanda: NetworkMote) -> None:
    proxy = Proxy(network, {"xmpp.wide.test:5222": server.starttls})
    straight = network.forward(SERVER, 5222, server.starttls)
    dns.srv("wide.test", HOST, 5222)
    for variable in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        wanda.env[variable] = f"http://{SERVER}:3128"
        assert Why(wanda).last["proxy"] is False
        (wanda.home / "mote.way").unlink()
    assert straight.connections == 4 and proxy.requests == []
    network.drop(5222, 443)
    why = Why(wanda)
    assert why.last["proxy"] is True and why.seconds < 6 * busy()
    assert Why(wanda).seconds < 2 * busy()  # kept


def test_no_proxy(network: Network, dns: Dns, server: Prosody, wanda: NetworkMote) -> None:
    Proxy(network, {"wide.test:5222": server.starttls})
    wanda.env |= {"https_proxy": f"http://{SERVER}:3128", "no_proxy": "localhost, .test"}
    why = Why(wanda, code=CONNECTION)
    assert not any(step["proxy"] for step in why.steps)
    wanda.env["no_proxy"] = "other.test"
    assert Why(wanda).last["proxy"] is True
    assert not any(step["proxy"] for step in Why(wanda, "--proxy", "none", code=CONNECTION).steps)


ANSWERS = {
    "wants a login": (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants a user name and password"),
    "forbids": (b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden"),
    "cannot": (b"HTTP/1.0 502 Bad Gateway\r\nA: b\r\n\r\n", "502 Bad Gateway"),
    "no HTTP": (b"220 mail\r\n\r\n", "does not speak HTTP"),
    "says more": (b"HTTP/1.1 200 OK\r\n\r\n<stream:stream>", "said more than it should"),
    "closes": (b"", "closed the connection"),
    "half": (b"HTTP/1.1 200 OK\r\nX: y", "closed the connection"),
    "endless": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000, "without end"),
    "commands": (b"HTTP/1.1 500 \x1b[2J\r\n\r\n", "500"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_proxy_that_does_not_help(network: Network, wanda: NetworkMote, answer: str) -> None:
    said, named = ANSWERS[answer]

    class Short(Proxy):
        def _serve(self, client: socket.socket) -> None:
            client.recv(4096)
            client.sendall(said)
            if answer not in ("closes", "half"):
                client.settimeout(5)
                client.recv(4096)
    Short(network, {})
    why = Why(wanda, "--host", "wide.test", "--proxy", f"{SERVER}:3128", code=CONNECTION)
    why.named("network", named)
    assert "\x1b" not in why.result.stdout + why.result.stderr and why.last["stage"] == "proxy"


def test_D1_a_proxy_that_dribbles(network: Network, wanda: NetworkMote) -> None:
    Proxy(network, {}, answer=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50, pace=0.2)
    why = Why(wanda, "--host", "wide.test", "--proxy", f"{SERVER}:3128", code=CONNECTION)
    assert why.blame == "network" and "the proxy does not answer" in why.why and 9 < why.seconds < 15 * busy()


def test_D1_a_proxy_that_says_nothing(network: Network, wanda: NetworkMote) -> None:
    network.listen(SERVER, 3128, lambda s: time.sleep(30))
    why = Why(wanda, "--host", "wide.test", "--proxy", f"{SERVER}:3128", code=CONNECTION)
    assert "the proxy does not answer" in why.why and 9 < why.seconds < 15 * busy()


def test_wrong_login_at_the_proxy(network: Network, wanda: NetworkMote) -> None:
    Proxy(network, {}, login="a:b")
    why = Why(wanda, "--host", "wide.test", "--proxy", f"http://a:secret99@{SERVER}:3128", code=CONNECTION)
    why.named("network", "user name or password")
    assert "secret99" not in why.result.stdout + why.result.stderr


def test_no_proxy_there(network: Network, wanda: NetworkMote) -> None:
    Why(wanda, "--host", "wide.test", "--proxy", f"{SERVER}:3128", code=CONNECTION).named(
        "network", "the proxy cannot be reached", "refused")


@pytest.mark.parametrize("url", ("socks5://h:1", "https://h:1", "http://", "http://h:70000", "h:p:q@", "http://a b/"))
def test_a_proxy_that_is_none(wanda: NetworkMote, url: str) -> None:
    assert "proxy" in wanda.run("status", "--proxy", url, code=2).complaint
    wanda.config.write_text(wanda.config.read_text() + f"proxy = {url}\n")
    assert "mote.conf:4" in wanda.run("status", code=7).complaint
