"""`eks-access init` and `eks-access doctor` as a new user has them, against what a deployment does."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from eks_access.model.identity import AuthenticationMode
from eks_access.model.kubernetes_rights import Request
from eks_access.provision.deployer_rights import (
    escalation_request,
    list_aws_rights,
    list_cluster_rights,
)
from eks_access.stack.description import describe_declared
from eks_access.stack.environment_file import read_environment, read_project
from sandbox import Sandbox
from tests.e2e.principals import CUSTOMER, eventually, in_cluster, who

pytestmark = pytest.mark.e2e

SECONDS = 300
CLUSTER = "dev-both"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
OPENTRACE = {
    "opentrace.client_id": "1234567890-sandbox.apps.googleusercontent.com",
    "opentrace.subject": "110169484474386276334",
}
CADO = {"cado.platform_role_arns": "arn:aws:iam::444455556666:role/CadoPlatform", "cado.namespaces": "payments"}


@dataclass
class Folder:
    """A user's folder, and a shell in it."""

    sandbox: Sandbox
    path: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        path = f"{Path(sys.executable).parent}{os.pathsep}{self.sandbox.env['PATH']}"
        return self.sandbox.run(
            command,
            cwd=self.path,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            env={"PATH": path, **self.env, **(env or {})},
        )

    def init(self, *integrations: str, settings: Mapping[str, str], cluster: str = CLUSTER) -> None:
        options = [
            *("--environment", "try", "--cluster", cluster),
            *(part for name in integrations for part in ("--integration", name)),
            *(part for name, value in settings.items() for part in ("--set", f"{name}={value}")),
        ]
        done = self.run("eks-access", "init", *options)
        assert done.returncode == 0, done.stderr
        assert self.pulumi("stack", "select", "--create", "--stack", "try").returncode == 0

    def pulumi(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.run("pulumi", *arguments, "--non-interactive", "--color=never")

    def doctor(self, *options: str, env: Mapping[str, str] | None = None) -> tuple[int, list[dict[str, Any]]]:
        """The exit code, and the findings that are not in order."""
        done = self.run("eks-access", "doctor", "--stack", "try", "--json", *options, env=env)
        findings = json.loads(done.stdout)["findings"]
        return done.returncode, [each for each in findings if each["status"] not in ("ok", "not-needed")]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of its own: the environments here have roles of the same names as the dev environment's."""
    with Sandbox.start(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def folder(sandbox: Sandbox, tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(sandbox, tmp_path)
    yield folder
    if (tmp_path / "Pulumi.yaml").exists():
        # As the administrator, whoever the test deployed as.
        folder.env.clear()
        folder.pulumi("destroy", "--yes", "--skip-preview", "--stack", "try")
        folder.pulumi("stack", "rm", "--yes", "--stack", "try")


def answer(folder: Folder, command: Sequence[str], lines: Sequence[str]) -> tuple[int, str]:
    """What a command prints on a terminal on which the lines are typed; its exit code."""
    ours, theirs = os.openpty()
    env = {**folder.sandbox.env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{folder.sandbox.env['PATH']}"}
    running = subprocess.Popen(command, cwd=folder.path, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    os.write(ours, "".join(f"{line}\n" for line in lines).encode())
    printed = b""
    try:
        while part := os.read(ours, 4096):
            printed += part
    except OSError:
        pass  # the terminal is closed when the command ends
    os.close(ours)
    return running.wait(SECONDS), printed.decode()


def test_a_new_user_comes_from_an_empty_folder_to_a_passing_probe(folder: Folder) -> None:
    typed = [
        "try",
        f"{CLUSTER}, old=dev-configmap",
        "opentrace, c1=conductorone",
        *OPENTRACE.values(),
        # ConductorOne has a connector for each cluster, which its type does not say.
        "old",
        "c1-sandbox-external-id",
    ]
    code, printed = answer(folder, ["eks-access", "init"], typed)
    assert code == 0, printed
    assert "dev-api" in printed, "the account's clusters are shown"
    assert "has more than one cluster" in printed
    written = yaml.safe_load((folder.path / "Pulumi.try.yaml").read_text())["config"]
    assert written["eks-access:aws"] == {"account": CUSTOMER, "region": "us-east-1", "endpoint": "loopback"}
    assert written["eks-access:clusters"]["old"] == {"name": "dev-configmap"}
    commands = [line.strip() for line in printed.partition("Next:")[2].splitlines() if line.strip()]
    assert commands[0] == "pulumi stack select --create --stack=try"
    printed = ""
    for command in commands:
        done = folder.run(*command.split(), *(["--yes", "--skip-preview"] if command.startswith("pulumi up") else []))
        assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
        printed = done.stdout
    assert "expectations hold: 2 integrations on 2 clusters" in printed, "the last one is the probe"
    assert "#" in (folder.path / "Pulumi.try.yaml").read_text(), "the comments are still there"


def test_without_a_terminal_it_names_the_options_and_with_them_it_writes(folder: Folder) -> None:
    refused = folder.run("eks-access", "init", "--integration", "opentrace")
    assert refused.returncode == 2
    for option in ("--environment NAME", "--cluster NAME", "--set opentrace.client_id", "--set opentrace.subject"):
        assert option in refused.stderr
    assert list(folder.path.iterdir()) == []
    folder.init("opentrace", settings=OPENTRACE)
    before = (folder.path / "Pulumi.try.yaml").read_bytes()
    again = folder.run("eks-access", "init", "--environment", "try", "--all-clusters", "--integration", "eks-connector")
    assert again.returncode == 2
    assert "Pulumi.try.yaml is there already, and is not overwritten" in again.stderr
    assert (folder.path / "Pulumi.try.yaml").read_bytes() == before


@dataclass(frozen=True)
class Deployer:
    """An IAM user with exactly these rights, let into the cluster with a group of exactly those."""

    sandbox: Sandbox
    name: str
    keys: Mapping[str, str]

    @property
    def env(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self.keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.keys["SecretAccessKey"],
        }

    @classmethod
    def create(cls, sandbox: Sandbox) -> "Deployer":
        name = f"limited-{uuid.uuid4().hex[:8]}"
        iam, eks = sandbox.boto("iam"), sandbox.boto("eks")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        keys = iam.create_access_key(UserName=name)["AccessKey"]
        eks.create_access_entry(clusterName=CLUSTER, principalArn=arn, kubernetesGroups=[name])
        deployer = cls(sandbox, name, keys)
        eventually(lambda: who(in_cluster(sandbox, CLUSTER, dict(keys))), "the entry takes effect")
        return deployer

    def allow(self, actions: Sequence[str], requests: Sequence[Request]) -> None:
        """Gives these rights, and no others."""
        statement = {"Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}
        self.sandbox.boto("iam").put_user_policy(
            UserName=self.name,
            PolicyName="rights",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        rules = [
            {
                "verbs": [each.verb],
                "apiGroups": [each.group],
                "resources": [each.full_resource],
                **({"resourceNames": [each.name]} if each.name else {}),
            }
            for each in requests
        ]
        subject = {"kind": "Group", "name": self.name, "apiGroup": "rbac.authorization.k8s.io"}
        reference = {"kind": "ClusterRole", "name": self.name, "apiGroup": "rbac.authorization.k8s.io"}
        api = self.sandbox.clusters[CLUSTER].admin
        metadata = {"name": self.name}
        for path, body in (
            ("clusterroles", {"rules": rules}),
            ("clusterrolebindings", {"subjects": [subject], "roleRef": reference}),
        ):
            api.request("DELETE", f"{RBAC}/{path}/{self.name}")
            api.json("POST", f"{RBAC}/{path}", body={"metadata": metadata, **body})

    def delete(self) -> None:
        iam, eks, api = self.sandbox.boto("iam"), self.sandbox.boto("eks"), self.sandbox.clusters[CLUSTER].admin
        for path in ("clusterrolebindings", "clusterroles"):
            api.request("DELETE", f"{RBAC}/{path}/{self.name}")
        arn = iam.get_user(UserName=self.name)["User"]["Arn"]
        eks.delete_access_entry(clusterName=CLUSTER, principalArn=arn)
        iam.delete_access_key(UserName=self.name, AccessKeyId=self.keys["AccessKeyId"])
        with suppress(iam.exceptions.NoSuchEntityException):
            iam.delete_user_policy(UserName=self.name, PolicyName="rights")
        iam.delete_user(UserName=self.name)


@pytest.fixture
def deployer(sandbox: Sandbox) -> Iterator[Deployer]:
    deployer = Deployer.create(sandbox)
    yield deployer
    deployer.delete()


SIMULATION = ["iam:SimulatePrincipalPolicy", "sts:GetCallerIdentity"]


def derive_rights(folder: Path) -> tuple[list[str], list[Request]]:
    """Everything that the environment needs of its deployer, as the doctor derives it."""
    environment = read_environment(read_project(folder), "try")
    actions, requests = [], []
    for declared in environment.integrations:
        modes = {CLUSTER: AuthenticationMode.API_AND_CONFIG_MAP}
        described = describe_declared(environment, declared, partition="aws", account=CUSTOMER, modes=modes)
        actions += [right.action for right in list_aws_rights(described.integration, described.place)]
        for there in list_cluster_rights(described.integration, described.place):
            requests += [right.request for right in there.requests]
            requests += [
                escalation_request(verb, grant.name) for grant in there.grants for verb in ("escalate", "bind")
            ]
    return actions, list(dict.fromkeys(requests))


def test_a_deployer_with_exactly_the_derived_rights_deploys_and_removes(folder: Folder, deployer: Deployer) -> None:
    folder.init("opentrace", "cado", settings={**OPENTRACE, **CADO})
    actions, requests = derive_rights(folder.path)
    deployer.allow([*actions, *SIMULATION], requests)
    folder.env = deployer.env
    assert folder.doctor() == (0, [])
    for command in ("up", "destroy"):
        done = folder.pulumi(command, "--yes", "--skip-preview", "--stack", "try")
        assert done.returncode == 0, done.stdout


def test_workloads_need_no_other_rights_than_the_derived_ones(folder: Folder, deployer: Deployer) -> None:
    settings = {
        "c1.hosting": "self_hosted_pod_identity",
        "c1.deploy_connector": "{client_id: {secret: c1-client-id}, client_secret: {secret: c1-client-secret}}",
    }
    folder.init("c1=conductorone", settings=settings)
    for name in ("c1-client-id", "c1-client-secret"):
        code, (finding, *_) = folder.doctor()
        assert (code, finding["check"]) == (1, "configuration")
        assert f"`pulumi config set --secret -- {name}` sets it" in finding["summary"]
        assert folder.pulumi("config", "set", "--secret", "--stack", "try", name, "value").returncode == 0
    actions, requests = derive_rights(folder.path)
    assert {"iam:PassRole", "eks:CreatePodIdentityAssociation"} <= set(actions)
    deployer.allow([*actions, *SIMULATION], requests)
    folder.env = deployer.env
    assert folder.doctor() == (0, [])
    for command in ("up", "destroy"):
        done = folder.pulumi(command, "--yes", "--skip-preview", "--stack", "try")
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("action", ["iam:PutRolePolicy", "eks:CreateAccessEntry"])
def test_an_action_that_the_deployer_lacks_is_named_and_what_fails_without_it(
    folder: Folder, deployer: Deployer, action: str
) -> None:
    folder.init("opentrace", settings=OPENTRACE)
    actions, requests = derive_rights(folder.path)
    deployer.allow([each for each in [*actions, *SIMULATION] if each != action], requests)
    folder.env = deployer.env
    code, (finding,) = folder.doctor()
    assert (code, finding["check"]) == (1, "aws-rights")
    (detail,) = finding["details"]
    assert detail.startswith(f"{action} on arn:aws:")
    assert "of opentrace" in detail
    assert "(`pulumi up` fails without it)" in detail


def test_without_the_right_to_simulate_the_rights_in_aws_are_unknown(folder: Folder, deployer: Deployer) -> None:
    folder.init("opentrace", settings=OPENTRACE)
    actions, requests = derive_rights(folder.path)
    deployer.allow(actions, requests)
    folder.env = deployer.env
    code, (finding,) = folder.doctor()
    assert (code, finding["check"], finding["status"]) == (3, "aws-rights", "unknown")
    assert "iam:SimulatePrincipalPolicy is refused to you" in finding["summary"]


def test_a_role_that_the_deployer_may_not_create_is_named_as_kubernetes_refuses_it(
    folder: Folder, deployer: Deployer
) -> None:
    folder.init("opentrace", settings=OPENTRACE)
    actions, requests = derive_rights(folder.path)
    deployer.allow([*actions, *SIMULATION], [each for each in requests if each.verb not in ("escalate", "create")])
    folder.env = deployer.env
    code, (finding,) = folder.doctor()
    assert (code, finding["check"], finding["subject"]) == (1, "kubernetes-rights", CLUSTER)
    assert any(
        each.startswith("create clusterroles.rbac.authorization.k8s.io: for ClusterRole opentrace-read of opentrace")
        for each in finding["details"]
    )
    assert any("you lack" in each and "ClusterRole opentrace-" in each for each in finding["details"])
    deployer.allow([*actions, *SIMULATION], [each for each in requests if each.verb != "escalate"])
    code, (finding,) = folder.doctor()
    assert all("you lack" in each for each in finding["details"])
    done = folder.pulumi("up", "--yes", "--skip-preview", "--stack", "try")
    assert done.returncode != 0
    assert "attempting to grant RBAC permissions not currently held" in done.stdout
    deployer.allow([*actions, *SIMULATION], requests)
    assert folder.doctor() == (0, [])
    done = folder.pulumi("up", "--yes", "--skip-preview", "--stack", "try")
    assert done.returncode == 0, done.stdout


def test_a_principal_that_the_cluster_does_not_know_gets_the_commands_that_let_it_in(
    sandbox: Sandbox, folder: Folder, deployer: Deployer
) -> None:
    folder.init("opentrace", settings=OPENTRACE, cluster="dev-api")
    actions, _ = derive_rights(folder.path)
    deployer.allow([*actions, *SIMULATION], ())
    folder.env = deployer.env
    code, findings = folder.doctor()
    assert code == 1
    cluster, rights = findings
    assert (cluster["check"], cluster["subject"]) == ("cluster", "dev-api")
    assert "401 Unauthorized" in cluster["summary"]
    assert f"--principal-arn=arn:aws:iam::{CUSTOMER}:user/{deployer.name}" in cluster["advice"]
    assert (rights["check"], rights["status"]) == ("kubernetes-rights", "unknown")
    folder.env = {}
    assert folder.doctor() == (0, []), "the cluster's creator is known"


def test_credentials_of_another_account_and_of_nobody_are_reported(sandbox: Sandbox, folder: Folder) -> None:
    folder.init("opentrace", settings=OPENTRACE)
    key, secret = sandbox.runtime.access_keys["stranger"]
    code, findings = folder.doctor(env={"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret})
    assert code == 1
    account = next(each for each in findings if each["check"] == "account")
    assert f"and the environment is account {CUSTOMER}" in account["summary"]
    assert {each["status"] for each in findings if each is not account} == {"unknown"}
    code, findings = folder.doctor("--profile", "no-such-profile")
    assert code == 1
    (credentials,) = (each for each in findings if each["check"] == "credentials")
    assert "no-such-profile" in credentials["summary"]
    assert "clock" not in {each["check"] for each in findings}, "AWS's refusal of an unsigned request has the time"


def test_an_engine_without_replacement_triggers_is_a_problem_where_there_are_access_entries(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder.init("opentrace", settings=OPENTRACE)
    programs = tmp_path_factory.mktemp("bin")
    old = programs / "pulumi"
    old.write_text('#!/bin/sh\n[ "$1" = version ] && echo v3.207.0 && exit\necho \'{"url": "file://~"}\'\n')
    old.chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), folder.sandbox.env["PATH"]])
    code, (finding,) = folder.doctor(env={"PATH": path})
    assert (code, finding["check"]) == (1, "engine")
    assert "Use Pulumi 3.208 or later" in finding["advice"]


def test_a_cluster_that_does_not_exist_or_does_not_answer_is_reported(folder: Folder) -> None:
    folder.init("opentrace", settings=OPENTRACE)
    path = folder.path / "Pulumi.try.yaml"
    written = path.read_text()
    path.write_text(written.replace("{name: dev-both}", "{name: dev-bath}"))
    code, findings = folder.doctor()
    assert code == 1
    assert "there is no cluster dev-bath in us-east-1" in findings[0]["summary"]
    kubeconfig = yaml.safe_load(folder.sandbox.clusters[CLUSTER].kubeconfig.read_text())
    kubeconfig["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    unreachable = yaml.safe_load(written)
    unreachable["config"]["eks-access:clusters"][CLUSTER]["kubeconfig"] = json.dumps(kubeconfig)
    path.write_text(yaml.safe_dump(unreachable))
    code, findings = folder.doctor()
    assert code == 1
    assert "no answer from https://127.0.0.1:1" in findings[0]["summary"]
    path.write_text(written)
    assert folder.doctor() == (0, [])
