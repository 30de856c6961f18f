"""Fixtures of tests against a fake AWS and fake clusters: no network, no settings of the machine."""

import base64
import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import create_loader
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from eks_access.kubernetes.client import KubernetesApi
from eks_access_probe.identity.aws_clients import Aws
from tests.support.world import World, access

ENDPOINT = "http://127.0.0.1:9"
LOADER = create_loader()
"""Shared by all tests, since the service models are large."""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: object) -> None:
        raise AssertionError(f"a unit test connected to {address}")

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in list(os.environ):
        if variable.startswith(("AWS_", "EKS_ACCESS_", "PULUMI_")):
            monkeypatch.delenv(variable)
    credentials = tmp_path / "credentials"
    credentials.write_text(
        "[acme]\naws_access_key_id = AKIAVENDOR\naws_secret_access_key = vendor-secret-key\n"
        "[stranger]\naws_access_key_id = AKIASTRANGER\naws_secret_access_key = stranger-secret-key\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", ENDPOINT)
    identities = tmp_path / "identities.yaml"
    identities.write_text("version: 1\nintegrations:\n  acme: {profile: acme}\nstranger: {profile: stranger}\n")
    monkeypatch.setenv("EKS_ACCESS_IDENTITIES", str(identities))


@pytest.fixture(autouse=True)
def _one_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eks_access_probe.identity.aws_clients.create_loader", lambda: LOADER)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    create = Aws._create

    def create_here(self: Aws, *arguments: Any) -> Any:
        client = create(self, *arguments)
        client.meta.events.register("before-send", world.aws)
        return client

    monkeypatch.setattr(Aws, "_create", create_here)
    monkeypatch.setattr(KubernetesApi, "request", lambda self, *args, **options: world.request(self, *args, **options))
    return world


@pytest.fixture
def certificate_authority() -> str:
    """In the format of EKS: PEM in base64."""
    return create_certificate_authority()


def create_certificate_authority() -> str:
    """In the format of EKS: PEM in base64."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.PEM)).decode()


@pytest.fixture
def manifest_file(certificate_authority: str, tmp_path: Path) -> Callable[..., str]:
    """Writes a manifest with one integration, acme, and returns its path."""

    def write(clusters: tuple[str, ...] = ("api",), *, endpoint: str = "loopback", **changes: Any) -> str:
        value = {
            "schemaVersion": 1,
            "environment": "dev",
            "partition": "aws",
            "account": "111122223333",
            "endpoint": endpoint,
            "integrations": {"acme": access(certificate_authority, clusters, **changes)},
        }
        path = tmp_path / "access.json"
        path.write_text(json.dumps(value))
        return str(path)

    return write
