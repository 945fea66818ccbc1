"""A DNS server that says what it is told, and notes what it was asked; and a mote that asks nobody else.

Only root may have port 53 and a mount namespace.
"""
import secrets
import socket
import struct
import threading
from pathlib import Path

from command import Mote

DOMAIN = "example.test"
A, SOA, TXT, AAAA, SRV = 1, 6, 16, 28, 33


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def srv(host: str, port: int, priority: int = 0) -> tuple[int, bytes]:
    return SRV, struct.pack(">HHH", priority, 1, port) + name(host)


def a(address: str) -> tuple[int, bytes]:
    return A, socket.inet_aton(address)


def txt(text: str) -> tuple[int, bytes]:
    return TXT, bytes([len(text)]) + text.encode()


class Dns:
    """with Dns({"name": [record, ...]}) as dns: dns.mote(...). `raw` answers in its own way: raw(query) -> bytes."""

    def __init__(self, zone: dict[str, list[tuple[int, bytes]]], raw=None):
        self.zone, self.raw = zone, raw
        self.asked: list[tuple[str, int]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = f"127.53.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
        self._socket.bind((self.address, 53))

    def __enter__(self) -> "Dns":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                query, who = self._socket.recvfrom(4096)
                answer = self._answer(query)
                for part in answer if isinstance(answer, list) else [answer]:
                    self._socket.sendto(part, who)
            except OSError:
                return

    def _answer(self, query: bytes) -> bytes | list[bytes]:
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        asked = ".".join(labels).lower()
        self.asked.append((asked, kind))
        question = query[12:at + 5]
        if self.raw is not None:
            return self.raw(query, question)
        found = [(has, data) for has, data in self.zone.get(asked, []) if has == kind]
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", has, 1, 60, len(data)) + data for has, data in found)
        missing = asked not in self.zone
        head = query[:2] + struct.pack(">HHHHH", 0x8583 if missing else 0x8580, 1, len(found), 0, 0)
        return head + question + records


class Asking(Mote):
    """alice@DOMAIN in a mount namespace whose resolv.conf names this server alone. (No resolver asks for localhost.)"""

    def __init__(self, like: Mote, dns: Dns):
        self.__dict__.update(like.__dict__)
        lines = [line for line in self.config.read_text().splitlines()
                 if line.split(" =")[0] not in ("jid", "host", "port", "tls")]
        self.config.write_text("\n".join([*lines, f"jid = alice@{DOMAIN}"]) + "\n")
        self.resolv: Path = self.home / "resolv.conf"
        self.resolv.write_text(f"nameserver {dns.address}\noptions timeout:1 attempts:2\n")

    def command(self, *arguments: str) -> list[str]:
        script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        return ["unshare", "-m", "sh", "-c", script, str(self.resolv), *super().command(*arguments)]
