"""Servers that no operator would run: a script speaks with each client that connects, over real TLS."""
import base64
import hashlib
import hmac
import re
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Callable

from patience import PATIENCE_S

STREAMS = "urn:ietf:params:xml:ns:xmpp-streams"
HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
          "from='localhost' id='s{id}' version='1.0'>")
STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
MECHANISMS = f"<mechanisms xmlns='{SASL}'><mechanism>SCRAM-SHA-256</mechanism></mechanisms>"
SM_NS = "urn:xmpp:sm:3"
SM = f"<sm xmlns='{SM_NS}'/>"
BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
NOT_IMPLEMENTED = ("<error type='cancel'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                   "</error>")


class Gone(Exception):
    """The client has ended the connection."""


class Client:
    """One connection, as the script sees it."""

    def __init__(self, server: "ScriptedServer", sock: socket.socket, number: int):
        self.server, self.socket, self.number = server, sock, number
        self.heard = b""      # all that came in clear or was decrypted
        self.read = 0         # of that, what the script has looked at
        self.secured = False
        self.log: list[str] = []
        self.thread: threading.Thread  # which the script runs in

    def send(self, text: str | bytes) -> None:
        try:
            self.socket.sendall(text.encode() if isinstance(text, str) else text)
        except OSError as error:
            raise Gone from error

    def expect(self, pattern: bytes, timeout: float = PATIENCE_S) -> re.Match[bytes]:
        """Wait for it in what came since the last call."""
        end = time.monotonic() + timeout
        while not (found := re.compile(pattern, re.S).search(self.heard, self.read)):
            self.hear(max(0.01, end - time.monotonic()))
        self.read = found.end()
        return found

    def hear(self, timeout: float) -> None:
        self.socket.settimeout(timeout)
        try:
            got = self.socket.recv(65536)
        except (ssl.SSLError, ConnectionError, socket.timeout) as error:
            raise Gone from error
        if not got:
            raise Gone
        self.heard += got

    def until_gone(self, timeout: float = 10) -> None:
        """Keep the connection until the client ends it."""
        try:
            while True:
                self.hear(timeout)
        except Gone:
            pass

    # --- a login, step by step --------------------------------------------------------------------------------------

    def secure(self) -> None:
        """TLS, behind STARTTLS where the server is of that kind."""
        if self.server.tls == "starttls":
            self.open(STARTTLS)
            self.expect(rb"<starttls[^>]*>")
            self.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.socket.settimeout(PATIENCE_S)
        self.socket = self.server.context.wrap_socket(self.socket, server_side=True)
        self.secured = True

    def open(self, features: str) -> None:
        self.expect(rb"<stream:stream[^>]*>")
        header = HEADER.format(id=self.number).replace("localhost", self.server.domain)
        self.send(f"{header}<stream:features>{features}</stream:features>")

    def scram(self, password: str, forge: Callable[[bytes], bytes] = lambda signature: signature,
              behind: str = "") -> None:
        """SCRAM-SHA-256 up to the server's signature, which `forge` may change. `behind` follows at once."""
        first = base64.b64decode(self.expect(rb"<auth[^>]*>([^<]*)</auth>")[1]).decode()
        bare = first.split(",", 2)[2]
        nonce = re.search("r=([^,]*)", bare)[1] + "server"
        salt = b"a salt of theirs"
        challenge = f"r={nonce},s={base64.b64encode(salt).decode()},i=4096"
        self.send(f"<challenge xmlns='{SASL}'>{base64.b64encode(challenge.encode()).decode()}</challenge>")
        final = base64.b64decode(self.expect(rb"<response[^>]*>([^<]*)</response>")[1]).decode()
        auth_message = f"{bare},{challenge},{final.rsplit(',p=', 1)[0]}".encode()
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 4096)
        signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), auth_message, "sha256")
        success = b"v=" + base64.b64encode(forge(signature))
        self.send(f"<success xmlns='{SASL}'>{base64.b64encode(success).decode()}</success>{behind}")

    def login(self, password: str, features: str = "") -> None:
        """All of it: the client is on line."""
        self.secure()
        self.open(MECHANISMS)
        self.scram(password)
        self.bind(features)

    def login_sm(self, password: str, session: str = "session1") -> None:
        """With XEP-0198, and a session that can be resumed."""
        self.login(password, SM)
        self.expect(rb"<enable [^>]*>")
        self.send(f"<enabled xmlns='{SM_NS}' id='{session}' resume='true'/>")

    def ask_resume(self, password: str) -> int:
        """A login as far as <resume/>; the count that it tells."""
        self.secure()
        self.open(MECHANISMS)
        self.scram(password)
        self.open(BIND + SM)
        return int(self.expect(rb"<resume [^>]*h=['\"](\d+)")[1])

    def resume(self, password: str, h: int = 0, session: str = "session1") -> int:
        count = self.ask_resume(password)
        self.send(f"<resumed xmlns='{SM_NS}' previd='{session}' h='{h}'/>")
        return count

    def acknowledged(self) -> int:
        """Ask, and wait for the count."""
        self.send(f"<r xmlns='{SM_NS}'/>")
        return int(self.expect(rb"<a [^>]*h=['\"](\d+)")[1])

    def bind(self, features: str = "", jid: str | None = None) -> None:
        jid = f"alice@{self.server.domain}/scripted" if jid is None else jid
        self.open(BIND + features)
        found = self.expect(rb"<iq[^>]*id=['\"]([^'\"]*)['\"][^>]*>\s*<bind.*?</iq>")
        bound = BIND.replace("/>", f"><jid>{jid}</jid></bind>")
        self.send(f"<iq type='result' id='{found[1].decode()}'>{bound}</iq>")

    def answer_iqs(self) -> None:
        """Know nothing, but say so, and end the stream when the client does."""
        while not (found := self.expect(rb"<iq[^>]*>|</stream:stream>", 60))[0].startswith(b"</"):
            name, to = (re.search(rb"\b" + key + rb"=['\"]([^'\"]*)", found[0]) for key in (b"id", b"to"))
            sender = f" from='{to[1].decode()}'" if to else ""
            if b"type='result'" not in found[0]:
                self.send(f"<iq type='error' id='{name[1].decode()}'{sender}>{NOT_IMPLEMENTED}</iq>")
        self.send("</stream:stream>")

    def stream_error(self, inner: str) -> None:
        self.send(f"<stream:error>{inner}</stream:error></stream:stream>")

    def cut(self) -> None:
        """End TCP without a word of TLS."""
        raw = socket.socket(fileno=self.socket.detach())
        raw.close()


class ScriptedServer:
    """with ScriptedServer(cert, script) as server: each connection runs script(client) in a thread of its own."""

    def __init__(self, cert: tuple[Path, Path] | None, script: Callable[[Client], None], tls: str = "direct",
                 domain: str = "localhost"):
        self.script, self.tls, self.domain = script, tls, domain
        self.clients: list[Client] = []
        if cert is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*cert)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=32)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> "ScriptedServer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listener.close()
        for client in self.clients:
            try:
                client.socket.close()
            except OSError:
                pass

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            client = Client(self, sock, len(self.clients))
            client.thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self.clients.append(client)  # before it can end
            client.thread.start()

    def _serve(self, client: Client) -> None:
        try:
            self.script(client)
        except (Gone, OSError, ssl.SSLError) as error:
            client.log.append(repr(error))
        finally:
            try:
                client.socket.close()
            except OSError:
                pass
