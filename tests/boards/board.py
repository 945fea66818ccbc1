"""A board in QEMU: its console, its storage, its cable."""
import os
import re
import socket
import subprocess
import threading
import time
from pathlib import Path

from prosody import Account, Prosody, die_with_parent
from wire import Wire

ROOT = Path(__file__).resolve().parents[2]
CTRL_C, CTRL_T = b"\x03", b"\x14"
NICS = {"lm3s6965evb": "stellaris", "mps2-an385": "lan9118", "riscv-virt": "virtio-net-device"}  # as qemu.sh of each
ARM = ("arm-none-eabi-", 13, 15)
RISCV = ("riscv64-unknown-elf-", 2, 32)
# The prefix of its tools, and the numbers that a debugger gives to stack pointer and program counter.
MACHINES = {"lm3s6965evb": ARM, "mps2-an385": ARM, "riscv-virt": RISCV, "w5500-evb-pico": ARM}
STORAGE = 1 << 20  # bytes; an SD card of QEMU is a power of two


class Board:
    """with Board("lm3s6965evb", "lm3s6965evb", folder, server, account) as board: board.wait("online as")"""

    def __init__(self, name: str, build: str, folder: Path, server: Prosody, account: Account, tls: str | None = "direct",
                 ca: Path | None = None, icount: bool = False, plugged: bool = True, provisioned: bool = False,
                 wire: Wire | None = None, environment: dict[str, str] | None = None, **settings: object):
        self.environment = environment or {}  # of the emulator
        self.build, self.wire = build, wire  # the folder below build/; the cable, if it is not QEMU's own
        self.name, self.folder, self.icount, self.plugged = name, folder, icount, plugged
        self.ca = ca or server.ca
        self.settings = {"jid": account.jid, "password": account.password, "host": "10.0.2.2",
                         "port": server.port(tls or "direct"), "tls": tls, "interval": 1} | settings
        if provisioned:  # all that it knows lies in its storage
            self.settings = settings
        self.image, self.monitor, self.debugger = folder / "storage.img", folder / "monitor", folder / "gdb"
        self.lines: list[str] = []
        self._changed = threading.Condition()
        if not self.image.exists():
            self.image.write_bytes((b"\xff" if name == "w5500-evb-pico" else b"\0") * STORAGE)

    def __enter__(self) -> "Board":
        extra = f"-monitor unix:{self.monitor},server,nowait" + (" -icount shift=0" if self.icount else "")
        extra += "" if self.plugged else " -S"
        extra += f" -gdb unix:{self.debugger},server=on,wait=off"
        settings = {k: v for k, v in self.settings.items() if v is not None}
        network = {"QEMU_NET": self.wire.qemu(NICS[self.name])} if self.wire else {}
        if self.name == "w5500-evb-pico":  # boards/cortex-m/w5500-evb-pico/emulator/run.sh
            network = {"PICO_FLASH": str(self.image), "PICO_MONITOR": str(self.monitor)} | self.environment
        elif self.name == "lm3s6965evb":
            extra += f" -drive if=sd,format=raw,file={self.image}"
        else:
            settings["disk"] = self.image
        command = ["boards/bare/run.sh", self.name, f"build/{self.build}/sensor.elf", str(self.ca)]
        command += [f"{key}={value}" for key, value in settings.items()]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=os.environ | {"QEMU_EXTRA": extra} | network,
                                        preexec_fn=die_with_parent)
        threading.Thread(target=self._read, daemon=True).start()
        if not self.plugged:
            end = time.monotonic() + 10
            while not self.monitor.exists() and time.monotonic() < end:
                time.sleep(0.05)
            self.cable(False)
            self.command("cont")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def stop(self, timeout: float = 60) -> int:
        """Ask it to end, in good order. Its exit code."""
        self.type(CTRL_C)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.command("quit")
            raise

    def reset(self) -> None:
        """The power goes, whatever it is doing."""
        self.command("quit")
        self.process.wait(20)

    def type(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def command(self, text: str) -> str:
        """To QEMU's monitor. What it answers, and the echo before it."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.monitor))
            s.settimeout(5)
            answer, prompt = b"", b"(emulator) " if self.name == "w5500-evb-pico" else b"(qemu) "
            while not answer.endswith(prompt):
                answer += s.recv(4096)
            s.sendall(text.encode() + b"\n")
            answer = b""
            while not answer.endswith(prompt) and (more := s.recv(4096)):
                answer += more
            return answer.decode(errors="replace")

    def set_registers(self, pc: int, sp: int | None = None) -> None:
        """Stop it, change the registers as a debugger does, let it go on."""
        _, stack_pointer, program_counter = MACHINES[self.name]
        values = {program_counter: pc} | ({stack_pointer: sp} if sp is not None else {})
        self._debug(*(f"P{number:x}={value.to_bytes(4, 'little').hex()}" for number, value in values.items()))

    def symbol(self, name: str) -> int | None:
        """Its address in the firmware."""
        lines = subprocess.run([MACHINES[self.name][0] + "nm", f"build/{self.build}/sensor.elf"], cwd=ROOT,
                               capture_output=True, text=True, check=True).stdout.splitlines()
        return next((int(line.split()[0], 16) for line in lines if line.endswith(f" {name}")), None)

    def set_memory(self, address: int, data: bytes) -> None:
        self._debug(f"M{address:x},{len(data):x}:{data.hex()}")

    def _debug(self, *commands: str) -> None:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.debugger))
            s.settimeout(5)
            for text, answer in (("qXfer:features:read:target.xml:0,400", b"#"),
                                 *((command, b"$OK#") for command in commands), ("D", b"$OK#")):
                s.sendall(f"+${text}#{sum(text.encode()) & 0xff:02x}".encode())
                heard = b""
                while answer not in heard:
                    heard += s.recv(4096)

    def cable(self, plugged: bool) -> None:
        answer = self.command(f"set_link net {'on' if plugged else 'off'}")
        assert "Error" not in answer and "not found" not in answer, answer

    def wait(self, pattern: str, timeout: float = 90, after: int = 0) -> re.Match[str]:
        """The first line from number `after` on that holds the pattern."""
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                for line in self.lines[after:]:
                    if match := re.search(pattern, line):
                        return match
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._changed.wait(0.5)):
                    raise AssertionError(f"no line with {pattern!r} in\n" + "\n".join(self.lines))
                self._changed.wait(min(left, 1))

    def figures(self) -> dict[str, int]:
        """What the board has measured of itself so far."""
        after = len(self.lines)
        self.type(CTRL_T)
        stack = self.wait(r"stack: at most (\d+) of (\d+)", after=after)
        turn = self.wait(r"longest turn: (\d+) us, in a handshake (\d+) us", after=after)
        busy = self.wait(r"busy: (\d+) us", after=after)
        return {"stack": int(stack[1]), "stack_size": int(stack[2]), "turn": int(turn[1]), "handshake": int(turn[2]),
                "busy": int(busy[1])}

    def _read(self) -> None:
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.decode(errors="replace").rstrip("\r\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()
