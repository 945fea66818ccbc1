"""The sensor firmware on each board, against a real Prosody and slixmpp."""
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest

from certs import Certs
from command import BINARY, Mote
from component import Component, condition
from ejabberd import Ejabberd
from peer import Peer
from prosody import Account, Prosody
from takes_files import accept_files

from board import MACHINES, ROOT, Board
from chains import Chain, Given
from cost import lines, measure

Make = Callable[..., Board]
both = pytest.mark.parametrize("tls", ["direct", "starttls"])


# --- login ------------------------------------------------------------------------------------------------------------

@both
def test_login_with_ecdsa(board: Make, tls: str) -> None:
    with board(tls=tls) as b:
        b.wait("online as board")
        assert b.stop() == 0
        b.wait("offline: logged out")


@both
def test_login_with_rsa_up_to_4096_bits(board: Make, rsa_server: Prosody, tls: str) -> None:
    with board(server=rsa_server, account=rsa_server.account("rsa"), tls=tls) as b:
        b.wait("online as rsa")


def test_login_with_ecdsa_up_to_384_bits(board: Make, ecdsa_server: Prosody) -> None:
    with board(server=ecdsa_server, account=ecdsa_server.account("ecdsa")) as b:
        b.wait("online as ecdsa")


def test_C_a_handshake_with_384_bits_in_slices(board: Make, ecdsa_server: Prosody, name: str) -> None:
    """Most of a second goes into curves; the loop turns all the while, and looks at the console, too."""
    if name != "lm3s6965evb":
        pytest.skip("no budgets for this board")
    with board(server=ecdsa_server, account=ecdsa_server.account("slices"), icount=True) as b:
        b.wait("online as slices", timeout=240)
        assert b.figures()["handshake"] <= 10000


def test_B22_chain_of_6_kib(board: Make, tmp_path: Path, build: str) -> None:
    """RSA, ten names, two intermediate authorities, and the root, which need not be shown, for good measure."""
    names = "".join(f",DNS:number{i}.services-of.some-longer.example-hosting.example.org" for i in range(7))
    chain = Chain(tmp_path, "rsa:4096", "rsa:2048", "rsa:4096", names, upper="rsa:4096", with_root=True)
    assert 6000 <= chain.message <= 6 * 1024
    with Prosody(tmp_path / "prosody", chain) as prosody:
        with board(server=prosody, account=prosody.account("long")) as b:
            b.wait("online as long")
            b.wait('posted "')


@both
@pytest.mark.parametrize("kind, sentence", [
    ("wrong", "certificate is for evil.test|certificate is not for localhost|evil.test"),
    ("expired", "expired"),
    ("stranger", "issuer not trusted here"),
])
def test_certificate_refused(board: Make, certs: Certs, tmp_path: Path, tls: str, kind: str, sentence: str) -> None:
    pairs = {
        "wrong": lambda: certs.make("wrong", "DNS:evil.test", "evil.test"),
        "expired": lambda: certs.make("expired", "DNS:localhost", dates=("20200101000000Z", "20200201000000Z")),
        "stranger": lambda: Certs(tmp_path / "stranger").server(),
    }
    with Prosody(tmp_path / "prosody", Given(pairs[kind](), certs.ca)) as prosody:
        with board(server=prosody, tls=tls) as b:
            b.wait(f"offline: .*({sentence})")
            assert not any("online as" in line for line in b.lines)


def test_certificate_of_the_future(board: Make, certs: Certs, tmp_path: Path) -> None:
    pair = certs.make("future", "DNS:localhost", dates=("20450101000000Z", "20491231000000Z"))
    with Prosody(tmp_path / "prosody", Given(pair, certs.ca)) as prosody:
        with board(server=prosody, account=prosody.account("early")) as b:
            b.wait("offline: .*not valid before 2045-01-01, and the clock here says 20")
            assert not any("online as" in line for line in b.lines)


def test_certificate_of_the_future_without_a_clock(board: Make, certs: Certs, tmp_path: Path) -> None:
    """Who does not know the time has to believe it, until the server tells the time: then it is looked at again."""
    pair = certs.make("future", "DNS:localhost", dates=("20450101000000Z", "20491231000000Z"))
    with Prosody(tmp_path / "prosody", Given(pair, certs.ca)) as prosody:
        with board(server=prosody, account=prosody.account("early"), clock="none") as b:
            b.wait("online as")
            b.wait("offline: the server's certificate is not valid before 2045-01-01, and by the server's own clock it is 20")
            seen = len(b.lines)
            b.wait("online as", after=seen)  # it may have been the server's clock that was wrong
            b.wait("offline: the server's certificate is not valid before 2045-01-01, and by the server's own clock", after=seen)
            assert not any("posted" in line for line in b.lines)


def build_time(b: Board) -> int:
    return int((ROOT / "build" / b.build / "flags-time").read_text())


def test_certificate_that_ended_by_the_time_of_the_server(board: Make, certs: Certs, tmp_path: Path) -> None:
    """It was good when the firmware was built, which is all that a device without a clock can know."""
    first = board(clock="none")
    end = build_time(first) + 90
    time.sleep(max(0, end - time.time() + 1))  # where it was built just now
    dates = ("20200101000000Z", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(end)))
    pair = certs.make(f"ended-{first.name}", "DNS:localhost", dates=dates)
    with Prosody(tmp_path / "prosody", Given(pair, certs.ca)) as prosody:
        late = prosody.account("late")
        with board(server=prosody, account=late, clock="none") as b:
            b.wait("online as")
            b.wait("offline: the server's certificate expired on .*, and by the server's own clock it is 20")
        with board(server=prosody, account=late, clock="none") as b:
            b.wait("online as")  # nobody had vouched for that time, so it is known no more
            b.wait("offline: the server's certificate expired on .*, and by the server's own clock it is 20")


def test_expired_certificate_without_a_clock(board: Make, certs: Certs, tmp_path: Path) -> None:
    pair = certs.make("expired", "DNS:localhost", dates=("20200101000000Z", "20200201000000Z"))
    with Prosody(tmp_path / "prosody", Given(pair, certs.ca)) as prosody:
        with board(server=prosody, clock="none") as b:
            b.wait("offline: .*certificate expired on 2020-02-01")


def test_scram_sha_1(board: Make, certs: Certs, tmp_path: Path, name: str) -> None:
    """The boards have a small SHA-1 of their own, which is slower: no slice of PBKDF2 takes too long for that. The server
    has keys of this hash only, so it is the mechanism."""
    with Prosody(tmp_path / "prosody", certs, password_hash="SHA-1") as prosody:
        with board(server=prosody, account=prosody.account("older"), icount=name == "lm3s6965evb") as b:
            b.wait("online as older", timeout=240)
            if name == "lm3s6965evb":
                assert b.figures()["turn"] <= 5000


def test_wrong_password(board: Make) -> None:
    with board(password="not-it") as b:
        b.wait("offline: .*(password|not-authorized|refused)")


# --- what it is for ---------------------------------------------------------------------------------------------------

def wait_status(peer: Peer) -> None:
    peer.wait_for(lambda: any("posted, last reading" in m["body"] for m in peer.messages), name="the status")


def test_posts_and_answers(board: Make, server: Prosody, friend: Account, account: Account) -> None:
    with Peer(server, friend) as peer, board(allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        post = b.wait('posted "(up .*)" as (.*)')
        entry = peer.call(lambda c: c["xep_0060"].get_item(account.jid, "urn:xmpp:microblog:0", post[2]))
        assert post[1] in str(entry)
        sent = peer.send(jid, "status", receipt=True)
        wait_status(peer)
        assert peer.wait_receipt(sent) == jid


def test_posts_and_answers_with_ejabberd(board: Make, certs: Certs, tmp_path: Path) -> None:
    """Which repeats in an error all that it refuses: more than the board's memory for a stanza."""
    server = Ejabberd(tmp_path / "ejabberd", certs)
    account, friend = server.account("board"), server.account("friend")
    server.befriend(account, friend)
    with server, Peer(server, friend) as peer, board(server=server, account=account, allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        first = b.wait('posted "(.*)" as (.*)')
        second = b.wait('posted "(.*)" as (.*)', after=len(b.lines))
        assert set(peer.items(account.jid)) >= {first[2], second[2]}
        sent = peer.send(jid, "status", receipt=True)
        wait_status(peer)
        assert peer.wait_receipt(sent) == jid


def test_stanza_larger_than_the_memory(board: Make, server: Prosody, friend: Account) -> None:
    with Peer(server, friend) as peer, board(allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        peer.send(jid, "x" * 60000)
        peer.send(jid, "status")
        wait_status(peer)
        assert not any("offline" in line for line in b.lines)


@pytest.mark.parametrize("names", (150, 16_666))
def test_B1_names_without_end(board: Make, server: Prosody, friend: Account, names: int) -> None:
    """More names than expat keeps in a board's memory, in 852 bytes or in 100 kB: skipped, and the session goes on."""
    payload = "<a xmlns='u'>" + "".join(f"<n{number:x}/>" for number in range(names)) + "</a>"
    mallory = "mallory@ext.localhost/pc"
    with Peer(server, friend) as peer, Component(server) as ext, board(allow=friend.jid) as b:
        jid = b.wait("online as (\\S+)")[1]
        for kind in ("<message from='{}' to='{}' type='chat'><body>hi</body>{}</message>",
                     "<message from='{}' to='{}' type='error'>{}</message>", "<presence from='{}' to='{}'>{}</presence>"):
            ext.send(kind.format(mallory, jid, payload) + " " * 2 * len(payload))
        assert condition(ext.iq(mallory, jid, payload, timeout=90)) == "policy-violation"
        peer.send(jid, "status")
        wait_status(peer)
        assert not any("offline" in line for line in b.lines), b.lines



def test_file_without_proof_is_thrown_away(board: Make, server: Prosody, friend: Account) -> None:
    """A bare in-band bytestream has no checksum."""
    with Peer(server, friend) as peer, board(allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        peer.send_stream(jid, os.urandom(20000), block_size=1024)
        b.wait("file not verified")


@pytest.mark.skipif(not BINARY.exists(), reason="the mote command is not built")
def test_file_both_ways(board: Make, server: Prosody, friend: Account, tmp_path: Path) -> None:
    """To the storage of the board and, after a restart, back again."""
    mote = Mote(tmp_path / "mote", friend, "127.0.0.1", server.port("direct"), server.ca, "direct").setup()
    path = mote.home / "file.bin"
    path.write_bytes(os.urandom(30001))
    with board(allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        assert mote.run("put", str(path), jid, timeout=60).code == 0
        b.wait("file complete")
    with Peer(server, friend) as peer, board(allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        accept_files(peer)
        peer.send(jid, "file")
        peer.wait_for(lambda: path.read_bytes() in peer.received.values(), 60, "the file")
        b.wait("file complete")


def test_a_question_that_finds_no_room_is_answered_when_there_is(board: Make, server: Prosody, friend: Account) -> None:
    """The answers to those before it fill the ring, and stay there until the server has acknowledged them."""
    with Peer(server, friend) as peer, board(allow=friend.jid) as b:
        jid = b.wait("online as (.*)")[1]
        peer.raw("".join(f"<message to='{jid}' type='chat'><body>{text}</body></message>"
                         for text in ["status"] * 40 + ["file"]))
        peer.wait_message("here it comes")
        assert sum("posted" in m["body"] for m in peer.messages) < 40, "the ring was never full"


# --- faults -----------------------------------------------------------------------------------------------------------

def test_cable_out_and_in(board: Make) -> None:
    with board() as b:
        b.wait('posted "')
        b.cable(False)
        time.sleep(2)  # for what was on its way
        seen = len(b.lines)
        time.sleep(3)
        assert not any("posted" in line for line in b.lines[seen:])
        b.cable(True)
        b.wait('posted "', timeout=60, after=seen)


def test_no_cable_at_first(board: Make, name: str) -> None:
    with board(plugged=False) as b:
        b.wait("offline: " + ("no DHCP server has given this device an address" if name == "lm3s6965evb" else
                              "the network cable is out"), timeout=60)
        b.cable(True)
        b.wait("online as", timeout=90)


def test_server_gone_and_back(board: Make, certs: Certs, tmp_path: Path) -> None:
    with Prosody(tmp_path / "prosody", certs) as prosody:
        with board(server=prosody, account=prosody.account("restart")) as b:
            b.wait("online as")
            prosody.stop()
            b.wait("offline: ")
            seen = len(b.lines)
            prosody.start()
            b.wait("online as", timeout=60, after=seen)


# --- what is kept -----------------------------------------------------------------------------------------------------

def test_second_login_needs_no_password(board: Make) -> None:
    with board() as b:
        b.wait("there is no store on the storage: an empty one is made")
        b.wait("online as")
        b.stop()
    with board(password=None) as b:
        b.wait("online as")
        assert not any("no store" in line for line in b.lines)


def test_scribbled_store(board: Make) -> None:
    first = board()
    first.image.write_bytes(os.urandom(first.image.stat().st_size))
    with first as b:
        b.wait("there is no store on the storage")
        b.wait("online as")


def test_nothing_set(board: Make) -> None:
    with board(jid=None) as b:
        b.wait("cannot start: which account")
        assert b.process.wait(10) != 0


# --- budgets ----------------------------------------------------------------------------------------------------------

def test_instructions_and_stack(board: Make, name: str) -> None:
    """Only on the small board: the budgets are for its flash and RAM."""
    if name != "lm3s6965evb":
        pytest.skip("no budgets for this board")
    rows = measure(board)
    print("\n".join(lines(rows)))
    assert all(value <= budget for _, value, budget, _ in rows), "\n".join(lines(rows))


def test_chip_image_has_no_semihosting(name: str) -> None:
    done = subprocess.run(["make", "--no-print-directory", f"BOARD={name}", "EXAMPLE=sensor", "QEMU=0"], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    text = subprocess.run([MACHINES[name][0] + "objdump", "-d", f"build/{name}-chip/sensor.elf"], cwd=ROOT,
                          capture_output=True, text=True, check=True).stdout
    assert "bkpt" not in text and not re.search(r"slli?\tzero,zero,0x1f", text)
