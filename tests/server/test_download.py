"""mote get URL: with a real server, and with web servers that lie, change their mind or die (row F6)."""
import hashlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest

from certs import Certs
from command import BINARY, CONNECTION, DONE, LOCAL, REFUSED, USAGE, Mote, Result
from prosody import Prosody
from test_files import make_file, sha256
from test_upload import LIMIT
from web import Request, Web

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    with Prosody(tmp_path_factory.mktemp("prosody"), certs).serve_files(LIMIT) as prosody:
        yield prosody


@pytest.fixture
def folder(mote: Mote) -> Path:
    (mote.home / "in").mkdir()
    return mote.home / "in"


def get(mote: Mote, url: str, *more: str, code: int | None = DONE) -> Result:
    return mote.run("get", "--json", "--dir", "in", url, *more, code=code)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_that_was_uploaded(mote: Mote, folder: Path) -> None:
    path = make_file(mote.home, 300_000)
    (put,) = mote.run("put", "--json", str(path)).json
    for number, expected in enumerate(("photo.jpg", "photo-1.jpg")):
        (got,) = get(mote, put["url"], *(("--hash", put["sha256"]) if number == 0 else ())).json
        assert got["path"] == f"in/{expected}" and got["size"] == 300_000 and got["resumed"] == 0
        assert got["sha256"] == put["sha256"] and got["verified"] is (number == 0) and got["type"] == "image/jpeg"
        assert sha256(folder / expected) == put["sha256"]
    assert names(folder) == ["photo-1.jpg", "photo.jpg"]
    said = mote.run("get", "--dir", "in", "--name", "../x y.jpg", put["url"]).stdout
    assert said.startswith("in/x") and "not verified" in said and len(names(folder)) == 3


def test_a_hash_that_is_another(mote: Mote, folder: Path) -> None:
    url = mote.run("put", str(make_file(mote.home, 1000))).stdout.strip()
    said = get(mote, url, "--hash", "0" * 64, code=REFUSED)
    assert "SHA-256 is another" in said.stderr and names(folder) == []


@pytest.mark.parametrize("arguments", (("http://localhost/x",), ("ftp://localhost/x",), ("https://",), ("/etc/passwd",),
                                       ("https://u:p@localhost/",), ("https://localhost/a b",),
                                       ("https://localhost/", "--hash", "12"), ("https://localhost/", "--hash", "g" * 64)))
def test_F6_what_is_no_https_url_is_refused(mote: Mote, folder: Path, arguments: tuple[str, ...]) -> None:
    said = mote.run("get", *arguments, code=USAGE)
    assert said.complaint and said.stdout == ""


class Files:
    """One file, served with ranges, as a good server does."""

    def __init__(self, size: int = 5000):
        self.bytes, self.version, self.ranges = os.urandom(size), '"v1"', True
        self.cut: list[int] = []  # of the next responses: the connection ends behind so many bytes of the body
        self.sent: list[int] = []

    def __call__(self, request: Request) -> None:
        first = request.first or 0
        if not self.ranges or (request.header("If-Range") or self.version) != self.version:
            first = 0
        body = self.bytes[first:]
        lines = [f"HTTP/1.1 {'206 Partial Content' if first else '200 OK'}", f"Content-Length: {len(body)}"]
        lines += [f"ETag: {self.version}"] if self.version else []
        lines += [f"Content-Range: bytes {first}-{len(self.bytes) - 1}/{len(self.bytes)}"] if first else []
        cut = self.cut.pop(0) if self.cut else len(body)
        self.sent.append(min(cut, len(body)))
        request.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body[:cut])


@pytest.fixture
def files() -> Files:
    return Files()


def test_a_lost_connection_goes_on_where_it_broke(mote: Mote, certs: Certs, folder: Path, files: Files) -> None:
    files.bytes = os.urandom(3 * MIB)
    files.cut = [MIB, 1, MIB + 5]
    with Web(certs.server(), files) as web:
        said = get(mote, web.url("/a.bin"))
    assert sha256(folder / "a.bin") == hashlib.sha256(files.bytes).hexdigest() and names(folder) == ["a.bin"]
    assert sum(files.sent) == len(files.bytes) and said.stderr.count("going on in") == 3
    assert [request.first for request in web.requests] == [None, MIB, MIB + 1, 2 * MIB + 6]
    assert [request.header("If-Range") for request in web.requests] == [None] + ['"v1"'] * 3


def kill_in_the_middle(mote: Mote, web: Web, size: int) -> None:
    """While `size` bytes are here of /a.bin, whose server sends no more."""
    with mote.start("get", "--dir", "in", web.url("/a.bin")) as running:
        running.wait_for(lambda: any(path.stat().st_size >= size for path in (mote.home / "in").iterdir()), name="bytes")
        running.process.kill()
        running.process.wait()


def test_F6_goes_on_with_the_server_s_own_upload_service(mote: Mote, server: Prosody, folder: Path) -> None:
    """Prosody 0.12 tells one byte too many in Content-Range. The first try ends where it may write no more."""
    path = make_file(mote.home, 8 * MIB)
    (put,) = mote.run("put", "--json", str(path)).json
    subprocess.run(["bash", "-c", f"ulimit -f {5 * 1024}; exec \"$@\"", "bash", BINARY, "-c", mote.config, "get", "--dir", "in",
                    put["url"]], cwd=mote.home, capture_output=True, timeout=60)
    assert not (folder / "photo.jpg").exists() and names(folder)
    (got,) = get(mote, put["url"]).json
    assert got["resumed"] >= 4 * MIB and got["sha256"] == sha256(path) == sha256(folder / "photo.jpg")
    assert names(folder) == ["photo.jpg"]


class Stops(Files):
    """Its first response stops in the middle, and the connection stays open."""

    def __init__(self, size: int, where: int):
        super().__init__(size)
        self.cut, self.where = [where], where

    def __call__(self, request: Request) -> None:
        super().__call__(request)
        if len(self.sent) == 1:
            request.socket.recv(1)  # until the client is gone


def test_killed_and_gone_on_with(mote: Mote, certs: Certs, folder: Path) -> None:
    """What was on the disk, which is all but less than 4 MiB, is not fetched again."""
    files = Stops(12 * MIB, 10 * MIB)
    with Web(certs.server(), files) as web:
        kill_in_the_middle(mote, web, 10 * MIB)
        assert all(name.startswith(".mote-url-") for name in names(folder))
        (got,) = get(mote, web.url("/a.bin")).json
    assert sha256(folder / "a.bin") == got["sha256"] == hashlib.sha256(files.bytes).hexdigest()
    assert names(folder) == ["a.bin"] and 6 * MIB <= got["resumed"] <= 10 * MIB
    assert sum(files.sent) - len(files.bytes) <= 4 * MIB


@pytest.mark.parametrize("change", ("version", "no-ranges", "size", "part", "record", "no-version"))
def test_F6_what_has_changed_begins_anew(mote: Mote, certs: Certs, folder: Path, change: str) -> None:
    """The server's file, or what is here of it: never a file that is mixed of two."""
    files = Stops(12 * MIB, 10 * MIB)
    with Web(certs.server(), files) as web:
        if change == "no-version":
            files.version = ""
        kill_in_the_middle(mote, web, 10 * MIB)
        part = next(folder / name for name in names(folder) if not name.endswith("+"))
        if change in ("version", "size"):
            files.version, files.bytes = '"v2"', os.urandom(9 * MIB if change == "size" else 12 * MIB)
        files.ranges = change != "no-ranges"
        if change == "part":
            with open(part, "r+b") as file:
                file.seek(MIB)
                file.write(b"damaged")
        if change == "record":
            record = part.with_name(part.name + "+")
            record.write_text(record.read_text().replace("/a.bin", "/b.bin"))
        (got,) = get(mote, web.url("/a.bin")).json
    assert sha256(folder / "a.bin") == got["sha256"] == hashlib.sha256(files.bytes).hexdigest()
    assert names(folder) == ["a.bin"] and got["resumed"] == 0


def test_a_server_that_ignores_if_range(mote: Mote, certs: Certs, folder: Path, files: Files) -> None:
    """It tells the version with the part, which is another."""
    files.bytes = os.urandom(2 * MIB)

    def ignorant(request: Request) -> None:
        if request.first is None:
            files.cut = [MIB]
            Files.__call__(files, request)
            files.version, files.bytes = '"v2"', os.urandom(2 * MIB)
        elif files.sent[1:]:
            Files.__call__(files, request)
        else:
            files.sent.append(0)
            body = files.bytes[request.first:]
            web.script = files
            request.answer("206 Partial Content", body, f"ETag: {files.version}",
                           f"Content-Range: bytes {request.first}-{2 * MIB - 1}/{2 * MIB}")

    with Web(certs.server(), ignorant) as web:
        (got,) = get(mote, web.url("/a.bin")).json
    assert sha256(folder / "a.bin") == got["sha256"] == hashlib.sha256(files.bytes).hexdigest()


def test_two_at_a_time(mote: Mote, certs: Certs, folder: Path) -> None:
    files = Stops(2 * MIB, MIB)
    with Web(certs.server(), files) as web, mote.start("get", "--dir", "in", web.url("/a.bin")) as running:
        running.wait_for(lambda: any(path.stat().st_size >= MIB for path in folder.iterdir()), name="bytes")
        assert "another process" in get(mote, web.url("/a.bin"), code=LOCAL).stderr
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()


BOMB = "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n"

LIES: dict[str, tuple[Callable[[Request], None], str]] = {
    "404": (lambda r: r.answer("404 Not Found"), "404 Not Found"),
    "gzip": (lambda r: r.answer("200 OK", b"\x1f\x8b" * 9, "Content-Encoding: gzip"), "gzip"),
    "deflate": (lambda r: r.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), "transfer coding"),
    "100GB": (lambda r: r.send(BOMB.format(100 * 1024 ** 3)), "larger than is allowed"),
    "endless": (lambda r: r.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                 (b"100000\r\n" + b"x" * MIB + b"\r\n") * 9), "larger than is allowed"),
    "no-length": (lambda r: r.send("HTTP/1.1 200 OK\r\n\r\nhello"), "no length"),
    "206-unasked": (lambda r: r.answer("206 Partial Content", b"x", "Content-Range: bytes 0-0/5"), "another part"),
    "two-lengths": (lambda r: r.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
                    "Content-Length"),
    "smuggled": (lambda r: r.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
                 "two lengths"),
    "header-flood": (lambda r: r.send("HTTP/1.1 200 OK\r\n" + "A: b\r\n" * 1000), "no end"),
    "endless-header": (lambda r: r.send("HTTP/1.1 200 OK\r\nA: " + "b" * 100_000), "no end"),
    "other-host": (lambda r: r.answer("302 Found", b"", "Location: https://evil.test/x"), "another host, evil.test"),
    "loopback": (lambda r: r.answer("302 Found", b"", "Location: https://127.0.0.1/x"), "another host, 127.0.0.1"),
    "other-port": (lambda r: r.answer("302 Found", b"", "Location: https://localhost:22/"), "another host"),
    "downgrade": (lambda r: r.answer("302 Found", b"", "Location: http://localhost/"), "no https"),
    "loop": (lambda r: r.answer("302 Found", b"", f"Location: {r.path}"), "without end"),
    "nowhere": (lambda r: r.answer("302 Found"), "missing"),
    "not-http": (lambda r: r.send("220 mail ESMTP\r\n"), "not HTTP"),
}


@pytest.mark.parametrize("name", LIES)
def test_F6_responses_that_lie(mote: Mote, certs: Certs, folder: Path, name: str) -> None:
    script, word = LIES[name]
    with Web(certs.server(), script) as web:
        said = get(mote, web.url("/a.bin"), "--max-size", "8M", code=None)
    assert said.code in (REFUSED, CONNECTION) and word in said.stderr and names(folder) == []
    assert len(web.requests) == (5 if name == "loop" else 1)


def test_F6_a_body_that_is_shorter_is_no_file(mote: Mote, certs: Certs, folder: Path) -> None:
    with Web(certs.server(), lambda r: r.answer("200 OK", b"x" * 1000, length=2000)) as web:
        said = get(mote, web.url("/a.bin"), code=CONNECTION)
    assert "without ending" in said.stderr or "closed" in said.stderr
    assert names(folder) == []


def test_F6_a_body_that_is_longer_ends_where_it_was_told(mote: Mote, certs: Certs, folder: Path) -> None:
    with Web(certs.server(), lambda r: r.answer("200 OK", b"x" * 2000, length=1000)) as web:
        (got,) = get(mote, web.url("/a.bin")).json
    assert got["size"] == 1000 and (folder / "a.bin").read_bytes() == b"x" * 1000


@pytest.mark.parametrize("host", ("127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"))
def test_F6_private_networks(mote: Mote, certs: Certs, folder: Path, files: Files, host: str) -> None:
    """The own domain may be in one, as here; no other host."""
    with Web(certs.server(), files) as web:
        said = get(mote, web.url("/a.bin", host), code=REFUSED)
        assert "private network" in said.stderr and not web.requests and names(folder) == []
        get(mote, web.url("/a.bin"))


def test_F6_certificates_are_verified(mote: Mote, certs: Certs, folder: Path, files: Files) -> None:
    with Web(certs.make("download-other", "DNS:other.test"), files) as web:
        assert "certificate is for" in get(mote, web.url("/a.bin"), code=4).stderr and not web.requests


def test_redirects_on_the_same_host(mote: Mote, certs: Certs, folder: Path, files: Files) -> None:
    def script(request: Request) -> None:
        if request.path == "/old/a.bin":
            request.answer("301 Moved", b"gone", "Location: /new/b.bin")
        else:
            files(request)
    with Web(certs.server(), script) as web:
        (got,) = get(mote, web.url("/old/a.bin")).json
    assert names(folder) == ["a.bin"] and got["sha256"] == hashlib.sha256(files.bytes).hexdigest()


@pytest.mark.parametrize("path, name", (("/", "file-"), ("/a/", "file-"), ("/.bashrc", "bashrc"), ("/%2e%2e%2fetc%2fpasswd", "passwd"),
                                        ("/a%00b", "ab"), ("/x?y=/z.sh", "x")))
def test_F2_names_of_urls(mote: Mote, certs: Certs, folder: Path, files: Files, path: str, name: str) -> None:
    with Web(certs.server(), files) as web:
        get(mote, web.url(path))
    (found,) = names(folder)
    assert found.startswith(name) if name == "file-" else found == name


def test_F2_hidden_characters_in_urls(mote: Mote, certs: Certs, folder: Path, files: Files) -> None:
    with Web(certs.server(), files) as web:
        get(mote, web.url("/a%e2%80%aegpj.exe"))
    (found,) = names(folder)
    assert found.isascii() and found.endswith("gpj.exe")


def test_a_full_disk(mote: Mote, certs: Certs, files: Files, small_disk: Path) -> None:
    files.bytes = os.urandom(MIB)
    with Web(certs.server(), files) as web:
        said = mote.run("get", "--dir", str(small_disk), web.url("/a.bin"), code=LOCAL)
    assert "No space left" in said.stderr and names(small_disk) == []
