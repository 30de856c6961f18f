import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from eks_access_cli.commands.token import command as token
from tests.support.interpreter import find_imported
from tests.support.world import SECRET_KEY, SESSION_TOKEN, World, presigned


def run(*arguments: str) -> Result:
    return CliRunner().invoke(token, arguments, catch_exceptions=False)


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own-secret-key")


@pytest.mark.usefixtures("_credentials")
def test_the_environments_credentials_sign_a_token_in_kubectls_format() -> None:
    result = run("--cluster-name", "dev-api", "--region", "eu-west-1")
    credential = json.loads(result.stdout)
    assert credential["kind"] == "ExecCredential"
    assert credential["apiVersion"] == "client.authentication.k8s.io/v1"
    signed = presigned(credential["status"]["token"])
    assert signed["X-Amz-Credential"][0].startswith("AKIAOWN/")
    assert "/eu-west-1/sts/" in signed["X-Amz-Credential"][0]
    assert result.stderr == ""


@pytest.mark.usefixtures("_credentials")
def test_the_region_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    signed = presigned(json.loads(run("--cluster-name", "x").stdout)["status"]["token"])
    assert "/us-west-2/" in signed["X-Amz-Credential"][0]


def test_a_profile_signs_with_its_own_credentials() -> None:
    signed = presigned(
        json.loads(run("--cluster-name", "x", "--region", "r", "--profile", "acme").stdout)["status"]["token"]
    )
    assert signed["X-Amz-Credential"][0].startswith("AKIAVENDOR/")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--region", "us-east-1"], "no AWS credentials"),
        (["--profile", "acme"], "no region"),
        (["--profile", "nowhere", "--region", "us-east-1"], "nowhere"),
    ],
)
def test_missing_credentials_or_region_are_reported_on_standard_error(arguments: list[str], message: str) -> None:
    result = run("--cluster-name", "x", *arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert message in result.stderr


def test_an_integration_can_be_acted_as(world: World, manifest_file: Callable[..., str]) -> None:
    result = run("--cluster-name", "dev-api", "--as", "acme", "--manifest", manifest_file())
    assert result.exit_code == 0, result.output
    signed = presigned(json.loads(result.stdout)["status"]["token"])
    assert signed["X-Amz-Credential"][0].startswith("ASIAASSUMED/")
    assert signed["X-Amz-Security-Token"] == [SESSION_TOKEN]
    assert "/us-east-1/" in signed["X-Amz-Credential"][0], "the region is that of the cluster in the manifest"


def test_an_integration_that_cannot_be_acted_as_is_reported_without_secrets(
    world: World, manifest_file: Callable[..., str]
) -> None:
    world.external_id = "another"
    result = run("--cluster-name", "dev-api", "--as", "acme", "--manifest", manifest_file())
    assert result.exit_code == 1
    assert "cannot act as acme" in result.stderr
    assert "AccessDenied" in result.stderr
    assert not any(secret in result.output for secret in (SECRET_KEY, SESSION_TOKEN, "vendor-secret-key"))
    other = run("--cluster-name", "dev-api", "--as", "other", "--manifest", manifest_file())
    assert (other.exit_code, "it has: acme" in other.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--manifest", "x"], "go with --as"),
        (["--as", "acme"], "either --stack NAME or --manifest FILE"),
        (["--as", "acme", "--manifest", "x", "--profile", "y"], "--as selects the credentials"),
        (["--external-id", "x"], "goes with --role-arn"),
    ],
)
def test_contradicting_options_are_a_usage_error(arguments: list[str], message: str) -> None:
    result = run("--cluster-name", "x", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_token_is_created_without_importing_pulumi_or_the_probe() -> None:
    code = (
        "from eks_access_cli.main import main;"
        "main(['token', '--cluster-name', 'x', '--region', 'r'], standalone_mode=False)"
    )
    imported = find_imported(code, {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"})
    assert not imported & {"pulumi", "pydantic", "boto3", "rich", "eks_access_probe"}
