"""What the plan says about sessions, what the report hides, and what is kept for the proof."""

import json
import shlex
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eks_access.manifest.models import HIDDEN, IntegrationAccess
from eks_access_probe.offboard.kept import Kept, KeptSession, delete_kept, find_kept_file, read_kept, write_kept
from eks_access_probe.offboard.plan import describe_sessions, format_revocation, list_secrets
from eks_access_probe.offboard.report import RoleReport
from eks_access_probe.offboard.report_file import OffboardReportError
from tests.support.manifests import access

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROLE = "arn:aws:iam::111122223333:role/vendors/acme"


def sessions(*, existing: bool = False, seconds: int = 3600) -> list[str]:
    value: dict[str, Any] = access("cado")
    value["role"] = {**value["role"], "arn": ROLE, "existing": existing}
    role = RoleReport(arn=ROLE, existing=existing, max_session_seconds=seconds)
    return list(describe_sessions(IntegrationAccess.model_validate(value), role, NOW, is_planned=False))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3600, "lasts 1 hour at most: until 2026-01-02 04:04 UTC"),
        (5400, "lasts 1 hour and 30 minutes at most: until 2026-01-02 04:34 UTC"),
        (43200, "lasts 12 hours at most: until 2026-01-02 15:04 UTC"),
    ],
)
def test_sessions_are_reported_with_their_latest_end(seconds: int, words: str) -> None:
    assert words in sessions(seconds=seconds)[0]


def test_a_deleted_roles_sessions_are_refused_and_an_existing_roles_are_revoked_by_its_owner() -> None:
    assert "AWS refuses every call of a session whose role is deleted" in sessions()[-1]
    assert not any("AWSRevokeOlderSessions" in each for each in sessions())
    kept = sessions(existing=True)
    assert not any("is deleted" in each for each in kept)
    assert f"The role {ROLE} is its owner's, and stays" in kept[2]
    assert kept[-1].splitlines()[1] == format_revocation(ROLE, NOW)


def test_the_revocation_denies_everything_to_older_sessions_alone() -> None:
    words = shlex.split(format_revocation(ROLE, NOW))
    assert words[:3] == ["aws", "iam", "put-role-policy"]
    assert "--role-name=acme" in words
    (document,) = (word.partition("=")[2] for word in words if word.startswith("--policy-document="))
    (statement,) = json.loads(document)["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", ["*"], ["*"])
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2026-01-02T03:04:05Z"}}


def test_the_tokens_of_a_connector_end_with_its_service_account() -> None:
    value: dict[str, Any] = access("eks-connector")
    value["clusters"]["c0"]["method"] = "eks-connector"
    role = RoleReport(arn=ROLE, existing=False, max_session_seconds=3600)
    (first, *_) = describe_sessions(IntegrationAccess.model_validate(value), role, NOW, is_planned=False)
    assert "service account is deleted" in first


def test_secrets_are_the_stacks_the_vendors_and_the_external_id() -> None:
    value = access("conductorone")
    value["handoff"]["fields"] += [{"label": "Code", "value": "activation", "secret": True}]
    assert list_secrets(value, {"of-the-stack"}) == ("of-the-stack", "activation", "c1-x")
    assert list_secrets({**value, "trust": {**value["trust"], "externalId": HIDDEN}}, ()) == ("activation",)


def test_what_is_kept_is_readable_by_its_owner_alone_and_deleted(tmp_path: Path) -> None:
    path = find_kept_file(tmp_path / "offboard-cado.json")
    assert path.name == ".offboard-cado.json.secret"
    session = KeptSession(access_key="ASIA", secret_key="secret", token=None, arn=ROLE, expires_at=NOW)
    kept = Kept(access=access("cado"), credential="token", session=session)
    for _ in range(2):  # an older one is replaced
        write_kept(path, kept)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_kept(path) == kept
    delete_kept(path)
    assert read_kept(path) is None
    assert not any("offboard" in file.name for file in tmp_path.iterdir())


def test_something_else_in_its_place_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / ".x"
    path.write_text("{}")
    with pytest.raises(OffboardReportError, match="delete it, and the sessions cannot be tested"):
        read_kept(path)
