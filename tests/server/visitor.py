"""Somebody who logs in on a scripted server."""
from pathlib import Path

from command import Mote
from prosody import Account

PASSWORD = "open sesame"


def visitor(home: Path, port: int, ca: Path | None, tls: str = "direct", host: str = "127.0.0.1") -> Mote:
    """alice@localhost, configured by hand, with the password in a file."""
    mote = Mote(home, Account("alice@localhost", PASSWORD), host, port, ca, tls)
    secret = home / "password"
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD)
    lines = ["jid = alice@localhost", f"host = {host}", f"port = {port}", f"tls = {tls}", f"password-file = {secret}"]
    mote.config.write_text("\n".join(lines + ([f"ca = {ca}"] if ca else [])) + "\n")
    return mote
