"""The SRV answers that port/dns/wire.c reads: good ones, and what somebody on the way may send instead. Compiled for this
machine, with the checks of the compiler on."""
import ctypes
import random
import struct
import subprocess
from pathlib import Path

import pytest

from board import ROOT

HOST_MAX, QUERY_MAX, TARGETS = 255, 12 + 256 + 4, 4
PROTOCOL, DNS = -10, -24
SERVICE, DOMAIN, NUMBER = b"_xmpp-client._tcp", b"example.org", 0x1234


class Target(ctypes.Structure):
    _fields_ = [("host", ctypes.c_char * (HOST_MAX + 1)), ("port", ctypes.c_uint16), ("priority", ctypes.c_uint16),
                ("weight", ctypes.c_uint16), ("direct_tls", ctypes.c_bool)]


class Wire:
    def __init__(self, path: Path):
        self.lib = ctypes.CDLL(str(path))
        self.lib.mote__dns_wire_srv_query.restype = ctypes.c_size_t
        self.query = self.ask(DOMAIN)

    def ask(self, domain: bytes) -> bytes:
        out = ctypes.create_string_buffer(QUERY_MAX)
        length = self.lib.mote__dns_wire_srv_query(out, NUMBER, SERVICE, domain)
        return out.raw[:length]

    def read(self, message: bytes) -> tuple[int, list[tuple], bool]:
        targets, refused = (Target * TARGETS)(), ctypes.c_bool(False)
        exact = (ctypes.c_char * len(message)).from_buffer_copy(message)
        n = self.lib.mote__dns_wire_srv_answer(exact, ctypes.c_size_t(len(message)), self.query, ctypes.c_size_t(len(self.query)),
                                         targets, 0, TARGETS, ctypes.c_bool(True), ctypes.byref(refused))
        return n, [(t.host, t.port, t.priority, t.weight, t.direct_tls) for t in targets[:max(n, 0)]], refused.value


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Wire:
    path = tmp_path_factory.mktemp("wire") / "wire.so"
    subprocess.run(["gcc", "-std=c11", "-O1", "-g", "-shared", "-fPIC", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error",
                    "-fstack-protector-all", "-I.", "port/dns/wire.c", "-o", str(path)], cwd=ROOT, check=True)
    return Wire(path)


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def record(target: bytes, priority: int = 5, weight: int = 10, port: int = 5222, kind: int = 33) -> bytes:
    data = struct.pack(">HHH", priority, weight, port) + target
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 300, len(data)) + data


def answer(query: bytes, *records: bytes, flags: int = 0x8180, number: int = NUMBER) -> bytes:
    return struct.pack(">HHHHHH", number, flags, 1, len(records), 0, 0) + query[12:] + b"".join(records)


def test_query(wire: Wire) -> None:
    assert wire.query == bytes.fromhex("123401000001000000000000") + name("_xmpp-client._tcp.example.org") + b"\0\x21\0\1"
    assert wire.ask(b"a" * 64 + b".org") == b"" and wire.ask(b"a..org") == b"" and wire.ask(b"a." * 130) == b""


def test_records(wire: Wire) -> None:
    n, targets, refused = wire.read(answer(wire.query, record(name("xmpp1.example.net")), record(name("b.example"), 1, 0, 443)))
    assert (n, refused) == (2, False)
    assert targets == [(b"xmpp1.example.net", 5222, 5, 10, True), (b"b.example", 443, 1, 0, True)]


def test_compressed_name_and_other_records(wire: Wire) -> None:
    after_services = 12 + len(name("_xmpp-client._tcp")) - 1  # where "example.org" stands in the question
    n, targets, _ = wire.read(answer(wire.query, record(b"whatever", kind=5),
                                     record(b"\3srv" + struct.pack(">H", 0xc000 | after_services))))
    assert n == 1 and targets[0][0] == b"srv.example.org"


def test_more_than_there_is_room_for(wire: Wire) -> None:
    assert wire.read(answer(wire.query, *[record(name(f"h{i}.example")) for i in range(9)]))[0] == TARGETS


def test_none_and_refused_and_failed(wire: Wire) -> None:
    assert wire.read(answer(wire.query)) == (0, [], False)
    assert wire.read(answer(wire.query, flags=0x8183)) == (0, [], False)
    assert wire.read(answer(wire.query, flags=0x8182))[0] == DNS
    assert wire.read(answer(wire.query, record(b"\0"))) == (0, [], True)


def test_not_our_answer(wire: Wire) -> None:
    good = record(name("evil.example"))
    assert wire.read(answer(wire.query, good, number=NUMBER + 1))[0] == PROTOCOL
    assert wire.read(answer(wire.ask(b"other.org"), good))[0] == PROTOCOL
    assert wire.read(answer(wire.query, good, flags=0x0180))[0] == PROTOCOL
    assert wire.read(b"")[0] == PROTOCOL


@pytest.mark.parametrize("target", [b"\xc0\x0c\xc0", struct.pack(">H", 0xc000 | 500), b"\3a b\0", b"\3a/b\0", b"\x3f" + b"a" * 5,
                                    b"\3\0\0\0\0", (b"\x3f" + b"a" * 63) * 5 + b"\0", b"\x80abc", b""])
def test_bad_target_is_left_out(wire: Wire, target: bytes) -> None:
    n, targets, refused = wire.read(answer(wire.query, record(target), record(name("good.example"))))
    assert (n, refused) in ((1, False), (2, False)) and targets[-1][0] == b"good.example"


def test_whatever_comes(wire: Wire) -> None:
    """Cut, changed and random answers: read without a fault, and no more targets than there may be."""
    chance = random.Random(7)
    whole = answer(wire.query, record(name("a.example")), record(b"\1b\xc0\x0c"), record(b"\0"), record(name("c.example")))
    for _ in range(20000):
        message = bytearray(whole[:chance.randrange(len(whole) + 1)])
        for _ in range(chance.randrange(6)):
            if message:
                message[chance.randrange(len(message))] = chance.randrange(256)
        n, targets, _ = wire.read(bytes(message))
        assert n <= TARGETS and all(b"/" not in host for host, *_ in targets)
