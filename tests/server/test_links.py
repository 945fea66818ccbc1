"""Row L1: another user has prepared the folder. What he put there is not followed, opened, made through or given away.

Root uses the folder of a service, as `mote send --queue` does; and two users meet in a folder that both may write to.
"""
import os
import shutil
import socket
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Callable, Iterator

import pytest

from certs import Certs
from command import DONE, LOCAL, Mote
from prosody import Account
from scripted import Client, ScriptedServer
from visitor import PASSWORD

SERVICE, EVE = 65534, 65533
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be two users")
pytestmark = as_root


class Place:
    """A folder of root with the configuration, and `var`, the folder of the service, with what it keeps."""

    def __init__(self, folder: Path):
        self.folder, self.var, self.victim = folder, folder / "var", folder / "victim"
        folder.chmod(0o755)
        self.var.mkdir(mode=0o755)
        os.chown(self.var, SERVICE, SERVICE)
        self.victim.write_bytes(b"precious")
        self.victim.chmod(0o644)
        self.before = self.look()
        self.mote = Mote(folder, Account("alice@localhost", PASSWORD), "127.0.0.1", 1, None, "direct")
        self.configure()

    def configure(self, *more: str) -> None:
        lines = ["jid = alice@localhost", "host = 127.0.0.1", "port = 1", f"store = {self.var}/mote.store", *more]
        self.mote.config.write_text("\n".join(lines) + "\n")

    def look(self) -> tuple:
        st = self.victim.lstat()
        return st.st_uid, st.st_gid, st.st_mode, st.st_size, self.victim.read_bytes()

    def untouched(self) -> None:
        assert self.look() == self.before

    def queue(self, code: int, *more: str, user: int = 0) -> str:
        command = self.mote.command("send", "--queue", *more, "bob@localhost", "hello")
        done = subprocess.run(command, capture_output=True, text=True, env=self.mote.env, timeout=30, cwd="/",
                              **({"user": user, "group": user, "extra_groups": []} if user else {}))
        assert done.returncode == code, done
        assert "Sanitizer" not in done.stderr, done.stderr
        return done.stderr


@pytest.fixture
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="mote-links-"))
    yield Place(folder)
    shutil.rmtree(folder)


def own(path: Path, uid: int = SERVICE) -> Path:
    os.lchown(path, uid, uid)
    return path


def link(path: Path, target: str | Path, uid: int = SERVICE) -> Path:
    path.symlink_to(target)
    return own(path, uid)


# --- the store ------------------------------------------------------------------------------------------------------

def plant_link(place: Place, name: str) -> None:
    link(place.var / name, place.victim)


def plant_dangling(place: Place, name: str) -> None:
    link(place.var / name, place.folder / "new")


def plant_relative(place: Place, name: str) -> None:
    link(place.var / name, "../victim")


def plant_chain(place: Place, name: str) -> None:
    link(place.var / "a", place.victim)
    link(place.var / name, "a")


def plant_loop(place: Place, name: str) -> None:
    link(place.var / name, name)


def plant_hard_link(place: Place, name: str) -> None:
    os.link(place.victim, place.var / name)


def plant_fifo(place: Place, name: str) -> None:
    os.mkfifo(place.var / name)
    own(place.var / name)


def plant_device(place: Place, name: str) -> None:
    os.mknod(place.var / name, 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero
    own(place.var / name)


def plant_socket(place: Place, name: str) -> None:
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(place.var / name))
    own(place.var / name)


def plant_folder(place: Place, name: str) -> None:
    (place.var / name).mkdir()
    own(place.var / name)


def plant_of_another(place: Place, name: str) -> None:
    (place.var / name).write_bytes(bytes(12288))
    own(place.var / name, EVE)


PLANTS = (plant_link, plant_dangling, plant_relative, plant_chain, plant_loop, plant_hard_link, plant_fifo,
          plant_device, plant_socket, plant_folder, plant_of_another)
plants = pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__[6:])


@plants
def test_L1_B6_the_store_of_a_service(place: Place, plant: Callable[[Place, str], None]) -> None:
    plant(place, "mote.store")
    before = sorted(place.folder.rglob("*"))
    said = place.queue(LOCAL)
    assert "cannot use the store" in said and said.count("\n") <= 2
    place.untouched()
    assert not (place.folder / "new").exists() and sorted(place.folder.rglob("*")) == before


def test_L1_a_store_that_is_made_is_given_to_its_folder_alone(place: Place) -> None:
    place.queue(DONE)
    st = (place.var / "mote.store").lstat()
    assert (st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)) == (SERVICE, SERVICE, 0o600)
    place.queue(DONE)  # and used again
    place.queue(DONE, user=0)


def test_L1_a_folder_on_the_way_that_is_a_link(place: Place) -> None:
    target = place.folder / "target"
    target.mkdir()
    link(place.var / "sub", target)
    place.configure(f"store = {place.var}/sub/mote.store")
    assert "link of another user" in place.queue(LOCAL)
    place.configure(f"store = {place.var}/sub/deeper/mote.store")
    assert "link of another user" in place.queue(LOCAL)
    assert list(target.iterdir()) == []


def test_L1_links_of_root_are_followed(place: Place) -> None:
    """systemd makes one of /var/lib/mote/NAME; people move folders."""
    (place.folder / "lib").symlink_to("var")
    (place.folder / "abs").symlink_to(place.folder / "lib")
    place.configure(f"store = {place.folder}/abs/../abs/./mote.store")
    place.queue(DONE)
    assert (place.var / "mote.store").lstat().st_uid == SERVICE


def test_L1_ones_own_links_are_followed_by_oneself(place: Place) -> None:
    elsewhere = place.folder / "elsewhere"
    elsewhere.mkdir()
    own(elsewhere)
    link(place.var / "mote.store", elsewhere / "there.store")
    place.mote.config.chmod(0o644)
    place.queue(DONE, "--socket", str(place.var / "none.sock"), user=SERVICE)
    assert (elsewhere / "there.store").exists() and (place.var / "mote.store").is_symlink()
    assert "link of another user" in place.queue(LOCAL)  # but not by root


@pytest.mark.parametrize("kind", ("file", "link", "hard"))
def test_L1_a_folder_that_all_may_write_to(place: Place, kind: str) -> None:
    """As /tmp: eve was there first."""
    shared = place.folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    theirs = shared / "mote.store"
    if kind == "file":
        theirs.write_bytes(bytes(12288))
        theirs.chmod(0o666)
        own(theirs, EVE)
    elif kind == "link":
        link(theirs, place.var / "victim", EVE)
    else:
        mine = place.var / "victim"
        mine.write_bytes(bytes(12288))
        own(mine)
        os.link(mine, theirs)
    place.mote.config.chmod(0o644)
    place.configure(f"store = {theirs}", f"socket = {place.var}/s")
    said = place.queue(LOCAL, user=SERVICE)
    assert "cannot use the store" in said, said
    if kind != "hard":
        assert not (place.var / "victim").exists()


# --- keys and way ---------------------------------------------------------------------------------------------------

def honest(client: Client) -> None:
    client.login(PASSWORD)
    client.answer_iqs()


@pytest.fixture
def service(certs: Certs, place: Place) -> Iterator[Mote]:
    """Configuration and all that is beside it in the folder of the service, and root runs the command."""
    with ScriptedServer(certs.server(), honest) as server:
        yield Mote(place.var, Account("alice@localhost", PASSWORD), "127.0.0.1", server.port, certs.ca, "direct")


def whole(home: Path) -> None:
    for path in home.iterdir():
        own(path)


@plants
@pytest.mark.parametrize("name", ("mote.keys", "mote.way", "mote.keys.new", "mote.way.new", "mote.conf.new"))
def test_L1_keys_and_way(service: Mote, place: Place, plant: Callable[[Place, str], None], name: str) -> None:
    """Nothing happens to the victim. What is in the way of a login is refused with a sentence."""
    service.setup()
    whole(service.home)
    (place.var / name).unlink(missing_ok=True)
    plant(place, name)
    if name == "mote.keys":
        result = service.run("status", code=LOCAL)
        assert "no keys" in result.stderr or "kept keys" in result.stderr
        service.run("setup", "--password-stdin", *service.where, input=PASSWORD, code=None)
    else:
        service.run("status", "--port", str(service.where[3]), code=DONE)
        service.run("setup", "--password-stdin", *service.where, input=PASSWORD,
                    code=None if plant is plant_folder else DONE)
    place.untouched()
    assert not (place.folder / "new").exists()


def test_L1_what_root_writes_for_a_service_can_be_read_by_it(service: Mote, place: Place) -> None:
    service.setup()
    service.run("send", "--queue", "bob@localhost", "hello")
    assert (place.var / "mote.store").exists()
    assert all(path.lstat().st_uid == SERVICE for path in place.var.iterdir())


# --- the socket -----------------------------------------------------------------------------------------------------

class Listener:
    """A program that listens where mote run would, as another user, and keeps what it is told."""

    CODE = ("import os,socket,sys\n"
            "path,uid,go=sys.argv[1],int(sys.argv[2]),sys.argv[3]\n"
            "s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET); s.bind(path)\n"
            "os.chmod(path,0o777)\n"
            "os.chown(path,uid,uid) if go=='given' else None\n"
            "os.setgid(uid); os.setuid(uid)\n"
            "s.listen(5); print('ready',flush=True)\n"
            "while True:\n"
            " c,_=s.accept(); c.send(b'mote\\0jid=alice@localhost\\0next=1\\0'); print(c.recv(65536),flush=True)\n")

    def __init__(self, path: Path, uid: int, given: bool):
        words = [str(path), str(uid), "given" if given else "kept"]
        command = ["/usr/bin/python3", "-c", self.CODE, *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.heard = self.process.stdout.read()
        self.process.wait()


@pytest.mark.parametrize("how", ("link", "of-another", "listens-as-another"))
def test_L1_a_socket_of_somebody_else_is_not_asked(place: Place, how: str) -> None:
    theirs = place.folder / "theirs.sock"
    at = place.var / "mote.sock" if how != "link" else theirs
    with Listener(at, EVE, how != "listens-as-another") as listener:
        if how == "link":
            link(place.var / "mote.sock", theirs)
        else:
            own(at, EVE if how == "of-another" else SERVICE)
        said = place.queue(LOCAL)
    assert "cannot use the socket" in said, said
    assert listener.heard == ""


@pytest.mark.parametrize("plant", (plant_link, plant_dangling, plant_fifo, plant_device, plant_folder),
                         ids=lambda plant: plant.__name__[6:])
def test_L1_where_the_socket_should_be(place: Place, service: Mote, plant: Callable[[Place, str], None]) -> None:
    service.setup()
    plant(place, "mote.sock")
    with service.start("run") as running:
        result = running.wait()
    assert result.code == LOCAL and "cannot use the socket" in result.stderr, result
    place.untouched()
    assert not (place.folder / "new").exists()
    assert (place.var / "mote.sock").is_symlink() == (plant in (plant_link, plant_dangling))


# --- received files --------------------------------------------------------------------------------------------------

def test_L1_the_folder_for_files(place: Place, service: Mote) -> None:
    service.setup()
    target = place.folder / "target"
    target.mkdir()
    link(place.var / "in", target)
    result = service.run("get", "--dir", str(place.var / "in"), code=LOCAL)
    assert "link of another user" in result.stderr
    link(place.var / "sub", target)
    (target / "in").mkdir()
    assert "link of another user" in service.run("get", "--dir", str(place.var / "sub/in"), code=LOCAL).stderr
    assert sorted(path.name for path in target.rglob("*")) == ["in"]
