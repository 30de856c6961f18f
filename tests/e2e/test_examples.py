"""The package in its users' own stacks: installed from its wheel, and as a component package for other languages."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import Sandbox

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).parents[2]
SECONDS = 300
SUBJECT = "110169484474386276334"
OURS = {"labelSelector": "app.kubernetes.io/managed-by=eks-access"}
RBAC = "/apis/rbac.authorization.k8s.io/v1"


@dataclass(frozen=True)
class Installed:
    """A Python environment that has the package from its wheel and from nowhere else."""

    sandbox: Sandbox
    folder: Path

    def run(self, *command: str, cwd: Path | None = None, check: bool = True) -> "subprocess.CompletedProcess[str]":
        env = {"PYTHONPATH": "", "PATH": f"{self.folder / 'bin'}{os.pathsep}{self.sandbox.env['PATH']}"}
        done = self.sandbox.run(command, cwd=cwd or self.folder, timeout=SECONDS, env=env)
        assert done.returncode == 0 or not check, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
        return done


@dataclass(frozen=True)
class Stack:
    installed: Installed
    folder: Path

    @classmethod
    def of(
        cls,
        installed: Installed,
        program: Path,
        folder: Path,
        config: Mapping[str, Any],
        secrets: Mapping[str, str] | None = None,
    ) -> "Stack":
        """A copy of the program in a folder outside the repository, with this environment as its interpreter.

        Besides its own configuration it gets the endpoints of the sandbox's AWS.
        """
        shutil.copytree(program, folder, ignore=shutil.ignore_patterns("__pycache__"))
        path = folder / "Pulumi.yaml"
        project = yaml.safe_load(path.read_text()) if path.exists() else {"name": folder.name}
        project["runtime"] = {"name": "python", "options": {"virtualenv": str(installed.folder)}}
        path.write_text(yaml.safe_dump(project))
        endpoints = dict.fromkeys(("eks", "iam", "sts"), installed.sandbox.endpoint)
        plain = {f"{project['name']}:{key}": value for key, value in {"endpoints": endpoints, **config}.items()}
        (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": plain}))
        stack = cls(installed, folder)
        stack.pulumi("stack", "select", "--create", "test")
        for key, value in (secrets or {}).items():
            stack.pulumi("config", "set", "--secret", key, value)
        return stack

    def pulumi(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        command = ("pulumi", *arguments, "--non-interactive", "--color=never")
        return self.installed.run(*command, cwd=self.folder, check=check)

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").stdout)
        return found


@pytest.fixture(scope="module")
def installed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(CHECKOUT)]
    subprocess.run(build, check=True, timeout=SECONDS, capture_output=True)
    (wheel,) = folder.glob("eks_access-*.whl")
    venv.create(folder / "venv")
    python = str(folder / "venv" / "bin" / "python")
    # Dependencies come from the environment that runs the tests. Its own editable install of this package does not
    # come with them: a path file in a folder that a path file names is not read.
    (found,) = (folder / "venv").glob("lib/python*/site-packages")
    (found / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = [*pip, "--python", python, "install", "--no-deps", "--ignore-installed", str(wheel)]
    subprocess.run(install, check=True, timeout=SECONDS, capture_output=True)
    environment = Installed(sandbox, folder / "venv")
    script = Path(environment.run("eks-access", "plugin", "install").stdout.split()[-1])
    yield environment
    # The checkout's own programs name their plugin; none of them must find this one.
    shutil.rmtree(script.parent)


def rbac_objects(sandbox: Sandbox, prefix: str) -> list[str]:
    return sorted(
        found["metadata"]["name"]
        for cluster in sandbox.clusters.values()
        for kind in ("clusterroles", "clusterrolebindings", "rolebindings")
        for found in cluster.admin.json("GET", f"{RBAC}/{kind}", query=OURS)["items"]
        if found["metadata"]["name"].startswith(prefix)
    )


def read_map_roles(sandbox: Sandbox) -> str:
    path = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
    roles: str = sandbox.clusters["dev-configmap"].admin.json("GET", path)["data"]["mapRoles"]
    return roles


def kubeconfig(installed: Installed) -> str:
    return installed.sandbox.clusters["dev-both"].kubeconfig.read_text()


def own_stack(installed: Installed, folder: Path) -> Stack:
    config = {
        "region": "us-east-1",
        "clusters": {
            "new": {"name": "dev-both", "kubeconfig": kubeconfig(installed)},
            "old": {"name": "dev-configmap"},
        },
        "openTraceClientId": "1234567890-sandbox.apps.googleusercontent.com",
        "cadoRoleArn": "arn:aws:iam::444455556666:role/CadoPlatform",
    }
    secrets = {"openTraceSubject": SUBJECT, "conductorOneExternalId": "own-stack-external-id"}
    return Stack.of(installed, CHECKOUT / "examples" / "own-stack", folder, config, secrets)


def remote(installed: Installed, folder: Path, **config: str) -> Stack:
    values = {"kubeconfig": kubeconfig(installed), **config}
    return Stack.of(installed, CHECKOUT / "tests" / "e2e" / "remote_program", folder, values)


def test_the_package_is_imported_from_its_wheel_alone(installed: Installed) -> None:
    where = "import eks_access, eks_access_probe; print(eks_access.__file__, eks_access_probe.__file__)"
    for path in installed.run("python", "-c", where).stdout.split():
        assert Path(path).is_relative_to(installed.folder)
    assert "eks-access" in installed.run("eks-access", "--version").stdout


def test_a_users_own_stack_can_pass_outputs_providers_and_a_parent_to_the_components(
    sandbox: Sandbox, installed: Installed, tmp_path: Path
) -> None:
    before = read_map_roles(sandbox)
    stack = own_stack(installed, tmp_path / "acme")
    stack.pulumi("preview")
    stack.pulumi("up", "--yes", "--skip-preview")
    iam, eks = sandbox.boto("iam"), sandbox.boto("eks")
    roles = stack.outputs()["roles"]
    assert [role.rsplit("/", 1)[-1] for role in roles] == [
        "eks-access-acme-opentrace",
        "eks-access-acme-conductorone",
        "acme-vendors-CadoResponse",
    ]
    assert set(roles) <= set(eks.list_access_entries(clusterName="dev-both")["accessEntries"])
    assert roles[0] in read_map_roles(sandbox), "the mapping was created by the plugin that the wheel installs"
    assert roles[2] in read_map_roles(sandbox)
    role = iam.get_role(RoleName="eks-access-acme-opentrace")["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/acme-vendors-boundary")
    assert {"Key": "boundary", "Value": "acme-vendors-boundary"} in iam.list_role_tags(RoleName=role["RoleName"])[
        "Tags"
    ]
    urns = [found["urn"] for found in json.loads(stack.pulumi("stack", "export").stdout)["deployment"]["resources"]]
    assert any("::acme:index:Platform$eks-access:index:Cado::acme-cado" in urn for urn in urns), (
        "as children of their parent"
    )
    providers = [urn for urn in urns if "pulumi:providers:kubernetes::" in urn]
    assert providers == [], "RBAC and aws-auth need no Kubernetes provider"
    assert SUBJECT not in stack.pulumi("stack", "export").stdout, "a secret input stays encrypted"
    assert "unchanged" in stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes").stdout
    stack.pulumi("destroy", "--yes", "--skip-preview")
    assert not set(roles) & set(eks.list_access_entries(clusterName="dev-both")["accessEntries"])
    assert read_map_roles(sandbox) == before


def test_another_language_uses_the_components_through_the_plugin(
    sandbox: Sandbox, installed: Installed, tmp_path: Path
) -> None:
    before = read_map_roles(sandbox)
    stack = remote(installed, tmp_path / "remote")
    stack.pulumi("preview")
    stack.pulumi("up", "--yes", "--skip-preview")
    eks, iam = sandbox.boto("eks"), sandbox.boto("iam")
    role = stack.outputs()["role"]
    assert role in eks.list_access_entries(clusterName="dev-both")["accessEntries"]
    assert role in read_map_roles(sandbox)
    assert iam.get_role(RoleName="eks-access-remote-opentrace")["Role"]["MaxSessionDuration"] == 7200
    assert rbac_objects(sandbox, "remote-cado") == ["remote-cado-exec"] * 2 + ["remote-cado-list"] * 2
    access = stack.outputs()["cado"]
    assert access["vendor"] == "cado", "the component's whole manifest is returned"
    assert access["clusters"]["both"]["method"] == "access-entry"
    state = stack.pulumi("stack", "export").stdout
    assert SUBJECT not in state, "a secret that goes through the plugin stays one"
    resources = json.loads(state)["deployment"]["resources"]
    triggers = {each["replacementTrigger"] for each in resources if each["type"] == "aws:eks/accessEntry:AccessEntry"}
    ids = {each["outputs"]["uniqueId"] for each in resources if each["type"] == "aws:iam/role:Role"}
    assert triggers == ids, "each entry goes with its role"
    assert "unchanged" in stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes").stdout
    stack.pulumi("destroy", "--yes", "--skip-preview")
    assert read_map_roles(sandbox) == before
    assert rbac_objects(sandbox, "remote-") == []


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [("profile", "most", "profile"), ("roleName", "Forensics", "does not contain 'CadoResponse'")],
)
def test_an_invalid_input_from_another_language_gets_a_message_without_a_stack_trace(
    installed: Installed, tmp_path: Path, key: str, value: str, told: str
) -> None:
    stack = remote(installed, tmp_path / "refused", **{key: value})
    done = stack.pulumi("preview", check=False)
    assert done.returncode != 0
    printed = done.stdout + done.stderr
    assert told in printed
    assert "eks_access/" not in printed, "a message, not a stack trace of the plugin"
