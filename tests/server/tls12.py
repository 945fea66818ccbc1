"""A server's side of TLS 1.2, written out, for what OpenSSL does not let one do: records of any size whatever the client has
asked for (RFC 6066), in one piece or many, and a server that knows neither max_fragment_length nor ALPN.

ECDHE-ECDSA-AES128-GCM-SHA256 with P-256 alone, which every client of ours offers.
"""
import hashlib
import hmac
import os
import select
import socket
import ssl
import struct
import threading
from pathlib import Path
from typing import Callable

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHANGE_CIPHER, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, KEY_EXCHANGE, HELLO_DONE, CLIENT_KEY, FINISHED = 1, 2, 11, 12, 14, 16, 20
MAX_FRAGMENT_LENGTH, ALPN, EXTENDED_MASTER_SECRET, RENEGOTIATION = 1, 16, 23, 0xff01
SUITE, P256, ECDSA_SHA256 = 0xc02b, 23, 0x0403
LARGEST = 16384


def prf(secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """RFC 5246 section 5, with SHA-256."""
    seed, out = label + seed, b""
    a = seed
    while len(out) < size:
        a = hmac.digest(secret, a, "sha256")
        out += hmac.digest(secret, a + seed, "sha256")
    return out[:size]


def vector(data: bytes, width: int) -> bytes:
    return len(data).to_bytes(width, "big") + data


class Tls12:
    """One connection. `fragment`: bytes of the handshake in one record, and `record` those of data, which may be more than
    the protocol allows; `split`: gives those of each record anew, 0 too; `agree`: to the fragment length that the client asks
    for."""

    def __init__(self, sock: socket.socket, pair: tuple[Path, Path], fragment: int = LARGEST, record: int = LARGEST,
                 agree: bool = False, split: Callable[[], int] | None = None):
        self.sock, self.fragment, self.record, self.agree, self.split = sock, fragment, record, agree, split
        self.asked: dict[int, bytes] = {}  # the client's extensions
        self._messages, self._pending = b"", b""
        self._keys: dict[str, tuple[AESGCM, bytes]] = {}
        self._numbers = {"read": 0, "write": 0}
        pem = pair[0].read_bytes().split(b"-----END CERTIFICATE-----")[:-1]
        self._chain = [ssl.PEM_cert_to_DER_cert(p.decode().strip() + "\n-----END CERTIFICATE-----") for p in pem]
        self._key = serialization.load_pem_private_key(pair[1].read_bytes(), None)

    # --- records ----------------------------------------------------------------------------------------------------

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            if not (more := self.sock.recv(size - len(data))):
                raise EOFError
            data += more
        return data

    def send(self, kind: int, data: bytes) -> None:
        """One record."""
        if "write" in self._keys:
            cipher, salt = self._keys["write"]
            number = struct.pack(">Q", self._numbers["write"])
            extra = number + struct.pack(">BHH", kind, 0x0303, len(data))
            data = number + cipher.encrypt(salt + number, data, extra)
            self._numbers["write"] += 1
        self.sock.sendall(struct.pack(">BHH", kind, 0x0303, len(data)) + data)

    def receive(self) -> tuple[int, bytes]:
        kind, _, size = struct.unpack(">BHH", self._exactly(5))
        data = self._exactly(size)
        if "read" in self._keys:
            cipher, salt = self._keys["read"]
            extra = struct.pack(">QBHH", self._numbers["read"], kind, 0x0303, size - 24)
            data = cipher.decrypt(salt + data[:8], data[8:], extra)
            self._numbers["read"] += 1
        return kind, data

    # --- handshake --------------------------------------------------------------------------------------------------

    def _say(self, *messages: tuple[int, bytes]) -> None:
        flight = b"".join(bytes([kind]) + vector(content, 3) for kind, content in messages)
        self._messages += flight
        for i in range(0, len(flight), self.fragment):
            self.send(HANDSHAKE, flight[i:i + self.fragment])

    def _hear(self, wanted: int) -> bytes:
        while len(self._pending) < 4 or len(self._pending) < 4 + int.from_bytes(self._pending[1:4], "big"):
            kind, data = self.receive()
            if kind != HANDSHAKE:
                raise ValueError(f"a record of kind {kind} in the handshake: {data.hex()}")
            self._pending += data
        end = 4 + int.from_bytes(self._pending[1:4], "big")
        message, self._pending = self._pending[:end], self._pending[end:]
        if message[0] != wanted:
            raise ValueError(f"handshake message {message[0]} instead of {wanted}")
        self._before = self._messages
        self._messages += message
        return message[4:]

    def _hello(self, hello: bytes) -> bytes:
        """Takes the client's hello apart. Its random."""
        at = 35 + hello[34]
        at += 2 + int.from_bytes(hello[at:at + 2], "big")
        at += 1 + hello[at] + 2
        while at < len(hello):
            kind, size = struct.unpack(">HH", hello[at:at + 4])
            self.asked[kind] = hello[at + 4:at + 4 + size]
            at += 4 + size
        return hello[2:34]

    def handshake(self) -> "Tls12":
        client, server = self._hello(self._hear(CLIENT_HELLO)), os.urandom(32)
        ours = {RENEGOTIATION: b"\0"}
        if EXTENDED_MASTER_SECRET in self.asked:
            ours[EXTENDED_MASTER_SECRET] = b""
        if self.agree and MAX_FRAGMENT_LENGTH in self.asked:
            ours[MAX_FRAGMENT_LENGTH] = self.asked[MAX_FRAGMENT_LENGTH]
            self.record = 256 << self.asked[MAX_FRAGMENT_LENGTH][0]
        extensions = b"".join(struct.pack(">H", kind) + vector(data, 2) for kind, data in ours.items())
        key = ec.generate_private_key(ec.SECP256R1())
        point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        offer = b"\3" + struct.pack(">H", P256) + vector(point, 1)
        signature = self._key.sign(client + server + offer, ec.ECDSA(hashes.SHA256()))
        self._say((SERVER_HELLO, b"\3\3" + server + b"\0" + struct.pack(">HB", SUITE, 0) + vector(extensions, 2)),
                  (CERTIFICATE, vector(b"".join(vector(c, 3) for c in self._chain), 3)),
                  (KEY_EXCHANGE, offer + struct.pack(">H", ECDSA_SHA256) + vector(signature, 2)), (HELLO_DONE, b""))
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self._hear(CLIENT_KEY)[1:])
        shared = key.exchange(ec.ECDH(), theirs)
        if EXTENDED_MASTER_SECRET in self.asked:
            master = prf(shared, b"extended master secret", hashlib.sha256(self._messages).digest(), 48)
        else:
            master = prf(shared, b"master secret", client + server, 48)
        block = prf(master, b"key expansion", server + client, 40)
        if self.receive()[0] != CHANGE_CIPHER:
            raise ValueError("no ChangeCipherSpec")
        self._keys["read"] = AESGCM(block[:16]), block[32:36]
        heard = self._hear(FINISHED)
        if heard != prf(master, b"client finished", hashlib.sha256(self._before).digest(), 12):
            raise ValueError("the client's Finished is wrong")
        self.send(CHANGE_CIPHER, b"\1")
        self._keys["write"] = AESGCM(block[16:32]), block[36:40]
        self._say((FINISHED, prf(master, b"server finished", hashlib.sha256(self._messages).digest(), 12)))
        return self

    # --- data -------------------------------------------------------------------------------------------------------

    def sendall(self, data: bytes) -> None:
        while data:
            size = self.split() if self.split is not None else self.record
            self.send(DATA, data[:size])
            data = data[size:]

    def recv(self) -> bytes:
        """b"" at the end."""
        kind, data = self.receive()
        return data if kind == DATA else b""


class Tls12Relay:
    """Stands in front of a server with direct TLS, under its name and with its certificate. How many connections came, and what
    each asked for, is in `connections`."""

    def __init__(self, port: int, pair: tuple[Path, Path], join: int = 0, **how: object):
        self.target, self.pair, self.how = port, pair, how
        self.join = join  # what is shorter than that is sent as it comes, and the rest joined with what is behind it
        self.connections: list[Tls12] = []
        self.largest = 0  # record to a client
        self.rewrite = lambda data: data  # what the server says
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Tls12Relay":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for connection in self.connections:
            connection.sock.close()

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        client = Tls12(sock, self.pair, **self.how)
        self.connections.append(client)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            client.handshake()
            server = context.wrap_socket(socket.create_connection(("127.0.0.1", self.target)), server_hostname="localhost")
        except (OSError, ValueError, EOFError):
            sock.close()
            return
        threading.Thread(target=self._up, args=(client, server), daemon=True).start()
        try:
            while data := self._gather(server):
                self.largest = max(self.largest, min(len(data), client.record))
                client.sendall(self.rewrite(data))
        except OSError:
            pass
        for end in (sock, server):
            end.close()

    def _gather(self, server: ssl.SSLSocket) -> bytes:
        """What comes at once, for as few records as that takes. b"" at the end."""
        data = server.recv(2 * LARGEST)
        while data and self.join <= len(data) < 2 * LARGEST and (server.pending() or select.select([server], [], [], 0.05)[0]):
            if not (more := server.recv(2 * LARGEST - len(data))):
                break
            data += more
        return data

    @staticmethod
    def _up(client: Tls12, server: ssl.SSLSocket) -> None:
        try:
            while data := client.recv():
                server.sendall(data)
        except (OSError, EOFError, ValueError):
            pass
        except Exception:  # a record that does not decrypt: cryptography has exceptions of its own
            pass
        for end in (client.sock, server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
