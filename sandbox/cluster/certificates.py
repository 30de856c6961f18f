"""The sandbox's certificate authority and the certificates of its servers, renewed with each sandbox."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

LIFETIME = timedelta(days=30)
"""Of a server's certificate; a sandbox lives for hours or days."""


class CertificateAuthority:
    """Signs certificates with a key that is in memory only. Its own certificate is the file `ca.crt` in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._authority = trustme.CA(organization_name="eks-access sandbox", path_length=0)
        self.path = folder / "ca.crt"
        self.path.write_bytes(self._authority.cert_pem.bytes())

    @property
    def data(self) -> str:
        """The authority's certificate in base64, as kubeconfigs and DescribeCluster have it."""
        return base64.b64encode(self._authority.cert_pem.bytes()).decode()

    def issue(self, hosts: Sequence[str], certificate: Path, key: Path) -> None:
        """Writes the certificate of a server with these names and addresses, and its private key."""
        issued = self._authority.issue_cert(*hosts, not_after=datetime.now(UTC) + LIFETIME)
        (pem,) = issued.cert_chain_pems
        certificate.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        certificate.write_bytes(pem.bytes())
        write_private(key, issued.private_key_pem.bytes())


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read."""
    path.touch(mode=0o600)
    path.write_bytes(content)
