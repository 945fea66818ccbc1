"""Servers that make accounts: Prosody 0.12 and 13 with invitations made by hand, ejabberd without."""
import secrets
import time
from pathlib import Path

from certs import Certs
from command import Mote
from prosody import Account, Prosody

MODULES = ["register_ibr", "invites_register", "user_account_management"]


class Invitations:
    """The store of Prosody's mod_invites: a map of tokens."""

    def __init__(self, server: Prosody):
        self.path = server.dir / "data/localhost/invite_token.dat"
        self.all: dict[str, tuple[str, int]] = {}

    def make(self, jid: str = "localhost", life_s: int = 3600, action: str = "register", more: str = "") -> str:
        """A link. One that is used up is gone from the file, so all those of a test are made before the first is."""
        token = secrets.token_urlsafe(18)
        rows = self._read()
        rows.append(f'["{token}"] = {{ type = "{action}"; jid = "{jid}"; token = "{token}"; allow_registration = true; '
                    f'uri = "x"; created_at = {int(time.time())}; expires = {int(time.time()) + life_s}; }};')
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text("return {\n" + "\n".join(rows) + "\n};\n")
        new.rename(self.path)
        return f"xmpp:{jid}?{action};preauth={token}{more}"

    def _read(self) -> list[str]:
        """Rows of ours stay one line each; Prosody's own form of them has several."""
        if not self.path.exists():
            return []
        inner = self.path.read_text().split("{", 1)[1].rsplit("}", 1)[0]
        return [inner.strip()] if inner.strip() else []


def newcomer(home: Path, server: Prosody, jid: str, tls: str = "direct") -> Mote:
    """Somebody without an account."""
    return Mote(home, Account(jid, ""), "127.0.0.1", server.port(tls), server.ca, tls)


def open_prosody(kind: type, directory: Path, certs: Certs, invited_only: bool = False) -> Prosody:
    server = kind(directory, certs)
    server.modules = [*server.modules, *MODULES]
    server.extra += f"registration_invite_only = {str(invited_only).lower()}\n"
    return server
