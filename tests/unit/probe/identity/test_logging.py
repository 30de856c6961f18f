"""The log lines of assuming a role and of AWS calls."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from eks_access.manifest import models
from eks_access_probe.identity.assume_role import Actor
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import load_identities
from tests.support.world import ROLE, SECRET_KEY, SESSION, SESSION_TOKEN, World


@pytest.fixture
def actor(world: World, manifest_file: Callable[..., str], tmp_path: Path) -> Actor:
    manifest = models.read(json.loads(Path(manifest_file()).read_text()))
    known = load_identities(tmp_path / "identities.yaml")
    return Actor(Aws("http://127.0.0.1:9"), "acme", manifest.integrations["acme"], known)


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("eks_access_probe.")]


def test_an_assumed_role_is_logged_with_its_trust_session_and_expiry(
    actor: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "eks_access_probe"):
        actor.assume()
    assert logged(caplog) == [
        "sts.AssumeRole in us-east-1: status 200, request id None",
        f"assume {ROLE} by cross-account, genuine: {SESSION}, expires at 2035-01-01 00:00:00+00:00",
    ]


def test_a_refused_request_is_logged_with_its_status_request_id_and_reason(
    actor: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "eks_access_probe"), pytest.raises(ClientError):
        actor.assume("stranger")
    call, assumed = logged(caplog)
    assert call == "sts.AssumeRole in us-east-1: status 403, request id 11111111-2222"
    assert assumed.startswith(f"assume {ROLE} by cross-account, stranger: ")
    assert "AccessDenied" in assumed


def test_no_credential_is_logged(actor: Actor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "eks_access_probe"):
        actor.session()
    lines = "\n".join(logged(caplog))
    for secret in (SECRET_KEY, SESSION_TOKEN, "vendor-secret-key", "ASIAASSUMED"):
        assert secret not in lines
