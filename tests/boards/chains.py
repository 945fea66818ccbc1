"""Certificates that tests/server/certs.py does not make: chains as of public authorities, and a given certificate."""
import ssl
import subprocess
from pathlib import Path

LEAF = ("basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,keyEncipherment",
        "extendedKeyUsage=serverAuth,clientAuth", "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid",
        "authorityInfoAccess=OCSP;URI:http://r10.o.example.org,caIssuers;URI:http://r10.i.example.org/",
        "certificatePolicies=2.23.140.1.2.1", "subjectAltName=DNS:localhost,DNS:pubsub.localhost,DNS:auto.localhost")
BETWEEN = ("basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,digitalSignature,keyCertSign,cRLSign",
           "extendedKeyUsage=clientAuth,serverAuth", "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid",
           "authorityInfoAccess=caIssuers;URI:http://x1.i.example.org/", "certificatePolicies=2.23.140.1.2.1",
           "crlDistributionPoints=URI:http://x1.c.example.org/")


class Chain:
    """Root, intermediate authority and server, with keys as openssl's -newkey names them, in the sizes of what public
    authorities give: with RSA 1.4, 1.3 and 1.0 KB."""

    def __init__(self, folder: Path, root: str, between: str, leaf: str, more_names: str = "", upper: str = "",
                 with_root: bool = False):
        """`upper`: the key of a second intermediate authority. The server shows the root as well if it is told to."""
        self.dir, self.ca = folder, folder / "ca.crt"
        self._openssl("req", "-x509", *self._key(root), "-keyout", "ca.key", "-out", "ca.crt", "-days", "3650",
                      "-subj", "/C=US/O=Loopback Research Group/CN=Loopback Root X1",
                      "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        if upper:
            unbounded = tuple(extension.replace(",pathlen:0", "") for extension in BETWEEN)
            self._sign("upper", upper, "/C=US/O=Loopback Research Group/CN=Loopback Root X2", "ca", unbounded)
        self._sign("between", between, "/C=US/O=Let us sign loopback/CN=R10", "upper" if upper else "ca", BETWEEN)
        self._sign("leaf", leaf, "/CN=localhost", "between", (*LEAF[:-1], LEAF[-1] + more_names))
        shown = ["leaf", "between"] + ["upper"] * bool(upper) + ["ca"] * with_root
        (folder / "chain.crt").write_text("".join((folder / f"{name}.crt").read_text() for name in shown))
        ders = [ssl.PEM_cert_to_DER_cert(f"{text}-----END CERTIFICATE-----\n")
                for text in (folder / "chain.crt").read_text().split("-----END CERTIFICATE-----\n")[:-1]]
        self.message = 4 + 3 + sum(3 + len(der) for der in ders)  # bytes of TLS's Certificate

    def server(self) -> tuple[Path, Path]:
        return self.dir / "chain.crt", self.dir / "leaf.key"

    def _key(self, kind: str) -> list[str]:
        if kind.startswith("rsa:"):
            return ["-newkey", kind, "-nodes"]
        return ["-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{kind}", "-nodes"]

    def _sign(self, name: str, key: str, subject: str, signer: str, extensions: tuple[str, ...]) -> None:
        (self.dir / "ext").write_text("\n".join(extensions))
        self._openssl("req", *self._key(key), "-keyout", f"{name}.key", "-out", "csr", "-subj", subject)
        self._openssl("x509", "-req", "-in", "csr", "-CA", f"{signer}.crt", "-CAkey", f"{signer}.key", "-CAcreateserial",
                      "-sha384", "-extfile", "ext", "-days", "300", "-out", f"{name}.crt")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.dir, check=True, capture_output=True, timeout=120)


class Given:
    """This certificate, and this authority for its clients."""

    def __init__(self, pair: tuple[Path, Path], ca: Path):
        self.pair, self.ca = pair, ca

    def server(self) -> tuple[Path, Path]:
        return self.pair
