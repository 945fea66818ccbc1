"""A DNS server that says what it is told, and notes what it was asked; and a mote that asks nobody else.

Only root may have port 53 and a mount namespace.
"""
import secrets
import socket
import threading
from pathlib import Path

from command import Mote
from dns_wire import Zone, answer, question

DOMAIN = "example.test"


class Dns:
    """with Dns({"name": [record, ...]}) as dns: ... `raw` answers in its own way: raw(query, question) -> bytes."""

    def __init__(self, zone: Zone, raw=None):
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
                self._socket.sendto(self._answer(query), who)
            except OSError:
                return

    def _answer(self, query: bytes) -> bytes:
        asked, kind, repeated = question(query)
        self.asked.append((asked, kind))
        return self.raw(query, repeated) if self.raw is not None else answer(query, self.zone)


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
