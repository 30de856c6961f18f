"""Secrets are never in the clear: not in state, outputs, logs or reports."""

import configparser
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.e2e.program import Program

pytestmark = pytest.mark.e2e

EXTERNAL_ID = "c1-sandbox-external-id"


@pytest.fixture(scope="module")
def with_secret(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    config = {
        "eks-access:integrations": {
            "hidden-c1": {"vendor": "conductorone", "clusters": ["both"], "external_id": {"secret": "c1-id"}}
        }
    }
    program = Program(sandbox, tmp_path_factory.mktemp("secret"), "secret", config)
    program.pulumi("config", "set", "--secret", "c1-id", EXTERNAL_ID, "--stack", "secret")
    yield program
    program.destroy()


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def test_a_secret_of_the_configuration_is_nowhere_in_the_clear(sandbox: Sandbox, with_secret: Program) -> None:
    printed = with_secret.up()
    state = with_secret.pulumi("stack", "export", "--stack", "secret").stdout
    shown = with_secret.pulumi("stack", "output", "--json", "--stack", "secret").stdout
    probed = with_secret.probe()
    assert probed.exit_code == 0, "the probe can use it"

    for where, text in {
        "what up prints": printed,
        "the state": state,
        "the outputs": shown,
        "the probe's table": probed.table,
        "the probe's report": json.dumps(probed.report),
        "a preview": with_secret.preview("--refresh").stdout,
    }.items():
        assert EXTERNAL_ID not in text, where
    for path in files(sandbox.state.pulumi_backend):
        if "secret" in path.name:
            assert EXTERNAL_ID.encode() not in path.read_bytes(), path.name
    for path in files(with_secret.folder):
        assert EXTERNAL_ID.encode() not in path.read_bytes(), path.name


def test_only_the_secret_is_hidden_and_the_rest_of_the_manifest_is_readable(with_secret: Program) -> None:
    with_secret.up()
    shown = json.loads(with_secret.pulumi("stack", "output", "--json", "--stack", "secret").stdout)
    integration = shown["access"]["integrations"]["hidden-c1"]
    assert integration["trust"]["externalId"] == "[secret]"
    assert integration["trust"]["principals"] == ["arn:aws:iam::765656841499:role/ConductorOneService"]
    assert integration["role"]["arn"].endswith("role/eks-access-hidden-c1")


def test_an_external_id_given_in_plain_text_stays_readable_in_the_trust_policy(deployed: Program) -> None:
    state = deployed.pulumi("stack", "export", "--stack", deployed.stack).stdout
    assert EXTERNAL_ID in state, "a trust policy that cannot be read cannot be reviewed"


def workload_values(sandbox: Sandbox) -> list[str]:
    """The values of Secrets, ConfigMaps and environment variables in the sandbox's clusters."""
    canaries = json.loads((sandbox.state.folder / "canaries.json").read_text()).values()
    return [text for value in canaries for text in ([value] if isinstance(value, str) else value)]


def credentials(sandbox: Sandbox) -> list[str]:
    """The secret access keys and session tokens of every AWS profile."""
    profiles = configparser.ConfigParser(interpolation=None)
    profiles.read(sandbox.env["AWS_SHARED_CREDENTIALS_FILE"])
    names = ("aws_secret_access_key", "aws_session_token")
    return [profiles[profile][name] for profile in profiles.sections() for name in names if name in profiles[profile]]


def test_debug_logs_hold_no_credential_and_no_value_of_the_workloads(sandbox: Sandbox, deployed: Program) -> None:
    command_log, plugin_log = deployed.folder / "command.log", deployed.folder / "plugin.log"
    deployed.probe("--collect", "--debug", str(command_log))
    deployed.pulumi("refresh", "--yes", "--stack", deployed.stack, env={"EKS_ACCESS_LOG": str(plugin_log)})
    secrets = [*workload_values(sandbox), *credentials(sandbox), "k8s-aws-v1."]
    assert len(secrets) > 10, "values of workloads and credentials of profiles"
    for log, expected in ((command_log, "AssumeRole"), (plugin_log, "AwsAuthMapping")):
        text = log.read_text()
        assert expected in text, f"{log.name} is about what was done"
        assert not [secret for secret in secrets if secret in text], f"{log.name} holds no secret"
        assert log.stat().st_mode & 0o077 == 0, "only its owner may read it"


def test_no_value_of_the_workloads_is_in_states_logs_or_reports(sandbox: Sandbox, deployed: Program) -> None:
    texts = workload_values(sandbox)
    assert len(texts) > 5, "Secrets, ConfigMaps and environment values"
    (deployed.folder / "output.json").write_text(json.dumps(deployed.manifest()))
    deployed.probe("--verbose")
    searched = [*files(deployed.folder), *files(sandbox.state.pulumi_backend), *files(sandbox.state.logs)]
    assert searched
    for path in searched:
        content = path.read_bytes()
        for text in texts:
            assert text.encode() not in content, f"{path.name} holds {text}"
