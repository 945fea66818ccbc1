"""The cable of a board, with a test in the middle: all frames between its network interface and QEMU's user-mode network
pass here. Questions to the DNS are answered here and go nowhere else."""
import socket
import struct
import threading

from dns_wire import Zone, answer, question

DNS = "10.0.2.53"  # as DHCP tells; QEMU answers ARP for it


class Wire:
    """with Wire(zone) as wire: Board(..., wire=wire). `zone`: what the DNS knows, by name and type."""

    def __init__(self, zone: Zone | None = None):
        self.zone = zone or {}
        self.asked: list[tuple[str, int]] = []  # names and types that were looked up
        self.dhcp = self.dns = True             # False: there is nobody who answers
        self._board, self._net = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for s in (self._board, self._net):
            s.bind(("127.0.0.1", 0))
            s.settimeout(0.2)
        self._ports = self._free()
        self._stop = False
        self._threads = [threading.Thread(target=self._relay, args=arguments, daemon=True) for arguments in
                         ((self._board, self._net, 1, True), (self._net, self._board, 0, False))]

    def __enter__(self) -> "Wire":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        for thread in self._threads:
            thread.join(5)
        self._board.close()
        self._net.close()

    def qemu(self, model: str) -> str:
        """Instead of -nic user: the interface at one end, the network at the other."""
        (board, net), (ours, theirs) = self._ports, (s.getsockname()[1] for s in (self._board, self._net))
        near = f"udp=127.0.0.1:{ours},localaddr=127.0.0.1:{board}"
        # A card that is no part of the machine is one of its devices.
        card = (f"-netdev socket,id=net,{near} -device {model},netdev=net" if model.endswith("-device") else
                f"-nic socket,id=net,model={model},{near}")
        return (f"{card} -netdev socket,id=far,udp=127.0.0.1:{theirs},localaddr=127.0.0.1:{net} "
                f"-netdev user,id=user,dns={DNS} -netdev hubport,id=h1,hubid=0,netdev=far "
                f"-netdev hubport,id=h2,hubid=0,netdev=user")

    def _free(self) -> list[int]:
        """Two ports that are free now, for QEMU."""
        held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for s in held:
            s.bind(("127.0.0.1", 0))
        ports = [s.getsockname()[1] for s in held]
        for s in held:
            s.close()
        return ports

    def _relay(self, source: socket.socket, target: socket.socket, port: int, from_board: bool) -> None:
        while not self._stop:
            try:
                frame = source.recv(2048)
            except OSError:  # nothing for a while, or the other end is not there yet
                continue
            answer = self._answer(frame) if from_board else None
            try:
                if answer:
                    source.sendto(answer, ("127.0.0.1", self._ports[0]))
                elif answer is None:
                    target.sendto(frame, ("127.0.0.1", self._ports[port]))
            except OSError:
                continue

    def _answer(self, frame: bytes) -> bytes | None:
        """What this end says to it itself; b"": nothing, and nobody else does either; None: it is not for us."""
        if frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_UDP:
            return None
        ip = frame[14:14 + 4 * (frame[14] & 15)]
        udp = frame[14 + len(ip):]
        source, target = struct.unpack(">HH", udp[:4])
        if target == 67:
            return None if self.dhcp else b""
        if target != 53:
            return None
        reply = self._resolve(udp[8:struct.unpack(">H", udp[4:6])[0]]) if self.dns else b""
        if not reply:
            return b""
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(reply), 0, 0, 64, socket.IPPROTO_UDP, 0, ip[16:20], ip[12:16])
        total = sum(struct.unpack(">10H", head))
        head = head[:10] + struct.pack(">H", 0xffff - (total % 0xffff)) + head[12:]
        return (frame[6:12] + frame[:6] + b"\x08\x00" + head +
                struct.pack(">HHHH", 53, source, 8 + len(reply), 0) + reply)

    def _resolve(self, query: bytes) -> bytes:
        self.asked.append(question(query)[:2])
        return answer(query, self.zone)
