"""What is measured. Each part fills in its own piece of the results; figures are plain numbers in the units of their names."""
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from tools import (BENCH, CLIENTS, OUT, PYTHON, ROOT, XMPP, Failed, Servers, Usage, by_difference, client, end,
                   heap_calls, in_parallel, instructions, median, object_in, run, say, standin, started, writes)

Results = dict[str, Any]
LENGTHS = {"mote": (1000, 3000), "strophe": (1000, 3000), "gloox": (500, 1500), "slixmpp": (50, 150)}
KINDS = ("chat", "event", "send", "publish")


def stanzas(servers: Servers) -> Results:
    """Instructions and heap calls of one stanza: the difference of two lengths, so that start and login do not count."""
    jobs = [(count, name, kind) for name in ("slixmpp", "gloox", "strophe", "mote") for kind in KINDS
            for count in (instructions, heap_calls)]
    found = in_parallel([lambda job=job: by_difference(job[0], job[1], job[2], *LENGTHS[job[1]]) for job in jobs])
    result: Results = {"instructions": {}, "heap_calls": {}}
    for (count, name, kind), value in zip(jobs, found):
        result[count.__name__].setdefault(name, {})[kind] = round(value, 2)
    for name in ("expat", "expat-own"):
        result["instructions"][name] = {kind: round(expat_instructions(servers, name, kind)) for kind in ("chat", "event")}
    result["writes_of_64"] = {name: round((writes(name, 640) - writes(name, 64)) / 9, 1) for name in XMPP}
    return result


def recorded(servers: Servers, kind: str, n: int) -> Path:
    path = servers.dir / f"{kind}{n}.xml"
    if not path.exists():
        with open(path, "wb") as out:
            subprocess.run([BENCH / "standin/standin", "--flood", kind, str(n), "--dump"], stdout=out, check=True)
    return path


def expat_instructions(servers: Servers, name: str, kind: str) -> float:
    counts = []
    for n in (1000, 3000):
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *CLIENTS[name],
                               str(recorded(servers, kind, n))], capture_output=True, text=True, check=True)
        found = re.search(r"Collected : (\d+)", done.stderr)
        assert found
        counts.append(int(found[1]))
    return (counts[1] - counts[0]) / 2000


FEED = {"chat": {"mote": 100_000, "strophe": 100_000, "gloox": 20_000, "slixmpp": 10_000},
        "event": {"mote": 40_000, "strophe": 40_000, "gloox": 10_000, "slixmpp": 5_000}}


def feed(servers: Servers) -> Results:
    """Stanzas a second from a server that sends as fast as the client reads, in clear. Clients take turns."""
    result: Results = {}
    for kind, lengths in FEED.items():
        rates: dict[str, list[float]] = {}
        cpu: dict[str, list[float]] = {}
        for _ in range(7):
            for name, n in lengths.items():
                with standin("--sasl", "PLAIN", "--flood", kind, n) as (_process, port):
                    report = object_in(run(client(name, "recv", port, 0, "bob", n)))
                rates.setdefault(name, []).append(n / report["wall"])
                cpu.setdefault(name, []).append(report["cpu"] / n * 1e6)
            n = lengths["mote"]
            for name in ("expat", "expat-own"):
                report = object_in(run([*CLIENTS[name], recorded(servers, kind, n), 1]))
                rates.setdefault(name, []).append(n / report["seconds"][0])
                cpu.setdefault(name, []).append(report["cpu"] / n * 1e6)
        result[kind] = {"per_second": {name: round(median(values)) for name, values in rates.items()},
                        "cpu_us": {name: round(median(values), 3) for name, values in cpu.items()},
                        "spread": {name: [round(min(v)), round(max(v))] for name, v in rates.items()}}
    return result


def through_proxy(port: int, delay_ms: int, command: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """What the client says, and the bytes that went by."""
    with started([PYTHON, ROOT / "tests/bench/delay.py", str(port), str(delay_ms)]) as (proxy, near):
        report = object_in(run(command(near), timeout=60))
        assert proxy.stdout
        counts = object_in(proxy.stdout.readline())
    return report, counts


def login(servers: Servers) -> Results:
    """From the start of the connection to being on line; round trips by a proxy that delays by 50 ms each way."""
    result: Results = {}
    server = servers.prosody
    for tls, name in [(1, "starttls"), (2, "direct")]:
        port = server.port(name)
        for who in XMPP:
            if who == "gloox" and tls == 2:
                continue
            ready = [object_in(run(client(who, "connect", port, tls, "alice")))["ready"] for _ in range(9)]
            slow, counts = through_proxy(port, 50, lambda near: client(who, "connect", near, tls, "alice"))
            result.setdefault(name, {})[who] = {
                "ms": round(median(ready) * 1000, 1), "round_trips": round((slow["ready"] - median(ready)) / 0.1 - 1),
                "up": counts["up"], "down": counts["down"]}
    return result


def reading_bytes(command: Any, port: int) -> dict[str, float]:
    counts = [through_proxy(port, 0, lambda near: command(near, n))[1] for n in (100, 300)]
    return {way: round((counts[1][way] - counts[0][way]) / 200, 1) for way in ("up", "down")}


def reading(servers: Servers) -> Results:
    """TCP payload of one reading that is acknowledged before the next, in clear to the stand-in and by TLS to Prosody."""
    result: Results = {"clear": {}, "tls": {}}
    rows = [(name, name, {}) for name in XMPP] + [("mote, lean", "mote", {"BENCH_LEAN": "1"})]
    for label, name, env in rows:
        os.environ.update(env)
        with standin("--sasl", "PLAIN") as (_, port):
            result["clear"][label] = reading_bytes(lambda near, n: client(name, "pub", near, 0, "alice", n, 1), port)
        result["tls"][label] = reading_bytes(lambda near, n: client(name, "pub", near, 1, "alice", n, 1),
                                             servers.prosody.port("starttls"))
        for key in env:
            del os.environ[key]
    with mosquitto(servers, tls=False) as port:
        result["clear"]["mosquitto"] = reading_bytes(lambda near, n: client("mqtt", "pub", near, 0, "x", n, 1), port)
    return result


class mosquitto:
    """A broker of our own, on a free port."""

    def __init__(self, servers: Servers, tls: bool):
        import prosody
        self.port, self.dir = prosody.free_ports(1)[0], servers.dir
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "log_dest none", "persistence false", "user root"]
        if tls:
            cert, key = servers.tls
            lines += [f"certfile {cert}", f"keyfile {key}"]
        self.config = servers.dir / f"mosquitto{self.port}.conf"
        self.config.write_text("\n".join(lines) + "\n")

    def __enter__(self) -> int:
        import prosody
        self.process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", self.config], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=prosody.die_with_parent)
        for _ in range(100):
            if subprocess.run(["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{self.port}"], capture_output=True,
                              check=False).returncode == 0:
                return self.port
            time.sleep(0.05)
        raise Failed("mosquitto does not start")

    def __exit__(self, *_: object) -> None:
        end(self.process)


# --- files ----------------------------------------------------------------------------------------------------------

def mote_command(servers: Servers, user: str, server: Any = None) -> tuple[list[Any], dict[str, str], Path]:
    """A configured `mote`, with its home."""
    server = server or servers.prosody
    home = servers.dir / f"home-{user}-{server.direct}"
    command = [OUT / "mote", "-c", home / "mote.conf"]
    env = {"HOME": str(home)}
    if not home.exists():
        home.mkdir()
        Usage([*command, "setup", f"{user}@localhost", "--password-stdin", "--host", "127.0.0.1", "--port",
               server.port("direct"), "--tls", "direct", "--ca", servers.ca], env, b"secret\n")
    return command, env, home


def mote_file(servers: Servers, size: int, block: int, window: int) -> dict[str, float]:
    give, env, home = mote_command(servers, "alice")
    take, take_env, take_home = mote_command(servers, "bob")
    (home / "file").write_bytes(os.urandom(size))
    inbox = take_home / "inbox"
    inbox.mkdir(exist_ok=True)
    for old in inbox.iterdir():
        old.unlink()
    receiver = subprocess.Popen([str(part) for part in [*take, "get", "-v", "--from", "alice@localhost", "--dir", inbox]],
                                env=os.environ | take_env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert receiver.stderr
    while "on line" not in (line := receiver.stderr.readline()):
        if line == "":
            raise Failed("mote get did not get on line")
    used = Usage([*give, "put", "--block-size", block, "--window", window, home / "file", "bob@localhost"], env)
    cpu = used.cpu + end(receiver, 2)
    return {"mb_s": size / used.wall / 1e6, "cpu_s_mb": cpu / size * 1e6}


def slix_file(servers: Servers, size: int, block: int, window: int) -> dict[str, float]:
    port = servers.prosody.port("direct")
    receiver = subprocess.Popen(client("slixmpp", "ibb-take", port, 2, "bob"), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
    time.sleep(3)
    before = process_cpu(receiver.pid)
    report = object_in(run(client("slixmpp", "ibb-give", port, 2, "alice", size, block, window, "bob@localhost/bench"),
                           timeout=120))
    cpu = report["cpu"] + end(receiver, 9) - before
    return {"mb_s": report["bytes"] / report["wall"] / 1e6, "cpu_s_mb": cpu / report["bytes"] * 1e6}


def process_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def files(servers: Servers) -> Results:
    """In-band bytestreams through the same Prosody, sender and receiver of one kind. mote: whole processes, login and hash
    included; slixmpp: from the opened stream on."""
    result: Results = {}
    rows = [("slixmpp", slix_file, 2 << 20, block, window) for block, window in
            ((4096, 1), (4096, 16), (8192, 16), (32768, 4))]
    rows += [("mote", mote_file, 8 << 20, block, window) for block, window in ((4096, 1), (4096, 8), (8192, 8), (16384, 8))]
    for who, measure, size, block, window in rows:
        found = [measure(servers, size, block, window) for _ in range(3)]
        result.setdefault(who, {})[f"{block} x {window}"] = {
            key: round(median([one[key] for one in found]), 4) for key in ("mb_s", "cpu_s_mb")}
    return result


# --- processes ------------------------------------------------------------------------------------------------------

def cold_start(servers: Servers) -> Results:
    """Whole processes that say one thing over TLS and end, in turns."""
    command, env, _ = mote_command(servers, "alice")
    port = servers.prosody.port("direct")
    starttls = servers.prosody.port("starttls")
    used: dict[str, list[Usage]] = {}
    with mosquitto(servers, tls=True) as broker:
        rows = {"mote send": ([*command, "send", "bob@localhost", "hello"], env),
                "mosquitto_pub -q 1": (["mosquitto_pub", "-h", "localhost", "-p", broker, "--cafile", servers.ca, "-q", "1",
                                        "-t", "t", "-m", "hello"], {}),
                "strophe": (client("strophe", "hello", port, 2, "alice"), {}),
                "gloox (STARTTLS)": (client("gloox", "hello", starttls, 1, "alice"), {}),
                "slixmpp": (client("slixmpp", "hello", port, 2, "alice"), {})}
        for _ in range(15):
            for name, (line, more) in rows.items():
                used.setdefault(name, []).append(Usage(line, more))
    return {name: {"wall_ms": round(median([u.wall for u in all_used]) * 1000, 1),
                   "cpu_ms": round(median([u.cpu for u in all_used]) * 1000, 1),
                   "rss_kib": round(median([u.rss for u in all_used]))} for name, all_used in used.items()}


def far(servers: Servers) -> Results:
    """The same over a link of 400 ms there and back, from start to exit."""
    import prosody
    old, new = servers.prosody, servers.prosody13
    go = ["go-sendxmpp", "-n", "-t", "-u", "alice@localhost", "-p", "secret"]

    def mote(server: Any, name: str) -> Any:
        command, env, home = mote_command(servers, name, server)

        def at(near: int) -> tuple[list[Any], dict[str, str], bytes]:
            return [*command, "send", "--port", near, "bob@localhost", "hello"], env, b""
        for kept in [*home.glob("mote.server*"), *home.glob("mote.token*"), *home.glob("mote.tls*")]:
            kept.unlink()  # the first run is a first login
        return at
    with mosquitto(servers, tls=True) as broker:
        rows: dict[str, tuple[int, Any]] = {
            "Mote, SASL2 and a token": (new.port("direct"), mote(new, "alice")),
            "Mote, RFC 6120": (old.port("direct"), mote(old, "bob")),
            "mosquitto_pub -q 1": (broker, lambda near: (["mosquitto_pub", "-h", "localhost", "-p", near, "--cafile", servers.ca,
                                                          "-q", "1", "-t", "t", "-m", "hello"], {}, b"")),
            "libstrophe": (old.port("direct"), lambda near: (client("strophe", "hello", near, 2, "alice"), {}, b"")),
            "slixmpp": (old.port("direct"), lambda near: (client("slixmpp", "hello", near, 2, "alice"), {}, b"")),
            "go-sendxmpp": (old.port("direct"), lambda near: ([*go, "-j", f"127.0.0.1:{near}", "bob@localhost"], {}, b"hello"))}
        result: Results = {}
        for name, (port, command) in rows.items():
            own = prosody.free_ports(1)[0]  # what is known of a server is of one address
            runs = [far_run(port, own, command) for _ in range(4)]
            result[name] = {"first_s": runs[0][0], "s": round(median([wall for wall, _ in runs[1:]]), 2),
                            "up": runs[-1][1]["up"], "down": runs[-1][1]["down"]}
    return result


def far_run(port: int, own: int, command: Any) -> tuple[float, dict[str, int]]:
    with started([PYTHON, ROOT / "tests/bench/delay.py", str(port), "200", str(own)]) as (proxy, near):
        line, env, said = command(near)
        wall = Usage(line, env, said).wall
        assert proxy.stdout
        return round(wall, 2), object_in(proxy.stdout.readline())


def idle(servers: Servers) -> Results:
    """RAM of a session in one process, grown from the first (of the others: the tenth) session to the last."""
    result: Results = {"mote": {}}
    environment = {"FLEET_PASSWORD": "secret"}
    fleet = [OUT / "fleet", "--jid", "dev%d@localhost", "--host", "127.0.0.1", "--ca", servers.ca, "--login-rate", "1000",
             "--json", "--port"]
    for label, tls, count, more in (("clear", "clear", 10_000, ["--share-keys"]), ("clear, posting", "clear", 10_000, [
            "--share-keys", "--post", "1000"]), ("TLS", "direct", 1_000, ["--post", "200"]),
            ("TLS", "direct", 10_000, ["--share-keys", "--post", "500"])):
        with standin(*(["--tls", *servers.tls] if tls == "direct" else [])) as (_, port):
            report = object_in(run([*fleet, port, "--tls", tls, "--count", count, "--for", "10", *more], environment, 900))
        say(f"fleet of {count}, {label}: {report['session_kib']} KiB, {report['login_s']:.0f} s to log in")
        result["mote"][f"{label}, {count}"] = report
    for name in ("strophe", "gloox", "slixmpp"):
        for label, tls in (("clear", 0), ("TLS", 2)):
            if name == "gloox" and tls == 2:
                continue # it has STARTTLS only, which the stand-in has not
            with standin("--sasl", "PLAIN", *(["--tls", *servers.tls] if tls else [])) as (_, port):
                report = object_in(run(client(name, "fleet", port, tls, "x", 100), timeout=300))
            result.setdefault(name, {})[label] = report["session_kib"]
    return result


FLEET = { # name: options of the stand-in, options of the fleet
    "SCRAM, keys derived": ([], []),
    "SCRAM": ([], ["--share-keys"]),
    "token": (["--sasl2"], ["--tokens"]),
    "SCRAM, TLS 1.3 session": (["--tickets"], ["--share-keys", "--tls-sessions"]),
    "token, TLS 1.3 session": (["--sasl2", "--tickets"], ["--tokens", "--tls-sessions"]),
    "SCRAM, TLS 1.2 session": (["--tickets", "--tls12"], ["--share-keys", "--tls-sessions"]),
    "token, TLS 1.2 session": (["--sasl2", "--tickets", "--tls12"], ["--tokens", "--tls-sessions"]),
}


def fleet(servers: Servers) -> Results:
    """A fleet that was on line logs in again in each way. FLEET_DEVICES=10000 is another size than 2,000."""
    count = int(os.environ.get("FLEET_DEVICES", "2000"))
    again = 1 if count > 5000 else 3  # a port that was left rests for a minute, and there are 28,000
    result: Results = {"devices": count, "again": again, "rows": {}}
    for name, (options, more) in FLEET.items():
        with standin("--tls", *servers.tls, *options) as (_, port):
            report = object_in(run([OUT / "fleet", "--jid", "dev%d@localhost", "--host", "127.0.0.1", "--port", port, "--ca",
                                    servers.ca, "--count", count, "--login-rate", "100000", "--for", "0", "--again", again,
                                    "--json", *more], {"FLEET_PASSWORD": "secret"}, 900))
        for each in report["again"]:
            expected = (count if "token" in name else 0, count if "session" in name else 0)
            if (each["by_token"], each["resumed_tls"]) != expected:
                raise Failed(f"fleet, {name}: {each}")
        rates = [count / each["login_s"] for each in report["again"]]
        say(f"fleet of {count}, {name}: {', '.join(f'{rate:.0f}' for rate in rates)} logins a second")
        result["rows"][name] = {"per_second": round(median(rates)), "first": round(count / report["login_s"]),
                                "session_kib": report["session_kib"], "pool_bytes": report["pool_bytes"]}
    return result


# --- sizes ----------------------------------------------------------------------------------------------------------

def sections(path: Any) -> dict[str, int]:
    size = run(["size", path]).splitlines()[1].split()
    return {"text": int(size[0]), "data": int(size[1]), "bss": int(size[2])}


def symbols_in(program: Path, objects: list[Path]) -> int:
    """Bytes of code and constants in `program` that come from these objects."""
    names = set(re.findall(r" [TtRrDdVW] (\S+)$", run(["nm", "--defined-only", *objects]), re.M))
    total = 0
    for line in run(["nm", "-S", "--defined-only", program]).splitlines():
        parts = line.split()
        if len(parts) == 4 and parts[3] in names and parts[2] in "TtRrDdVW":
            total += int(parts[1], 16)
    return total


def sizes(_: Servers) -> Results:
    program = BENCH / "clients/mote"
    libraries = {}
    for name, of in (("strophe", "strophe"), ("gloox", "gloox"), ("mqtt", "mosquitto")):
        lines = run(["ldd", BENCH / "clients" / name])
        path = re.search(rf"lib{of}\S* => (\S+)", lines)
        assert path
        libraries[of] = sections(path[1])
    deps = ROOT / "build/deps/linux"
    return {"libraries": libraries,
            "mote": {"core": symbols_in(program, sorted((OUT / "core").rglob("*.o"))),
                     "port": symbols_in(program, sorted((OUT / "port").rglob("*.o"))),
                     "expat": symbols_in(program, [deps / "libexpat.a"]),
                     "mbedtls": symbols_in(program, [deps / "libmbedtls.a"]),
                     "libsodium": symbols_in(program, [deps / "libsodium.a"])}}


PARTS = {"stanzas": stanzas, "feed": feed, "login": login, "reading": reading, "files": files, "cold_start": cold_start,
         "far": far, "sizes": sizes, "idle": idle, "fleet": fleet}
