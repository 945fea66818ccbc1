"""Row P1: what a hostile blog or pubsub service serves to `mote feed`."""
import re
from pathlib import Path

import pytest

from certs import Certs
from command import DONE, REFUSED, Mote
from peer import MICROBLOG, Peer, entry
from prosody import Account, Prosody
from scripted import NOT_IMPLEMENTED, Client, ScriptedServer
from visitor import PASSWORD, visitor

XHTML = "http://www.w3.org/1999/xhtml"


def read(mote: Mote, blog: str, *more: str) -> list[dict]:
    return [found for found in mote.run("feed", "--json", blog, *more).json if found["event"] == "post"]


def test_P1_of_xhtml_the_words_are_kept(mote: Mote, peer: Peer) -> None:
    html = (f"<content type='xhtml'><div xmlns='{XHTML}'><p>Hello <b>world</b></p><script>alert('pwned')</script>"
            "<style>p {color: red}</style><p onclick='alert(1)'>a <a href='javascript:alert(2)'>link</a></p>"
            "<img src='x' onerror='alert(3)'/><iframe src='https://evil.test/'>frame</iframe></div></content>")
    peer.publish(None, MICROBLOG, "x", entry("Title", more=html))
    (post,) = read(mote, peer.account.jid)
    assert post["content"].split() == ["Hello", "world", "a", "link"]
    assert "alert" not in mote.run("feed", peer.account.jid).stdout


def test_P1_html_as_text_stays_text(mote: Mote, peer: Peer) -> None:
    peer.publish(None, MICROBLOG, "x", entry("&lt;script&gt;alert(1)&lt;/script&gt;",
                                             more="<content type='html'>&lt;b&gt;bold&lt;/b&gt;</content>"))
    (post,) = read(mote, peer.account.jid)
    assert post["title"] == "<script>alert(1)</script>" and post["content"] == "<b>bold</b>"


def test_P1_terminals_are_not_commanded(mote: Mote, peer: Peer) -> None:
    nasty = "\u009b2J\u202e\u2066 \x85 ‏"
    more = (f"<content>one\n2026-01-01T00:00:00Z {peer.account.jid}: forged{nasty}</content>"
            f"<category term='{nasty}'/>")
    peer.publish(None, MICROBLOG, f"id{nasty}", entry(f"T{nasty}", more=more))
    out = mote.run("feed", peer.account.jid).stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out)
    assert not any(line.startswith("2026-01-01T00") for line in out.splitlines()), out


ODD_ENTRIES = {
    "empty": "", "no-title": "<id>x</id><content>only content</content>", "empty-title": "<title/><updated/>",
    "bad-dates": "<title>t</title><updated>soon</updated><published>0000-99-99T99:99:99Z</published>",
    "far-future": "<title>a</title><title>b</title><updated>9999-12-31T23:59:59Z</updated>",
    "odd-author": "<title><b xmlns='x'>t</b></title><author><name/><uri>nonsense</uri></author>",
    "200-tags": "<title>t</title>" + "<category term='t'/>" * 200,
    "odd-link": "<title>t</title><link rel='replies' title='comments' href='xmpp:?;node='/>",
}
PAYLOADS = {name: f"<entry xmlns='http://www.w3.org/2005/Atom'>{inner}</entry>" for name, inner in ODD_ENTRIES.items()}
PAYLOADS["feed"] = "<feed xmlns='http://www.w3.org/2005/Atom'><title>description</title></feed>"
PAYLOADS["other"] = "<nothing xmlns='y'/>"


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_P1_odd_entries(mote: Mote, peer: Peer, payload: str) -> None:
    peer.publish(None, MICROBLOG, "odd", payload)
    peer.publish(None, MICROBLOG, "good", entry("good"))
    posts = read(mote, peer.account.jid)
    assert posts[-1]["id"] == "good" and posts[-1]["title"] == "good" and len(posts) <= 2
    mote.run("feed", peer.account.jid)


def test_P1_an_entry_of_a_megabyte(mote: Mote, peer: Peer) -> None:
    """It is said that it cannot be shown, and the newer ones are."""
    peer.publish(None, MICROBLOG, "small", entry("small"))
    peer.publish(None, MICROBLOG, "huge", entry("huge", more=f"<content>{'x' * 1_000_000}</content>"))
    result = mote.run("feed", "--json", peer.account.jid, code=None)
    assert result.code in (DONE, REFUSED) and "large" in result.stderr
    peer.publish(None, MICROBLOG, "newer", entry("newer"))
    assert [post["title"] for post in read(mote, peer.account.jid, "--max", "1")] == ["newer"]


def test_P1_a_following_reader_survives_a_megabyte(mote: Mote, peer: Peer) -> None:
    peer.publish(None, MICROBLOG, "first", entry("first"))
    with mote.start("feed", "--follow", "--json", peer.account.jid) as feed:
        feed.wait_event("post", id="first")
        peer.publish(None, MICROBLOG, "huge", entry("huge", more=f"<content>{'x' * 1_000_000}</content>"))
        feed.wait_err("large")
        peer.publish(None, MICROBLOG, "last", entry("last"))
        feed.wait_event("post", id="last")
        assert feed.stop().code == DONE


@pytest.mark.parametrize("service", ("pubsub.localhost", "auto.localhost"))
def test_P1_an_entry_of_another_publisher(server: Prosody, writer: Account, mote: Mote, peer: Peer, service: str,
                                          tmp_path: Path) -> None:
    """Who says in an entry to be somebody else is not believed. pubsub tells who published, auto does not."""
    author = Mote(tmp_path / "writer", writer, "127.0.0.1", server.direct, server.ca, "direct").setup()
    author.run("post", "--service", service, "--node", "guests", "hello")
    with Peer(server, writer) as owner:
        form = ("<configure node='guests'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
                "http://jabber.org/protocol/pubsub#node_config</value></field><field var='pubsub#publish_model'>"
                "<value>open</value></field></x></configure>")
        assert owner.iq(service, f"<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{form}</pubsub>",
                        "set")["type"] == "result"
    forged = entry("forged", author=writer.jid)
    answer = peer.iq(service, "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='guests'>"
                     f"<item id='forged'>{forged}</item></publish></pubsub>", "set")
    assert answer["type"] == "result", answer
    (post,) = [post for post in read(mote, service, "--node", "guests") if post["id"] == "forged"]
    assert post["author"] != writer.jid or post.get("author_verified") is False


def test_P1_retracting_what_was_never_there(mote: Mote, peer: Peer, server: Prosody) -> None:
    peer.publish(None, MICROBLOG, "one", entry("one"))
    with mote.start("feed", "--follow", "--json", peer.account.jid) as feed:
        feed.wait_event("post", id="one")
        peer.retract(None, MICROBLOG, "one")
        feed.wait_event("retracted", id="one")
        peer.publish(None, MICROBLOG, "two", entry("two"))
        feed.wait_event("post", id="two")
        assert feed.stop().code == DONE


# --- what only a scripted service would do --------------------------------------------------------------------------

def serve(answers: list[str]):
    """Each question about a node gets the next answer, the last one for ever."""
    def script(client: Client) -> None:
        client.login(PASSWORD)
        asked = 0
        while True:
            found = client.expect(rb"<iq[^>]*>(?:<pubsub)?|</stream:stream>", 60)[0].decode()
            if found.startswith("</"):
                return client.send("</stream:stream>")
            name, to = re.search("id='([^']*)'", found)[1], re.search("to='([^']*)'", found)
            sender = f"from='{to[1]}'" if to else ""
            if "<pubsub" in found:
                payload = answers[min(asked, len(answers) - 1)]
                asked += 1
                client.send(f"<iq type='result' id='{name}' {sender}><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                            f"<items node='{MICROBLOG}'>{payload}</items></pubsub></iq>")
            elif "type='result'" not in found:
                client.send(f"<iq type='error' id='{name}' {sender}>{NOT_IMPLEMENTED}</iq>")
    return script


def item(name: str, title: str = "t") -> str:
    return f"<item id='{name}'>{entry(title)}</item>"


def test_P1_the_same_id_many_times(certs: Certs, tmp_path: Path) -> None:
    with ScriptedServer(certs.server(), serve([item("same") * 30 + item("last")])) as server:
        posts = read(visitor(tmp_path, server.port, certs.ca), "bob@localhost")
    assert len(posts) <= 31 and posts[-1]["id"] == "last"


def test_P1_a_hundred_thousand_items_at_once(certs: Certs, tmp_path: Path) -> None:
    """A service without XEP-0059 that sends all it has, whatever was asked for: bounded questions, a clear end."""
    everything = "".join(item(f"i{number}") for number in range(100_000))
    with ScriptedServer(certs.server(), serve([everything])) as server:
        result = visitor(tmp_path, server.port, certs.ca).run("feed", "bob@localhost", code=None, timeout=60)
        assert server.clients[0].heard.count(b"<pubsub") <= 8
    assert result.code == REFUSED and "large" in result.stderr


def test_P1_more_items_than_asked_for(certs: Certs, tmp_path: Path) -> None:
    with ScriptedServer(certs.server(), serve(["".join(item(f"i{n}") for n in range(100))])) as server:
        posts = read(visitor(tmp_path, server.port, certs.ca), "bob@localhost", "--max", "5")
    assert 5 <= len(posts) <= 100


@pytest.mark.parametrize("items", ("", "<item/>", "<item id=''/>", "<item id='a'/>", "<junk xmlns='y'/>", "text",
                                   "<item id='" + "i" * 5000 + "'/>"),
                         ids=("none", "no-id", "empty-id", "no-entry", "junk", "text", "long-id"))
def test_P1_items_that_are_none(certs: Certs, items: str, tmp_path: Path) -> None:
    with ScriptedServer(certs.server(), serve([items + item("good")])) as server:
        posts = read(visitor(tmp_path, server.port, certs.ca), "bob@localhost")
    assert posts[-1]["id"] == "good"


def test_P1_pages_without_end(certs: Certs, tmp_path: Path) -> None:
    """Every page says that there is more before it."""
    rsm = "<first index='999999'>a</first><last>b</last><count>1000000</count>"
    page = f"{item('a')}{item('b')}</items><set xmlns='http://jabber.org/protocol/rsm'>{rsm}</set><items node='x'>"
    with ScriptedServer(certs.server(), serve([page])) as server:
        mote = visitor(tmp_path, server.port, certs.ca)
        result = mote.run("feed", "--max", "200", "bob@localhost", code=None)
        assert server.clients[0].heard.count(b"<pubsub") < 500
    assert result.stdout.count("[a]") <= 200
