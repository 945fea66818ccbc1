"""Row R9: addresses and passwords as people type them, in the form in which servers compare them (B12)."""
import subprocess
from pathlib import Path

import pytest

from certs import XMPP_ADDR, Certs
from command import DONE, LOCAL, LOGIN, TLS, USAGE, Mote
from component import Component
from hostile import MALLORY
from prosody import Account, Prosody
from scripted import Client, ScriptedServer
from visitor import visitor


def mote_of(home: Path, server: Prosody, jid: str, password: str) -> Mote:
    return Mote(home, Account(jid, password), "127.0.0.1", server.direct, server.ca, "direct")


# --- the own address ------------------------------------------------------------------------------------------------

NAMES = {
    "capitals": ("ALICE-{n}@LOCALHOST", "alice-{n}"), "trailing-dot": ("alice-{n}@localhost.", "alice-{n}"),
    "umlaut": ("Ünal-{n}@localhost", "ünal-{n}"), "nfd": ("e\u0301-{n}@localhost", "\u00e9-{n}"),
    "sharp-s": ("groß-{n}@localhost", "gross-{n}"), "fullwidth": ("ａｌｉｃｅ-{n}@ｌｏｃａｌｈｏｓｔ", "alice-{n}"),
    "soft-hyphen": ("al\u00adice-{n}@local\u00adhost", "alice-{n}"), "ligature": ("ﬁ-{n}@localhost", "fi-{n}"),
    "roman": ("a\u2163-{n}@localhost", "aiv-{n}"),
}


@pytest.mark.parametrize("kind", NAMES)
def test_R9_B12_the_own_address(server: Prosody, kind: str, tmp_path: Path) -> None:
    typed, name = (text.format(n=f"own-{kind}") for text in NAMES[kind])
    server.account(name, "secret")
    mote = mote_of(tmp_path, server, typed, "secret").setup()
    assert f"jid = {name}@localhost\n" in mote.config.read_text()
    (status,) = mote.run("status", "--json", "--jid", typed).json
    assert status["jid"].startswith(f"{name}@localhost/")
    mote.run("send", typed, "to myself")


PROHIBITED = (
    "a\u202eb@localhost", "a\u200eb@localhost", "a b@localhost", "a\u00a0b@localhost", "a@b@c/d", "@localhost/x", "a@",
    "a@localhost..", "a@.", "a\uff20localhost", "a@local\uff0fhost", "\u00ad@localhost", "a@\u00ad", "a'b@localhost",
    "שa@localhost", "a@localhost/\u202e", "a" * 1024 + "@localhost", "a@localhost/" + "r" * 1023, "a@localhost/",
    "\ufdfab@localhost" + "x" * 300)


@pytest.mark.parametrize("jid", PROHIBITED, ids=range(len(PROHIBITED)))
def test_R9_B12_what_is_no_address_is_refused_with_a_sentence(server: Prosody, mote: Mote, jid: str) -> None:
    said = mote.run("send", jid, "hello", code=USAGE).complaint
    assert "cannot send to" in said and ": it " in said
    said = mote.run("status", "--jid", jid, code=USAGE).complaint
    assert "cannot use the address" in said
    mote.config.write_text(mote.config.read_text() + f"allow = {jid.replace(' ', '')[:300]}\n")
    if " " not in jid:
        assert "'allow'" in mote.run("status", code=None).stderr


def test_R9_B12_homoglyphs_are_other_people(mote: Mote, ext: Component) -> None:
    """A Cyrillic a is no Latin one: its messages are not let through, and nobody is folded into somebody else."""
    with mote.start("listen", "--json", "-v", "--from", MALLORY.partition("/")[0], "--count", "1") as listen:
        listen.wait_online()
        other = MALLORY.replace("a", "\u0430", 1)
        ext.send(f"<message from='{other}' to='{mote.jid}' type='chat'><body>other</body></message>"
                 f"<message from='{MALLORY}' to='{mote.jid}' type='chat'><body>her</body></message>")
        assert listen.wait().code == DONE and [event["body"] for event in listen.json] == ["her"]


# --- whom one hears and who may --------------------------------------------------------------------------------------

@pytest.mark.parametrize("who", ("MALLORY@EXT.LOCALHOST", "@EXT.Localhost", "mallory@ext.localhost.", "@ext.localhost.",
                                 "ｍallory@ext.localhost", "Mallory@Ext.LocalHost/x"))
def test_R9_B12_from_and_allow(mote: Mote, ext: Component, who: str) -> None:
    more = ["--from", who]
    ext.send(f"<message from='mallory@ext.localhost/x' to='{mote.jid}' type='chat'><body>heard</body></message>")
    assert mote.run("listen", "--json", "--count", "1", *more).json[0]["body"] == "heard"
    if "/" in who:
        return
    mote.config.write_text(mote.config.read_text() + f"allow = nobody@x.test, {who}\n")
    with mote.start("listen", "-v") as listen:
        listen.wait_online()
        ext.send(f"<presence type='subscribe' from='mallory@ext.localhost' to='{mote.jid}'/>")
        listen.wait_err("mallory@ext.localhost may see our presence now")
        listen.stop()


# --- passwords -------------------------------------------------------------------------------------------------------

PASSWORDS = {
    "nbsp": ("pass\u00a0word", "pass word"), "soft-hyphen": ("pass\u00adword", "password"),
    "nfd": ("e\u0301te\u0301", "\u00e9t\u00e9"), "nfc": ("\u00e9t\u00e9", "\u00e9t\u00e9"),
    "fullwidth": ("ｐａｓｓ１", "pass1"), "roman": ("I\u2163", "IIV"), "ordinal": ("\u00aa", "a"),
    "case": ("PaSs\u00c9", "PaSs\u00c9"), "emoji": ("pass🌱", "pass🌱"), "spaces": (" a  b ", " a  b "),
    "ogham": ("a\u1680b", "a b"), "hebrew": ("שלום", "שלום"),
}


@pytest.mark.parametrize("kind", PASSWORDS)
def test_R9_B12_passwords(server: Prosody, kind: str, tmp_path: Path) -> None:
    """RFC 4013: whatever the keyboard made of it, it is the same password; and another one is not."""
    typed, prepared = PASSWORDS[kind]
    account = server.account(f"pw{kind.replace('-', '')}", prepared)
    mote = mote_of(tmp_path, server, account.jid, typed).setup()
    mote.run("status")
    (tmp_path / "password").write_text(typed + "\n")
    (tmp_path / "password").chmod(0o600)
    mote.run("status", "--password-file", str(tmp_path / "password"))
    mote.setup("another", code=LOGIN)


@pytest.mark.parametrize("kind", ("nbsp", "soft-hyphen", "nfd", "fullwidth", "roman", "ordinal", "umlaut-name"))
def test_R9_B12_as_the_server_itself_prepares_them(server: Prosody, kind: str, tmp_path: Path) -> None:
    """prosodyctl is told the same keystrokes as we."""
    typed = PASSWORDS.get(kind, ("secret", ""))[0]
    name = "Ünal" if kind == "umlaut-name" else f"ctl{kind.replace('-', '')}"
    subprocess.run(["prosodyctl", "--root", "--config", str(server.dir / "prosody.cfg.lua"), "register", name,
                    "localhost", typed], check=True, capture_output=True, timeout=60)
    mote_of(tmp_path, server, f"{name}@localhost", typed).setup().run("status")


@pytest.mark.parametrize("password", ("a\u202eb", "\ue000", "שa", "\u00ad"), ids=range(4))
def test_R9_B12_passwords_that_nobody_can_have(server: Prosody, password: str, tmp_path: Path) -> None:
    account = server.account("prohibited", "x")
    mote = mote_of(tmp_path, server, account.jid, password)
    said = mote.run("setup", account.jid, "--password-stdin", *mote.where, input=password, code=LOCAL).complaint
    assert "cannot use the password from standard input: it " in said


# --- the domain in TLS -----------------------------------------------------------------------------------------------

DOMAINS = {
    "capitals": ("LOCALHOST", "localhost", "localhost", "DNS:localhost"),
    "dot": ("localhost.", "localhost", "localhost", "DNS:localhost"),
    "u-label": ("BÜCHER.test", "bücher.test", "xn--bcher-kva.test", "DNS:xn--bcher-kva.test"),
    "xmpp-addr": ("BÜCHER.test.", "bücher.test", "xn--bcher-kva.test", XMPP_ADDR + "bücher.test"),
    "xmpp-addr-capitals": ("ExAmple.Test", "example.test", "example.test", XMPP_ADDR + "example.test"),
    "a-label": ("xn--bcher-kva.test", "xn--bcher-kva.test", "xn--bcher-kva.test", "DNS:xn--bcher-kva.test"),
    "wildcard": ("Bücher.Example.Test", "bücher.example.test", "xn--bcher-kva.example.test", "DNS:*.example.test"),
    "other": ("bücher.test", "bücher.test", "xn--bcher-kva.test", XMPP_ADDR + "bucher.test"),
    "nul": ("bücher.test", "bücher.test", "xn--bcher-kva.test", "DNS:bcher-kva.test"),
}


def in_der(name: str) -> str:
    """xmppAddr in letters that openssl's configuration has no way to write."""
    def wrap(tag: int, inner: bytes) -> bytes:
        return bytes([tag, len(inner)]) + inner
    value = bytes.fromhex("06082b06010505070805") + wrap(0xA0, wrap(0x0C, name.encode()))
    return "DER:" + wrap(0x30, wrap(0xA0, value)).hex(":")


@pytest.mark.parametrize("kind", DOMAINS)
def test_R9_B12_the_domain_in_sni_stream_and_certificate(certs: Certs, kind: str, tmp_path: Path) -> None:
    typed, stream, sni, san = DOMAINS[kind]
    asked: list[str] = []
    cert = certs.make(f"domain-{kind}", san if san.isascii() else in_der(san.removeprefix(XMPP_ADDR)))

    def script(client: Client) -> None:
        client.secure()
        client.expect(rb"<stream:stream[^>]*>")
    with ScriptedServer(cert, script, domain=stream) as server:
        server.context.sni_callback = lambda sock, name, context: asked.append(name)
        mote = visitor(tmp_path, server.port, certs.ca)
        mote.config.write_text(mote.config.read_text().replace("alice@localhost", f"alice@{typed}"))
        result = mote.run("status", code=None)
        assert asked[:1] == [sni]
        assert (result.code == TLS) == (kind in ("other", "nul")), result
        if result.code != TLS:
            assert f"to='{stream}'".encode() in server.clients[0].heard


def test_R9_B12_a_board_takes_ascii_only(mote: Mote) -> None:
    said = mote.run("provision", "--jid", "ünal@localhost", "--password-stdin", "card.img", input="x",
                    code=USAGE).complaint
    assert "a board takes letters of ASCII only" in said
    said = mote.run("provision", "--password-stdin", "card.img", input="é", code=USAGE).stderr
    assert "a board takes letters of ASCII only" in said and "keys of 'mote setup'" in said
    assert not (mote.home / "card.img").exists()
    mote.run("provision", "card.img", code=DONE)
