from pathlib import Path

import pytest

from eks_access.endpoint import LoopbackError, is_loopback, loopback_endpoint
from eks_access_probe.identity.aws_clients import Aws, CredentialsUnavailableError, Keys

CHAIN = "[profile local]\nrole_arn = arn:aws:iam::111122223333:role/x\n"
LOCAL = "http://127.0.0.1:4566"
REAL_LOOKING = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
    "AWS_PROFILE": "prod",
}


def test_the_loopback_endpoint_is_independent_of_credentials() -> None:
    assert loopback_endpoint(REAL_LOOKING | {"AWS_ENDPOINT_URL": LOCAL}) == LOCAL


@pytest.mark.parametrize(
    ("settings", "variable", "message"),
    [
        ({}, "AWS_ENDPOINT_URL", "is not set"),
        ({"AWS_ENDPOINT_URL": ""}, "AWS_ENDPOINT_URL", "is not set"),
        ({"AWS_ENDPOINT_URL": "https://sts.amazonaws.com"}, "AWS_ENDPOINT_URL", "not a loopback address"),
        (
            {"AWS_ENDPOINT_URL": LOCAL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            "is set",
        ),
        (
            {"AWS_ENDPOINT_URL": LOCAL, "AWS_ENDPOINT_URL_STS": "https://sts.us-east-1.amazonaws.com"},
            "AWS_ENDPOINT_URL_STS",
            "not a loopback address",
        ),
    ],
)
def test_settings_that_allow_calls_elsewhere_are_refused_with_a_remedy(
    settings: dict[str, str], variable: str, message: str
) -> None:
    with pytest.raises(LoopbackError, match=message) as refused:
        loopback_endpoint(REAL_LOOKING | settings)
    assert refused.value.variable == variable, "the message must name what to change"
    assert "make up" in str(refused.value)
    assert "python -m sandbox run --" in str(refused.value)


def test_a_service_endpoint_on_loopback_is_accepted() -> None:
    settings = {
        "AWS_ENDPOINT_URL": LOCAL,
        "AWS_ENDPOINT_URL_EKS": "http://localhost:1",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
    }
    assert loopback_endpoint(settings) == LOCAL


def test_a_refusal_does_not_repeat_a_password_in_the_url() -> None:
    with pytest.raises(LoopbackError) as refused:
        loopback_endpoint({"AWS_ENDPOINT_URL": "https://me:hunter2@proxy.example/?key=hunter2"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.9.9.9", "https://[::1]:2/", "http://localhost:3"])
def test_these_urls_are_loopback(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:1",
        "ftp://127.0.0.1",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://example.com\\@127.0.0.1",
        "http://localhost.localstack.cloud:4566",
        "http://[::1",
        "http://10.0.0.1",
    ],
)
def test_these_urls_are_not_loopback(url: str) -> None:
    assert not is_loopback(url)


@pytest.mark.parametrize(
    "settings",
    [
        f"{CHAIN}source_profile = acme\nignore_configured_endpoint_urls = true\n",
        "[profile local]\ncredential_process = curl https://example.com\n",
        f"{CHAIN}source_profile = other\n[profile other]\ncredential_process = x\n",
        "[profile local]\nsso_start_url = https://example.com\nsso_region = us-east-1\nsso_role_name = x\n",
    ],
    ids=["a chain that ignores endpoints", "a command", "a chain to a command", "single sign-on"],
)
def test_a_profile_that_reaches_another_machine_has_no_credentials(settings: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(settings)
    with pytest.raises(CredentialsUnavailableError, match="no AWS call may leave this machine"):
        Aws(LOCAL).profile_credentials("local")
    assert Aws(LOCAL).profile_credentials("acme").access_key == "AKIAVENDOR", "a plain profile is let through"


def test_a_client_has_the_loopback_endpoint_despite_proxies_and_other_endpoints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "https://sts.amazonaws.com")
    client = Aws(LOCAL).client("sts", "us-east-1", Keys("AKIA", "secret", None))
    assert client.meta.endpoint_url == LOCAL
    assert client.meta.config.proxies == {}, "a request to this machine must not pass through a proxy"


def test_the_repr_of_keys_does_not_contain_secrets() -> None:
    assert "hunter2" not in repr(Keys("AKIA", "hunter2", "hunter2-token"))
