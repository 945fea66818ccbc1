"""mote put without a receiver, or for one who takes URLs: HTTP upload (XEP-0363) with real servers."""
import base64
import hashlib
import ssl
import urllib.request
from pathlib import Path
from typing import Iterator

import pytest

from certs import Certs
from command import REFUSED, USAGE, Mote
from ejabberd import Ejabberd
from peer import MICROBLOG, PUBSUB, Peer
from prosody import Account, Prosody
from prosody13 import Prosody13
from test_files import getter, make_file, sha256

LIMIT = 10 * 1024 * 1024


@pytest.fixture(scope="module")
def server(certs: Certs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    with Prosody(tmp_path_factory.mktemp("prosody"), certs).serve_files(LIMIT) as prosody:
        yield prosody


def fetched(url: str, ca: Path) -> bytes:
    context = ssl.create_default_context(cafile=str(ca))
    with urllib.request.urlopen(url, context=context, timeout=30) as response:
        return response.read()


@pytest.mark.parametrize("size", (1, 100_000, LIMIT), ids=("1B", "100kB", "10MiB"))
def test_put_prints_a_url_that_gives_the_file_back(mote: Mote, server: Prosody, size: int) -> None:
    path = make_file(mote.home, size)
    (said,) = mote.run("put", "--json", str(path)).json
    assert said["event"] == "upload" and said["to"] is None and said["name"] == "photo.jpg"
    assert said["size"] == size and said["sha256"] == sha256(path) and said["type"] == "image/jpeg"
    assert said["url"].startswith(f"https://localhost:{server.https}/") and said["url"].endswith("/photo.jpg")
    assert hashlib.sha256(fetched(said["url"], server.ca)).hexdigest() == sha256(path)


def test_put_prints_the_url_alone(mote: Mote, server: Prosody) -> None:
    said = mote.run("put", "--name", "Ünder way & more.txt", "-", input=b"from a pipe")
    (url,) = said.stdout.splitlines()
    assert fetched(url, server.ca) == b"from a pipe" and said.stderr == ""


def test_a_file_that_is_too_large_names_the_limit(mote: Mote) -> None:
    path = mote.home / "large"
    with open(path, "wb") as file:
        file.truncate(LIMIT + 1)
    said = mote.run("put", str(path), code=REFUSED)
    assert f"files of up to {LIMIT} bytes" in said.complaint and said.stdout == ""


def test_options_that_do_not_go_together(mote: Mote) -> None:
    path = str(make_file(mote.home, 10))
    for arguments in (("--raw", path), ("--queue", path), ("--upload", "--raw", path, "bob@localhost"),
                      ("--upload", "--queue", path, "bob@localhost")):
        assert "cannot put" in mote.run("put", *arguments, code=USAGE).complaint


OOB, SFS, METADATA = "{jabber:x:oob}", "{urn:xmpp:sfs:0}", "{urn:xmpp:file:metadata:0}"


def test_who_takes_no_files_gets_the_url(mote: Mote, server: Prosody, peer: Peer) -> None:
    """As every chat client shows it: the body is the URL, and the elements tell of the file."""
    path = make_file(mote.home, 5000)
    said = mote.run("put", str(path), peer.account.jid)
    url = said.stdout.strip()
    assert "none of its clients that are on line takes files" in said.stderr
    xml = peer.wait_message(url).xml
    assert xml.find(f"{OOB}x/{OOB}url").text == url
    sharing = xml.find(f"{SFS}file-sharing")
    told = {child.tag.split("}")[1]: child.text for child in sharing.find(f"{METADATA}file")}
    assert told["name"] == "photo.jpg" and told["size"] == "5000" and told["media-type"] == "image/jpeg"
    assert base64.b64decode(told["hash"]).hex() == sha256(path)
    (source,) = sharing.find(f"{SFS}sources")
    assert source.get("target") == url and sharing.get("disposition") == "inline"
    assert xml.find("{urn:xmpp:fallback:0}fallback").get("for") == "urn:xmpp:sfs:0"
    assert hashlib.sha256(fetched(url, server.ca)).hexdigest() == sha256(path)


def test_which_way_a_file_takes(mote: Mote, other: Mote) -> None:
    """To a client that takes files a small one goes directly, a large one by its URL; --upload decides it."""
    small, large = make_file(mote.home, 5000, "small.jpg"), make_file(mote.home, 1024 * 1024 + 1, "large.jpg")
    with getter(other, mote.jid) as get, other.listen("--resource", "ears") as listen:
        said = mote.run("put", str(small), other.jid)
        assert "small.jpg goes to" in said.stderr and "directly" in said.stderr
        get.wait_event("file", sha256=sha256(small))
        for path, arguments in ((large, ()), (small, ("--upload",))):
            said = mote.run("put", "--json", *arguments, str(path), other.jid)
            (upload,) = said.json
            assert upload["event"] == "upload" and upload["to"] == other.jid and upload["sha256"] == sha256(path)
            assert ("large for the way" in said.stderr) == (path == large)
            link = listen.wait_event("link", url=upload["url"])
            assert link["how"] == "sfs" and link["name"] == path.name and link["type"] == "image/jpeg"
            assert link["size"] == path.stat().st_size and link["sha256"] == sha256(path)
            assert link["from"].startswith(mote.jid) and link["desc"] is None


def test_a_url_for_nobody_bounces(mote: Mote) -> None:
    said = mote.run("put", "--upload", str(make_file(mote.home, 10)), "nobody@rooms.localhost", code=REFUSED)
    assert "did not get the URL" in said.stderr


@pytest.mark.parametrize("kind", (Prosody13, Ejabberd), ids=("prosody13", "ejabberd"))
def test_other_servers(kind: type[Prosody13 | Ejabberd], certs: Certs, tmp_path: Path) -> None:
    """mod_http_file_share of a newer release, and mod_http_upload, which knows no ranges."""
    server = kind(tmp_path / "server", certs)
    server.account("alice", "secret of alice")
    with server.serve_files(LIMIT):
        mote = Mote(tmp_path / "alice", Account("alice@localhost", "secret of alice"), "127.0.0.1", server.port("direct"),
                    server.ca, "direct").setup()
        for size in (1, 300_000):
            path = make_file(mote.home, size)
            (said,) = mote.run("put", "--json", str(path)).json
            assert hashlib.sha256(fetched(said["url"], server.ca)).hexdigest() == said["sha256"] == sha256(path)
        with open(path, "wb") as file:
            file.truncate(LIMIT + 1)
        assert f"files of up to {LIMIT} bytes" in mote.run("put", str(path), code=REFUSED).complaint


def test_a_post_with_its_picture(mote: Mote, other: Mote, server: Prosody) -> None:
    """As readers of blogs look for it (RFC 4287 section 4.2.7.2); the reader fetches it with the page."""
    picture, text = make_file(mote.home, 7000), make_file(mote.home, 10, "note.txt")
    (posted,) = mote.run("post", "--json", "--attach", str(picture), "--attach", str(text), "Look").json
    (entry,) = [post for post in other.run("feed", "--json", mote.jid).json]
    assert entry["enclosures"] == posted["enclosures"] and len(entry["enclosures"]) == 2
    first, second = entry["enclosures"]
    assert (first["type"], first["length"], first["title"]) == ("image/jpeg", 7000, "photo.jpg")
    assert second["type"] == "text/plain"
    assert hashlib.sha256(fetched(first["href"], server.ca)).hexdigest() == sha256(picture)
    (other.home / "in").mkdir()
    said = other.run("feed", "--json", "--attachments", "in", mote.jid).json
    assert [line["event"] for line in said] == ["post", "download", "download"]
    assert sorted(path.name for path in (other.home / "in").iterdir()) == ["note.txt", "photo.jpg"]
    assert sha256(other.home / "in/photo.jpg") == sha256(picture)
    assert first["href"] in other.run("feed", mote.jid).stdout


def test_attachments_that_cannot_be(mote: Mote, other: Mote) -> None:
    path = str(make_file(mote.home, 10))
    for arguments in (("--queue", "--attach", path, "x"), ("--lines", "--attach", path)):
        assert "cannot do both" in mote.run("post", *arguments, code=USAGE).complaint
    assert "cannot read" in mote.run("post", "--attach", "/nowhere", "x", code=7).complaint
    with open(mote.home / "large", "wb") as file:
        file.truncate(LIMIT + 1)
    assert "cannot attach" in mote.run("post", "--attach", str(mote.home / "large"), "x", code=REFUSED).complaint
    assert "cannot use --attachments" in other.run("feed", "--follow", "--attachments", ".", code=USAGE).complaint
    assert mote.run("feed", mote.jid, code=REFUSED).stdout == ""  # nothing was published


def test_F6_attachments_that_lie(mote: Mote, server: Prosody, peer: Peer) -> None:
    """They are told, and the others are fetched; a private network is not reached by anybody's post."""
    url = mote.run("put", str(make_file(mote.home, 10))).stdout.strip()
    links = ("http://localhost/a", "https://127.0.0.1:1/b", "file:///etc/passwd", url, url)
    entry = "".join(f"<link rel='enclosure' href='{link}'/>" for link in links)
    peer.iq(peer.account.jid, f"<pubsub xmlns='{PUBSUB}'><publish node='{MICROBLOG}'><item id='1'><entry "
            "xmlns='http://www.w3.org/2005/Atom'><title>t</title><updated>2026-11-21T00:00:00Z</updated>"
            f"{entry}</entry></item></publish></pubsub>", "set")
    (mote.home / "in").mkdir()
    said = mote.run("feed", "--attachments", "in", peer.account.jid, code=REFUSED)
    assert said.stderr.count("it is no https:// URL") == 2 and "private network" in said.stderr
    assert [path.name for path in (mote.home / "in").iterdir()] == ["photo.jpg"]
