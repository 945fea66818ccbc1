"""Certificates made by openssl at start: an authority of our own, a good one, and those that must be refused."""
import subprocess
from pathlib import Path

XMPP_ADDR = "otherName:1.3.6.1.5.5.7.8.5;UTF8:"
SRV_NAME = "otherName:1.3.6.1.5.5.7.8.7;IA5:"

CONFIG = """\
[ca]
default_ca = own
[own]
dir = {dir}
database = {dir}/index.txt
new_certs_dir = {dir}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[req]
distinguished_name = any
prompt = no
"""

LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n"
AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n"


class Certs:
    """An authority in `directory`; `make` gives further certificates, each once."""

    def __init__(self, directory: Path):
        self.dir = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.ca = directory / "ca.crt"
        self.config = directory / "openssl.cnf"
        self.config.write_text(CONFIG.format(dir=directory))
        (directory / "index.txt").write_text("")
        self._self_signed("ca", "/CN=Test authority", ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign"])

    def make(self, name: str, san: str = "", subject: str = "localhost", signer: str = "ca",
             dates: tuple[str, str] = ("20200101000000Z", "20491231000000Z"), more: str = LEAF) -> tuple[Path, Path]:
        """The certificate and its key. `san` is openssl's subjectAltName; `signer` the name of another certificate."""
        cert, key, request = self.path(name, "crt"), self.path(name, "key"), self.path(name, "csr")
        if cert.exists():
            return cert, key
        extensions = self.path(name, "ext")
        extensions.write_text(more + (f"subjectAltName={san}\n" if san else ""))
        self._openssl("req", "-new", *self._new_key(key), "-subj", f"/CN={subject}", "-out", request)
        self._openssl("ca", "-batch", "-notext", "-in", request, "-out", cert, "-extfile", extensions,
                      "-startdate", dates[0], "-enddate", dates[1],
                      "-cert", self.path(signer, "crt"), "-keyfile", self.path(signer, "key"))
        if signer != "ca":
            cert.write_text(cert.read_text() + self.path(signer, "crt").read_text())
        return cert, key

    def server(self) -> tuple[Path, Path]:
        """The good one, for the hosts of the Prosody that the tests run."""
        hosts = ("localhost", "pubsub.localhost", "auto.localhost", "wide.test")
        return self.make("server", ",".join(f"DNS:{host}" for host in hosts))

    def self_signed(self, name: str, san: str) -> tuple[Path, Path]:
        return self._self_signed(name, "/CN=localhost", [f"subjectAltName={san}"])

    def path(self, name: str, kind: str) -> Path:
        return self.dir / f"{name}.{kind}"

    def _self_signed(self, name: str, subject: str, extensions: list[str]) -> tuple[Path, Path]:
        cert, key = self.path(name, "crt"), self.path(name, "key")
        if not cert.exists():
            more = [argument for line in extensions for argument in ("-addext", line)]
            self._openssl("req", "-x509", *self._new_key(key), "-subj", subject, "-days", "3650", *more, "-out", cert)
        return cert, key

    def _new_key(self, key: Path) -> list[str]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key)]

    def _openssl(self, verb: str, *arguments: object) -> None:
        done = subprocess.run(["openssl", verb, "-config", str(self.config), *map(str, arguments)],
                              capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {verb}: {done.stderr}")
