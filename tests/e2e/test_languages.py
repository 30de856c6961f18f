"""The examples in other languages: their programs have nothing of eks-access but its plugin."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import Sandbox

pytestmark = pytest.mark.e2e

EXAMPLES = Path(__file__).parents[2] / "examples"
SECONDS = 120
SUBJECT = "110169484474386276334"
CONFIG = {
    "openTrace": {"clientId": "1234567890-sandbox.apps.googleusercontent.com"},
    "cadoRoleArn": "arn:aws:iam::444455556666:role/CadoPlatform",
}
CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"


@dataclass(frozen=True)
class Example:
    """A program in a folder and a stack of its own."""

    sandbox: Sandbox
    folder: Path

    @classmethod
    def copy(cls, sandbox: Sandbox, language: str, folder: Path, config: Mapping[str, str]) -> "Example":
        shutil.copytree(EXAMPLES / language, folder, ignore=shutil.ignore_patterns("node_modules"))
        project = yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]
        values = {f"{project}:{key}": value for key, value in {**CONFIG, **config}.items()}
        (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": values}))
        example = cls(sandbox, folder)
        example.pulumi("stack", "select", "--create", "test")
        example.pulumi("config", "set", "--path", "--secret", "openTrace.subject", SUBJECT)
        return example

    def run(self, *command: str) -> str:
        done = self.sandbox.run(command, cwd=self.folder, timeout=SECONDS)
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def pulumi(self, *arguments: str) -> str:
        return self.run("pulumi", *arguments, "--non-interactive", "--color=never")

    def up(self, *options: str) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", *options)

    def roles(self) -> set[str]:
        return set(json.loads(self.pulumi("stack", "output", "roles", "--json")))

    def prove(self) -> dict[str, Any]:
        """The report of a probe in which everything was as expected."""
        report = self.folder / "probe.json"
        self.run("eks-access", "probe", "--stack", "test", "--json", str(report))
        found: dict[str, Any] = json.loads(report.read_text())
        return found


@pytest.fixture(scope="module")
def plugin(sandbox: Sandbox) -> Iterator[None]:
    installed = sandbox.run(["eks-access", "plugin", "install"], timeout=SECONDS)
    assert installed.returncode == 0, installed.stderr
    yield
    # The checkout's own programs name their plugin; none of them must find this one.
    shutil.rmtree(Path(installed.stdout.split()[-1]).parent)


def read_access_entries(sandbox: Sandbox, cluster: str) -> set[str]:
    return set(sandbox.boto("eks").list_access_entries(clusterName=cluster)["accessEntries"])


def read_cluster_roles(sandbox: Sandbox, cluster: str) -> set[str]:
    found = sandbox.clusters[cluster].admin.json("GET", CLUSTER_ROLES)["items"]
    return {each["metadata"]["name"] for each in found}


def assert_it_is_deployed_proven_and_destroyed(example: Example, cluster: str, own_role: str) -> None:
    sandbox = example.sandbox
    entries, cluster_roles = read_access_entries(sandbox, cluster), read_cluster_roles(sandbox, cluster)
    example.pulumi("preview")
    assert read_access_entries(sandbox, cluster) == entries, "a preview creates nothing"
    example.up()
    roles = example.roles()
    assert len(roles) == 2
    assert read_access_entries(sandbox, cluster) == entries | roles
    assert own_role in read_cluster_roles(sandbox, cluster) - cluster_roles
    checks = example.prove()["checks"]
    assert {check["integration"] for check in checks} == {"opentrace", "cado"}
    assert SUBJECT not in example.pulumi("stack", "export"), "a secret that goes through the plugin stays one"
    example.up("--expect-no-changes")
    example.pulumi("destroy", "--yes", "--skip-preview")
    assert json.loads(example.pulumi("stack", "export"))["deployment"].get("resources", []) == []
    assert read_access_entries(sandbox, cluster) == entries
    assert read_cluster_roles(sandbox, cluster) == cluster_roles
    left = {role["Arn"] for role in sandbox.boto("iam").list_roles()["Roles"]}
    assert not left & roles


@pytest.mark.usefixtures("plugin")
def test_a_yaml_program_gives_access_to_a_cluster_that_it_looks_up(sandbox: Sandbox, tmp_path: Path) -> None:
    example = Example.copy(sandbox, "yaml", tmp_path / "vendors", {"clusterName": "dev-api"})
    assert_it_is_deployed_proven_and_destroyed(example, "dev-api", "acme-support")


@pytest.mark.usefixtures("plugin")
def test_a_typescript_program_gives_access_to_a_cluster_of_another_stack(sandbox: Sandbox, tmp_path: Path) -> None:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed; the TypeScript example needs Node.js 20 or later")
    platform = tmp_path / "platform"
    platform.mkdir()
    kubeconfig = sandbox.clusters["dev-both"].kubeconfig.read_text()
    outputs = {"clusterName": "dev-both", "kubeconfig": {"fn::secret": kubeconfig}}
    project = {"name": "platform", "runtime": "yaml", "outputs": outputs}
    (platform / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    cluster = Example(sandbox, platform)
    cluster.pulumi("stack", "select", "--create", "test")
    cluster.up()
    config = {"platformStack": "organization/platform/test", "region": "us-east-1"}
    example = Example.copy(sandbox, "typescript", tmp_path / "vendors", config)
    example.run("npm", "ci", "--prefer-offline", "--no-audit", "--no-fund")
    example.run("npx", "--no-install", "tsc", "--noEmit")
    assert_it_is_deployed_proven_and_destroyed(example, "dev-both", "acme-ts-support")
    assert kubeconfig not in example.pulumi("stack", "export")
