"""What goes wrong around a board: each ends in a line that says what it was, and the board goes on."""
import socket
import threading
from pathlib import Path
from typing import Callable, Iterator

import pytest

from board import Board
from chains import Chain
from dns_wire import SRV, A, a, srv
from prosody import Prosody
from wire import Wire

Make = Callable[..., Board]


# --- names and addresses ----------------------------------------------------------------------------------------------

@pytest.fixture
def wire(server: Prosody) -> Iterator[Wire]:
    """A network whose DNS knows where localhost has its XMPP server: at this machine, under another name."""
    zone = {"_xmpps-client._tcp.localhost": [srv("xmpp.example.org", server.port("direct"), 5)],
            "_xmpp-client._tcp.localhost": [srv("gone.example.org", 1, 1),
                                            srv("xmpp.example.org", server.port("starttls"), 9)],
            "xmpp.example.org": [a("10.0.2.2")]}
    with Wire(zone) as wire:
        yield wire


def test_server_found_by_srv(board: Make, wire: Wire) -> None:
    """By priority: the first name has no address, the second one has; the certificate is that of the domain."""
    with board(wire=wire, host=None, port=None, tls=None) as b:
        b.wait("online as")
    assert {("_xmpps-client._tcp.localhost", SRV), ("_xmpp-client._tcp.localhost", SRV)} <= set(wire.asked)
    assert wire.asked.index(("gone.example.org", A)) < wire.asked.index(("xmpp.example.org", A))


def test_server_found_by_srv_with_starttls(board: Make, wire: Wire) -> None:
    with board(wire=wire, host=None, port=None, tls="starttls") as b:
        b.wait("online as")


def test_dns_without_answer(board: Make, wire: Wire) -> None:
    wire.dns = False
    with board(wire=wire, host=None, port=None, tls=None) as b:
        b.wait("offline: the DNS server does not answer", timeout=90)
        wire.dns = True
        b.wait("online as", timeout=90)


def test_domain_that_the_dns_does_not_know(board: Make, wire: Wire) -> None:
    wire.zone.clear()
    with board(wire=wire, host=None, port=None, tls=None) as b:
        b.wait("offline: the name has no address", timeout=60)


def test_no_dhcp_server(board: Make, wire: Wire) -> None:
    wire.dhcp = False
    with board(wire=wire) as b:
        b.wait("offline: no DHCP server has given this device an address", timeout=60)
        wire.dhcp = True
        b.wait("online as", timeout=90)


def test_nobody_listens(board: Make) -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with board(port=port) as b:
        b.wait("offline: (connection refused by|no answer from) 10.0.2.2")


# --- TLS --------------------------------------------------------------------------------------------------------------

class Relay:
    """Passes bytes on to a server; `insert` are put between those that the server sends, once."""

    def __init__(self, port: int):
        self.target, self.insert = port, b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            for pair in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, from_server: bool) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
                if from_server and self.insert:
                    target.sendall(self.insert)
                    self.insert = b""
        except OSError:
            pass
        for s in (source, target):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def test_tls_record_larger_than_the_buffer(board: Make, server: Prosody) -> None:
    with Relay(server.port("direct")) as relay, board(port=relay.port) as b:
        b.wait('posted "')
        relay.insert = b"\x17\x03\x03\x40\x00" + bytes(16384)
        b.wait("offline: the server sent a TLS record larger than")
        b.wait('posted "', timeout=60, after=len(b.lines))  # the session is resumed: it may have been forged, as here
        b.wait("online as .* again: the session goes on")


def test_chain_that_memory_does_not_suffice_for(board: Make, name: str, tmp_path: Path) -> None:
    """It would be good: a wrong verdict about it would be worse than none."""
    if name != "lm3s6965evb":
        pytest.skip("the other board has room for it")
    names = ",".join(f"DNS:n{i}.tld" for i in range(230))
    chain = Chain(tmp_path, "rsa:4096", "rsa:4096", "rsa:4096", f",{names}")
    assert chain.message < 6400
    with Prosody(tmp_path / "prosody", chain) as prosody:
        with board(server=prosody, account=prosody.account("large")) as b:
            b.wait("offline: not enough memory for the TLS handshake")
            assert not any("issuer" in line or "online as" in line for line in b.lines)


# --- the machine ------------------------------------------------------------------------------------------------------

def test_full_stack_is_a_fault(board: Make) -> None:
    """The stack ends where the RAM begins, and the program begins anew with next to none of it."""
    with board() as b:
        b.wait('posted "')
        b.set_registers(pc=b.symbol("mote__machine_run"), sp=b.symbol("_stack_low") + 16)
        b.wait("fault: the stack is full (cfsr|pc)")
        assert b.process.wait(10) == 71


@pytest.mark.parametrize("where", ["nowhere", "RAM"])
def test_running_away_is_a_fault(board: Make, where: str) -> None:
    """Where nothing is, and into the RAM, which holds no code."""
    with board() as b:
        b.wait('posted "')
        address = 0x30000000 if where == "nowhere" else b.symbol("_stack_low") + 0x100
        b.set_registers(pc=address)
        b.wait(f"fault: pc {address:08x} (lr|cause)")
        assert b.process.wait(10) == 71
