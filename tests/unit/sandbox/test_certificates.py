"""The sandbox's certificates as its clients see them: a real handshake, in memory."""

import base64
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sandbox.aws.process import sts_hosts
from sandbox.aws.sts_proxy import STS_HOST
from sandbox.cluster.certificates import LIFETIME, CertificateAuthority, write_private


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path / "pki")


def issue(authority: CertificateAuthority, folder: Path, *hosts: str) -> ssl.SSLContext:
    authority.issue(hosts, folder / "server.crt", folder / "server.key")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.crt", folder / "server.key")
    return server


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> None:
    """
    Raises:
        ssl.SSLCertVerificationError: the client does not accept the server's certificate for this host.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert sides[0].version()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "kubernetes.default.svc"])
def test_a_client_that_has_the_authority_accepts_the_server_under_its_names(
    authority: CertificateAuthority, tmp_path: Path, host: str
) -> None:
    server = issue(authority, tmp_path, "127.0.0.1", "localhost", "kubernetes.default.svc")
    shake_hands(server, ssl.create_default_context(cafile=authority.path), host)
    in_kubeconfig = base64.b64decode(authority.data).decode()
    shake_hands(server, ssl.create_default_context(cadata=in_kubeconfig), host)


def test_even_a_strict_client_accepts_it(authority: CertificateAuthority, tmp_path: Path) -> None:
    """As Python 3.13 does by default: https://docs.python.org/3/library/ssl.html#ssl.create_default_context"""
    client = ssl.create_default_context(cafile=authority.path)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    shake_hands(issue(authority, tmp_path, "127.0.0.1"), client, "127.0.0.1")


def test_another_name_and_another_authority_are_not_accepted(authority: CertificateAuthority, tmp_path: Path) -> None:
    server = issue(authority, tmp_path, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"doesn't match|mismatch|not valid for"):
        shake_hands(server, ssl.create_default_context(cafile=authority.path), "127.0.0.1")
    other = CertificateAuthority(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get local issuer|self.signed|signature failure"):
        shake_hands(server, ssl.create_default_context(cafile=other.path), "localhost")


def test_a_certificate_is_for_every_sts_host_that_the_proxy_is_asked_for(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    hosts = sts_hosts()
    assert {"sts.amazonaws.com", "sts.eu-west-1.amazonaws.com", "sts.cn-north-1.amazonaws.com.cn"} <= set(hosts)
    assert all(STS_HOST.fullmatch(host) for host in hosts)
    server = issue(authority, tmp_path, *hosts)
    for host in ("sts.amazonaws.com", "sts.us-gov-west-1.amazonaws.com"):
        shake_hands(server, ssl.create_default_context(cafile=authority.path), host)


def test_a_certificate_ends_and_what_is_private_is_readable_by_its_owner_alone(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    issue(authority, tmp_path, "localhost")
    certificate = x509.load_pem_x509_certificate((tmp_path / "server.crt").read_bytes())
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    assert LIFETIME - timedelta(minutes=1) < left <= LIFETIME
    assert (tmp_path / "server.key").stat().st_mode & 0o777 == 0o600
    assert authority.path.parent.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in authority.path.parent.iterdir()} == {"ca.crt"}, "its key is in memory only"
    write_private(tmp_path / "secret", b"x")
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
