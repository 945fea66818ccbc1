"""mote put without a receiver, or for one who takes URLs: HTTP upload (XEP-0363) with real servers."""
import hashlib
import ssl
import urllib.request
from pathlib import Path
from typing import Iterator

import pytest

from certs import Certs
from command import DONE, REFUSED, USAGE, Mote
from peer import Peer
from prosody import Account, Prosody
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
