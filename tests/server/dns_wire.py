"""Questions and answers of the DNS as bytes (RFC 1035, RFC 2782), for all servers that the tests pretend to be."""
import socket
import struct

A, SOA, TXT, AAAA, SRV = 1, 6, 16, 28, 33
ANSWER, NO_SUCH_NAME = 0x8580, 0x8583  # flags

Record = tuple[int, bytes]  # type, data
Zone = dict[str, list[Record]]  # what the DNS knows of each name


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def a(address: str) -> Record:
    return A, socket.inet_aton(address)


def aaaa(address: str) -> Record:
    return AAAA, socket.inet_pton(socket.AF_INET6, address)


def srv(target: str, port: int, priority: int = 0, weight: int = 1) -> Record:
    return SRV, struct.pack(">HHH", priority, weight, port) + name(target)


def txt(text: str) -> Record:
    return TXT, bytes([len(text)]) + text.encode()


def question(query: bytes) -> tuple[str, int, bytes]:
    """The name that is asked for, the type, and the bytes of the question, which the answer repeats."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], query[12:at + 5]


def head(query: bytes, answers: int = 1, flags: int = ANSWER) -> bytes:
    return query[:2] + struct.pack(">HHHHH", flags, 1, answers, 0, 0)


def record(data: bytes, kind: int = SRV, length: int | None = None, owner: bytes = b"\xc0\x0c") -> bytes:
    """Of the name in the question, unless it has another owner."""
    return owner + struct.pack(">HHIH", kind, 1, 60, len(data) if length is None else length) + data


def answer(query: bytes, zone: Zone) -> bytes:
    asked, kind, repeated = question(query)
    found = [data for has, data in zone.get(asked, []) if has == kind]
    return (head(query, len(found), ANSWER if asked in zone else NO_SUCH_NAME) + repeated +
            b"".join(record(data, kind) for data in found))
