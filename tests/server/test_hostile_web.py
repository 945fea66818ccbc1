"""Upload services and web servers that lie (row F6): slots, headers, redirects, lengths, codings, addresses."""
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs
from command import CONNECTION, DONE, REFUSED, Mote, Result
from component import Component
from slots import Slots, slot
from test_files import make_file
from web import Request, Web

SIZE = 200_000


@pytest.fixture
def photo(mote: Mote) -> Path:
    return make_file(mote.home, SIZE)


class Store:
    """What an honest server does with a PUT and a GET; a test replaces one of them."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.put: Callable[[Request], None] = self.take
        self.get: Callable[[Request], None] = self.give

    def __call__(self, request: Request) -> None:
        (self.put if request.method == "PUT" else self.get)(request)

    def take(self, request: Request) -> None:
        self.files[request.path] = request.body()
        request.answer("201 Created")

    def give(self, request: Request) -> None:
        request.answer("200 OK", self.files.get(request.path, b""))


@pytest.fixture
def store() -> Store:
    return Store()


def upload(mote: Mote, ext: Component, web: Web, photo: Path, code: int | None, headers: str = "", limit: str | None = None,
           put: str = "", get: str = "") -> tuple[Result, Slots]:
    with Slots(ext, lambda n: slot(put or web.url(f"/{n}"), get or web.url(f"/{n}"), headers), limit) as slots:
        return mote.run("put", str(photo), code=code), slots


def test_an_honest_one(mote: Mote, certs: Certs, ext: Component, store: Store, photo: Path) -> None:
    """Without which those below would prove nothing. It sees the three headers, and no other."""
    headers = "".join(f"<header name='{name}'>{value}</header>" for name, value in (
        ("Authorization", "Basic x=="), ("Cookie", "a=b&#10;Host: evil"), ("X-Forwarded-For", "10.0.0.1"), ("Host", "evil"),
        ("Content-Length", "5"), ("EXPIRES", "0"), ("Cookie", "c=d")))
    with Web(certs.server(), store) as web:
        said, slots = upload(mote, ext, web, photo, DONE, headers)
    assert said.stdout.strip() == web.url("/1") and store.files["/1"] == photo.read_bytes()
    put, get = web.requests
    assert [(name.lower(), value) for name, value in put.headers] == [
        ("host", f"localhost:{web.port}"), ("user-agent", "Mote"), ("accept-encoding", "identity"), ("connection", "close"),
        ("content-length", str(SIZE)), ("content-type", "image/jpeg"), ("authorization", "Basic x=="),
        ("cookie", "a=bHost: evil"), ("expires", "0"), ("cookie", "c=d")]
    assert get.method == "GET" and get.header("Authorization") is None
    assert web.names == ["localhost"] * 2 and web.protocols == ["http/1.1"] * 2
    (request,) = slots.requests
    assert (request.get("filename"), request.get("size"), request.get("content-type")) == ("photo.jpg", str(SIZE), "image/jpeg")


@pytest.mark.parametrize("url", ("http://localhost/1", "https://", "ftp://localhost/1", "file:///etc/passwd", ""))
def test_F6_slots_that_are_no_https(mote: Mote, certs: Certs, ext: Component, store: Store, photo: Path, url: str) -> None:
    with Web(certs.server(), store) as web:
        for put, get in ((url or " ", ""), ("", url or " ")):
            said, _ = upload(mote, ext, web, photo, REFUSED, put=put, get=get)
            assert "https" in said.complaint and said.stdout == "" and not web.requests


@pytest.mark.parametrize("host", ("127.0.0.1", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"))
def test_F6_slots_that_lead_into_private_networks(mote: Mote, certs: Certs, ext: Component, store: Store, photo: Path,
                                                  host: str) -> None:
    with Web(certs.server(), store) as web:
        for put, get in ((web.url("/1", host), ""), ("", web.url("/1", host))):
            said, _ = upload(mote, ext, web, photo, REFUSED, put=put, get=get)
            assert "private network" in said.complaint and said.stdout == ""
        assert all(request.method == "PUT" for request in web.requests)


def test_F6_a_certificate_for_another_name(mote: Mote, certs: Certs, ext: Component, store: Store, photo: Path) -> None:
    with Web(certs.make("web-other", "DNS:other.test"), store) as web:
        said, _ = upload(mote, ext, web, photo, 4)
        assert "certificate is for" in said.complaint and not web.requests


def test_F6_ten_headers(mote: Mote, certs: Certs, ext: Component, store: Store, photo: Path) -> None:
    with Web(certs.server(), store) as web:
        said, _ = upload(mote, ext, web, photo, REFUSED, "<header name='Cookie'>a</header>" * 10)
        assert "more or longer headers" in said.complaint and not web.requests


@pytest.mark.parametrize("limit", ("107374182400", "99999999999999999999999", "-1", "", "0x10"))
def test_F6_sizes_that_are_none(mote: Mote, certs: Certs, ext: Component, store: Store, photo: Path, limit: str) -> None:
    with Web(certs.server(), store) as web:
        upload(mote, ext, web, photo, DONE, limit=limit)


def test_F6_a_service_that_takes_nothing(mote: Mote, certs: Certs, ext: Component, store: Store, photo: Path) -> None:
    with Web(certs.server(), store) as web:
        said, slots = upload(mote, ext, web, photo, REFUSED, limit="0")
        assert "files of up to 0 bytes" in said.complaint and not slots.requests


@pytest.mark.parametrize("status, tries", (("403 Forbidden", 1), ("413 Too Large", 1), ("301 Moved", 1), ("507 Full", 1),
                                           ("500 Oops", 3), ("503 Busy", 3)))
def test_a_put_that_is_refused(mote: Mote, certs: Certs, ext: Component, store: Store, photo: Path, status: str,
                               tries: int) -> None:
    """What is the server's own fault is tried again with a new slot; a redirect would send the file to somebody else."""
    def refuse(request: Request) -> None:
        request.body()
        request.answer(status, b"no", f"Location: https://127.0.0.1:{web.port}/x")
    store.put = refuse
    with Web(certs.server(), store) as web:
        said, slots = upload(mote, ext, web, photo, REFUSED)
        assert status[:3] in said.stderr and len(slots.requests) == len(web.requests) == tries and said.stdout == ""


def test_a_put_that_fails_twice_goes_on_with_a_new_slot(mote: Mote, certs: Certs, ext: Component, store: Store,
                                                        photo: Path) -> None:
    def cut(request: Request) -> None:
        if request.path == "/3":
            store.take(request)
        else:
            request.body(SIZE // 2)
    store.put = cut
    with Web(certs.server(), store) as web:
        said, slots = upload(mote, ext, web, photo, DONE)
        assert said.stdout.strip() == web.url("/3") and len(slots.requests) == 3
        assert said.stderr.count("trying again with a new slot") == 2


def test_a_refusal_before_the_end_is_read(mote: Mote, certs: Certs, ext: Component, store: Store) -> None:
    """While most of the file was not sent, which then is not sent."""
    heard = 0

    def refuse(request: Request) -> None:
        nonlocal heard
        request.body(1000)
        request.answer("413 Content Too Large")
        while more := request.socket.recv(65536):  # or TCP may throw the answer away
            heard += len(more)
    store.put = refuse
    with Web(certs.server(), store) as web:
        said, _ = upload(mote, ext, web, make_file(mote.home, 100_000_000, "large.jpg"), REFUSED)
        assert "413" in said.complaint and heard < 90_000_000


@pytest.mark.parametrize("answer, word", (
    (lambda r: r.answer("404 Not Found"), "404"),
    (lambda r: r.answer("200 OK", b"x" * SIZE), "other bytes"),
    (lambda r: r.answer("200 OK", b""), "other bytes"),
    (lambda r: r.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"), "wrong Content-Length"),
    (lambda r: r.answer("200 OK", b"x", "Content-Encoding: gzip"), "gzip"),
    (lambda r: r.answer("302 Found", b"", "Location: https://127.0.0.1/"), "another host"),
    (lambda r: r.answer("302 Found", b"", "Location: http://localhost/"), "no https"),
    (lambda r: r.answer("302 Found", b"", f"Location: {r.path}"), "without end"),
    (lambda r: r.send("SSH-2.0-OpenSSH\r\n"), "not HTTP"),
    (lambda r: None, "without a response"),
), ids=("404", "other", "empty", "two-lengths", "gzip", "other-host", "http", "loop", "ssh", "nothing"))
def test_F6_a_url_that_does_not_give_the_file_back_is_not_printed(
        mote: Mote, certs: Certs, ext: Component, store: Store, photo: Path, answer: Callable[[Request], None],
        word: str) -> None:
    store.get = answer
    with Web(certs.server(), store) as web:
        said, _ = upload(mote, ext, web, photo, None)
        assert said.code in (REFUSED, CONNECTION) and word in said.complaint and said.stdout == ""
