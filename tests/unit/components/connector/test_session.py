"""The endpoint and account of a registration's calls, whatever the environment has."""

from pathlib import Path

import pytest

from eks_access.connector.registration import RegistrationError
from eks_access.connector.session import Session, Settings
from eks_access.endpoint import LoopbackError

HERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _environment_with_another_endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell with credentials and an endpoint elsewhere."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_EKS", "https://eks.example.com")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")


def test_the_endpoint_of_the_settings_is_called() -> None:
    session = Session(Settings("us-east-1", HERE))
    assert session.eks.meta.endpoint_url == HERE
    assert session.iam.meta.endpoint_url == HERE


def test_without_an_endpoint_the_sdks_own_settings_apply() -> None:
    assert Session(Settings("us-east-1")).eks.meta.endpoint_url == "https://eks.example.com"


def test_no_request_of_a_loopback_endpoint_leaves_the_machine() -> None:
    eks = Session(Settings("us-east-1", HERE)).eks

    def redirect(request: object, **_: object) -> None:
        request.url = "https://eks.us-east-1.amazonaws.com/clusters"  # type: ignore[attr-defined]

    eks.meta.events.register("before-sign", redirect)
    with pytest.raises(LoopbackError, match="sends a request to https://eks"):
        eks.list_clusters()


def test_a_missing_profile_is_an_error_with_its_name() -> None:
    with pytest.raises(RegistrationError, match="missing-profile"):
        Session(Settings("us-east-1", HERE, profile="missing-profile"))


def test_the_account_is_checked_before_any_other_call() -> None:
    with pytest.raises(RegistrationError, match=r"127\.0\.0\.1:9"):
        Session(Settings("us-east-1", HERE, account="111122223333"))
