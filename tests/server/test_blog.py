"""mote post and mote feed: what mote writes as slixmpp reads it, and the other way round."""
import re
import time
from xml.sax.saxutils import escape

import pytest

from command import DONE, REFUSED, USAGE, Mote
from marks import both
from peer import ATOM, MICROBLOG, PUBSUB, Peer, entry, text_of
from prosody import Account, Prosody

DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
UNICODE = "22,5 °C, Fühler „Süd“ 🌡 <b>&amp;</b> ]]>"


@pytest.fixture
def author(server: Prosody, writer: Account, tls: str, tmp_path) -> Mote:
    """Who may make nodes on the pubsub services."""
    return Mote(tmp_path / "writer", writer, "127.0.0.1", server.port(tls), server.ca, tls).setup()


def posted(mote: Mote, *arguments: str) -> str:
    """Publish, and return the id that was printed."""
    out = mote.run("post", *arguments).stdout
    assert out.count("\n") == 1
    return out.strip()


# --- writing --------------------------------------------------------------------------------------------------------

@both
def test_a_post_as_slixmpp_reads_it(mote: Mote, peer: Peer) -> None:
    item = posted(mote, UNICODE)
    found = peer.items(mote.jid)
    assert list(found) == [item]
    atom = found[item]
    assert atom.tag == ATOM + "entry" and text_of(atom, "title") == UNICODE
    assert re.fullmatch(DATE, text_of(atom, "updated")) and re.fullmatch(DATE, text_of(atom, "published"))
    assert atom.findtext(f"{ATOM}author/{ATOM}uri") == f"xmpp:{mote.jid}"
    assert atom.findtext(f"{ATOM}author/{ATOM}name")
    assert text_of(atom, "id").startswith(f"xmpp:{mote.jid}?;node=urn%3Axmpp%3Amicroblog%3A0;item=")


@both
def test_title_content_and_tags(mote: Mote, peer: Peer) -> None:
    item = posted(mote, "--title", "Garden & house", "--tag", "sensor", "--tag", "grün", "line one\nline two")
    atom = peer.items(mote.jid)[item]
    assert text_of(atom, "title") == "Garden & house" and text_of(atom, "content") == "line one\nline two"
    assert [category.get("term") for category in atom.findall(ATOM + "category")] == ["sensor", "grün"]


@both
def test_a_text_without_title_gets_its_first_line(mote: Mote, peer: Peer) -> None:
    item = mote.run("post", input="The first line\n\nand more\n").stdout.strip()
    atom = peer.items(mote.jid)[item]
    assert text_of(atom, "title") == "The first line" and text_of(atom, "content") == "and more"


@both
def test_posting_twice_with_one_id_replaces(mote: Mote, peer: Peer) -> None:
    assert posted(mote, "--id", "today", "cold") == "today"
    assert posted(mote, "--id", "today", "warm") == "today"
    found = peer.items(mote.jid)
    assert list(found) == ["today"] and text_of(found["today"], "title") == "warm"


@both
def test_an_entry_per_line(mote: Mote, peer: Peer) -> None:
    lines = [f"reading {n}" for n in range(12)]
    ids = mote.run("post", "--lines", "--tag", "t", input="\n".join(lines) + "\n").stdout.split()
    found = peer.items(mote.jid)
    assert len(set(ids)) == 12 and sorted(ids) == sorted(found)
    assert sorted(text_of(atom, "title") for atom in found.values()) == sorted(lines)


@both
def test_retract(mote: Mote, peer: Peer) -> None:
    keep, gone = posted(mote, "stays"), posted(mote, "goes")
    mote.run("post", "--retract", gone)
    assert list(peer.items(mote.jid)) == [keep]


def test_retract_what_is_not_there(mote: Mote) -> None:
    posted(mote, "stays")
    mote.run("post", "--retract", "no-such-entry", code=REFUSED)


def test_post_as_json(mote: Mote) -> None:
    (post,) = mote.run("post", "--json", "--tag", "a", "21 °C").json
    assert post["event"] == "post" and post["title"] == "21 °C" and post["tags"] == ["a"]
    assert post["service"] == mote.jid and post["node"] == MICROBLOG and re.fullmatch(DATE, post["updated"])


def test_the_own_microblog_can_be_read_by_strangers(server: Prosody, mote: Mote) -> None:
    item = posted(mote, "for all to see")
    with Peer(server, server.account("stranger")) as stranger:
        assert list(stranger.items(mote.jid)) == [item]


# --- other services and nodes ---------------------------------------------------------------------------------------

@both
@pytest.mark.parametrize("service", ("pubsub.localhost", "auto.localhost"))
def test_a_missing_node_is_made(author: Mote, peer: Peer, service: str, tls: str) -> None:
    """pubsub answers item-not-found until the node was created; auto makes it by itself."""
    node = f"garden/{tls}"
    items = [posted(author, "--service", service, "--node", node, text) for text in ("one", "two", "three")]
    found = peer.items(service, node)
    assert sorted(found) == sorted(items)
    (last,) = [p for p in author.run("feed", "--json", service, "--node", node, "--max", "1").json]
    assert last["title"] == "three" and last["service"] == service and last["node"] == node


def test_a_node_of_the_own_account(mote: Mote, peer: Peer) -> None:
    item = posted(mote, "--node", "garden", "a reading")
    assert list(peer.items(mote.jid, "garden")) == [item]
    mote.run("feed", mote.jid, code=REFUSED)  # nothing on the microblog


def test_a_blog_that_another_client_began_keeps_all_from_now_on(server: Prosody, mote: Mote, alice: Account) -> None:
    """By its own defaults the server would keep the last post only."""
    with Peer(server, alice) as peer:
        peer.iq(mote.jid, f"<pubsub xmlns='{PUBSUB}'><publish node='{MICROBLOG}'><item id='theirs'>{entry('theirs')}</item>"
                "</publish></pubsub>", "set")
        for text in ("one", "two"):
            mote.run("post", text)
        assert [text_of(post, "title") for post in peer.items(mote.jid).values()] == ["theirs", "one", "two"]


def test_a_service_that_refuses(mote: Mote) -> None:
    result = mote.run("post", "--service", "pubsub.localhost", "--node", "not/ours", "no", code=REFUSED)
    assert "not published" in result.complaint
    mote.run("post", "--service", "pubsub.localhost", "no node", code=USAGE)


# --- reading --------------------------------------------------------------------------------------------------------

@both
def test_a_post_of_slixmpp_as_mote_reads_it(mote: Mote, peer: Peer) -> None:
    more = (f"<content type='text'>More: {escape(UNICODE)}</content><category term='x y'/><category term='ä'/>"
            "<published>2026-11-20T23:00:00+01:00</published>")
    peer.publish(None, MICROBLOG, "an id / ü", entry("Title &amp; so", more=more, author=peer.account.jid))
    (post,) = mote.run("feed", "--json", peer.account.jid).json
    expected = {"event": "post", "service": peer.account.jid, "node": MICROBLOG, "id": "an id / ü",
                "title": "Title & so", "content": f"More: {UNICODE}", "author": peer.account.jid,
                "published": "2026-11-20T22:00:00Z", "updated": "2026-11-21T00:00:00Z", "tags": ["x y", "ä"]}
    assert post | expected == post


@both
def test_a_blog_for_people(mote: Mote, peer: Peer) -> None:
    more = "<content>a\n\u202ehidden \u009b31m</content>"
    peer.publish(None, MICROBLOG, "one", entry("\\ back", more=more, author=peer.account.jid))
    out = mote.run("feed", peer.account.jid).stdout
    assert "\\\\ back" in out and "[one]" in out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out)


def test_the_newest_page_oldest_first(mote: Mote, peer: Peer) -> None:
    for n in range(1, 31):
        peer.publish(None, MICROBLOG, f"n{n}", entry(f"entry {n}", updated=f"2026-11-{n:02}T00:00:00Z"))

    def ids(*more: str) -> list[str]:
        return [post["id"] for post in mote.run("feed", "--json", peer.account.jid, *more).json]
    assert ids() == [f"n{n}" for n in range(21, 31)]
    assert ids("--max", "3") == ["n28", "n29", "n30"]
    assert ids("--max", "1") == ["n30"]
    assert ids("--max", "25") == [f"n{n}" for n in range(6, 31)]
    assert ids("--max", "1000") == [f"n{n}" for n in range(1, 31)]


def test_a_page_is_all_that_this_service_gives(author: Mote) -> None:
    """Prosody 0.12 has no XEP-0059 for pubsub: what is older than one page cannot be asked for, which is said."""
    lines = "".join(f"reading {n}\n" for n in range(130))
    author.run("post", "--lines", "--service", "auto.localhost", "--node", "many", input=lines)
    result = author.run("feed", "--json", "auto.localhost", "--node", "many", "--max", "120")
    titles = [post["title"] for post in result.json]
    assert len(titles) >= 50 and titles == [f"reading {n}" for n in range(130)][-len(titles):]
    assert len(titles) == 120 or result.stderr.startswith("mote: ")


def test_a_blog_that_is_not_there(mote: Mote, bob: Account) -> None:
    assert bob.jid in mote.run("feed", bob.jid, code=REFUSED).complaint
    mote.run("feed", "nobody@nowhere.localhost", code=REFUSED)


@both
def test_follow(mote: Mote, peer: Peer) -> None:
    peer.publish(None, MICROBLOG, "old", entry("what was there"))
    with mote.start("feed", "--follow", "--json", "-v", peer.account.jid) as feed:
        feed.wait_event("post", id="old")
        time.sleep(0.3)
        for number in range(5):
            peer.publish(None, MICROBLOG, f"new{number}", entry(f"entry {number}", author=peer.account.jid))
            got = feed.wait_event("post", id=f"new{number}")
            assert got["title"] == f"entry {number}" and got["service"] == peer.account.jid and got["node"] == MICROBLOG
        peer.retract(None, MICROBLOG, "new0")
        feed.wait_for(lambda: any(found["event"] == "retracted" and found["id"] == "new0" for found in feed.json))
        assert feed.stop().code == DONE
        assert [post["id"] for post in feed.json if post["event"] == "post"] == ["old"] + [f"new{n}" for n in range(5)]


@both
def test_slixmpp_follows_mote(author: Mote, peer: Peer, tls: str) -> None:
    where = ("--service", "auto.localhost", "--node", f"followed-{tls}")
    posted(author, *where, "the first")
    peer.subscribe("auto.localhost", f"followed-{tls}")
    item = posted(author, *where, "the second")
    peer.wait_for(lambda: [i for who, items in peer.events for i in items if i.get("id") == item], name="the event")


def test_follow_leaves_no_subscription_behind(author: Mote, peer: Peer, mote: Mote) -> None:
    where = ("--service", "auto.localhost", "--node", "brief")
    posted(author, *where, "one")
    with mote.start("feed", "--follow", "--json", "--count", "1", "auto.localhost", "--node", "brief") as feed:
        feed.wait_event("post", title="one")
        time.sleep(0.3)
        posted(author, *where, "two")
        assert feed.wait(20).code == DONE
    answer = author.run("feed", "--json", "auto.localhost", "--node", "brief").json
    assert [post["title"] for post in answer] == ["one", "two"]
    with Peer(peer._server, mote.account) as alice:
        listed = alice.iq("auto.localhost", f"<pubsub xmlns='{PUBSUB}'><subscriptions/></pubsub>")
        assert "brief" not in str(listed)


# --- what others write ----------------------------------------------------------------------------------------------

def test_B21_who_and_when_of_unusual_entries(author: Mote, peer: Peer) -> None:
    """A name without an address, a date before 1970, only <published/>, content that lies elsewhere, more tags than most have."""
    tags = "".join(f"<category term='t{n}'/>" for n in range(1, 34))
    bodies = {
        "name": "<title>a</title><author><name>Bob: B</name></author><updated>2026-11-21T00:00:00Z</updated>",
        "old": "<title>b</title><updated>1923-04-05T06:07:08Z</updated>",
        "published": "<title>c</title><published>2026-11-20T00:00:00Z</published>",
        "elsewhere": "<title>d</title><summary>short</summary><content src='https://example.org/d'/><updated>2026-11-21T00:00:00Z"
                     "</updated>" + tags[:tags.index("<category term='t33'/>")],
        "tags": f"<title>\n  e</title><updated>2026-11-21T00:00:00Z</updated>{tags}",
    }
    where = ("auto.localhost", "--node", "unusual")
    author.run("post", "--service", *where, "first")
    with Peer(peer._server, author.account) as writer:
        for item, body in bodies.items():
            writer.publish("auto.localhost", "unusual", item, f"<entry xmlns='http://www.w3.org/2005/Atom'>{body}</entry>")
    posts = {post["id"]: post for post in author.run("feed", *where, "--json").json}
    assert posts["name"]["author_name"] == "Bob: B" and posts["name"]["author"] is None
    assert posts["old"]["updated"] == posts["old"]["published"] == "1923-04-05T06:07:08Z"
    assert posts["published"]["updated"] == posts["published"]["published"] == "2026-11-20T00:00:00Z"
    assert posts["elsewhere"]["content"] == "short" and not posts["elsewhere"]["cut"]
    assert posts["elsewhere"]["tags"] == [f"t{n}" for n in range(1, 33)]
    assert posts["tags"]["cut"] and posts["tags"]["tags"] == posts["elsewhere"]["tags"]
    lines = author.run("feed", *where).stdout.splitlines()
    assert "2026-11-21T00:00:00Z auto.localhost (Bob: B): a [name]" in lines
    assert "1923-04-05T06:07:08Z auto.localhost: b [old]" in lines
    assert f"2026-11-21T00:00:00Z auto.localhost: e {' '.join(f'#t{n}' for n in range(1, 33))} (cut) [tags]" in lines


@both
def test_B21_a_text_that_begins_with_line_ends(mote: Mote, peer: Peer) -> None:
    item = mote.run("post", input="\n \r\n  The first line\nand more\n").stdout.strip()
    atom = peer.items(mote.jid)[item]
    assert text_of(atom, "title") == "  The first line" and text_of(atom, "content") == "and more"
    single = posted(mote, "\n\none line")
    assert text_of(peer.items(mote.jid)[single], "title") == "one line"
    assert "nothing but blanks" in mote.run("post", input="\n \n\n", code=USAGE).complaint


def test_B21_followed_before_the_first_post(mote: Mote, peer: Peer) -> None:
    with mote.start("feed", "--follow", "--json", "--count", "2", peer.account.jid) as feed:
        feed.wait_err("no entry yet")
        peer.publish(None, MICROBLOG, "first", entry("the first"))
        feed.wait_event("post", id="first", timeout=60)
        peer.publish(None, MICROBLOG, "second", entry("the second"))
        assert feed.wait(60).code == DONE
        assert [post["id"] for post in feed.json] == ["first", "second"]
