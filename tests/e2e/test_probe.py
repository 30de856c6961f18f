"""The probe in real conditions: access granted or revoked with a delay, undeclared, or impossible to check."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.e2e.aws_recorder import record
from tests.e2e.program import Program

pytestmark = pytest.mark.e2e

SECONDS = 120
"""Time-out for what takes some seconds if nothing else runs."""
LAG_SECONDS = 2
"""Long enough for all refusals that do not wait for the declared calls."""
ROLE = "eks-access-opentrace"
ROLE_ARN = f"arn:aws:iam::111122223333:role/{ROLE}"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
FAILED_SIGN_INS = re.compile(r'^authentication_attempts\{result="(?:error|failure)"\} (\d+)', re.MULTILINE)
LISTS_OF_SECRETS = re.compile(
    r'^apiserver_request_total\{[^}]*code="200"[^}]*resource="secrets"[^}]*verb="LIST"[^}]*\} (\d+)', re.M
)


def test_the_probe_retries_until_an_access_entry_takes_effect(
    sandbox: Sandbox, deployed: Program, tmp_path: Path
) -> None:
    before = read_counter(sandbox, "dev-api", FAILED_SIGN_INS)
    with without_the_entry(sandbox, deployed) as recreate:
        now = deployed.probe("--integration", "opentrace", "--cluster", "api", "--deadline", "0")
        assert [check["verdict"] for check in now.mismatches() if not check["waitsFor"]] == ["not-authenticated"]
        seen = read_counter(sandbox, "dev-api", FAILED_SIGN_INS)
        assert seen > before, "the API server counts each failed sign-in"

        with running(deployed, tmp_path, "--integration", "opentrace", "--cluster", "api") as report:
            wait_until(
                lambda: read_counter(sandbox, "dev-api", FAILED_SIGN_INS) > seen, "the probe was denied once more"
            )
            recreate()
            checks = report()
    assert {check["result"] for check in checks} == {"as-expected"}
    (sign_in,) = (check for check in checks if check["call"].startswith("sign in"))
    assert sign_in["attempts"] > 1, "it was denied first, and retried"


def test_the_probe_retries_until_a_revocation_takes_effect(sandbox: Sandbox, deployed: Program, tmp_path: Path) -> None:
    with reading_secrets(sandbox) as unbind:
        now = deployed.probe("--integration", "opentrace", "--cluster", "api", "--deadline", "0")
        assert [(c["call"], c["verdict"]) for c in now.mismatches()] == [("list secrets", "allowed")]
        seen = read_counter(sandbox, "dev-api", LISTS_OF_SECRETS)

        with running(deployed, tmp_path, "--integration", "opentrace", "--cluster", "api") as report:
            wait_until(
                lambda: read_counter(sandbox, "dev-api", LISTS_OF_SECRETS) > seen, "the probe was allowed once more"
            )
            unbind()
            checks = report()
    assert {check["result"] for check in checks} == {"as-expected"}


def test_a_right_that_takes_effect_with_the_declared_ones_is_found_though_it_was_refused_before(
    sandbox: Sandbox, deployed: Program, tmp_path: Path
) -> None:
    """As right after a deployment: IAM does not know the role's policies yet, neither the narrow nor the wide one."""
    iam = sandbox.boto("iam")
    declared = iam.get_role_policy(RoleName=ROLE, PolicyName="eks-access")["PolicyDocument"]
    wide = {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}
    policies = {"eks-access": declared, "somebody-elses": {"Version": "2012-10-17", "Statement": [wide]}}
    iam.delete_role_policy(RoleName=ROLE, PolicyName="eks-access")
    try:
        with (
            record(sandbox.endpoint) as aws,
            running(
                deployed, tmp_path, "--integration", "opentrace", exit_code=1, env={"AWS_ENDPOINT_URL": aws.endpoint}
            ) as report,
        ):
            wait_until(
                lambda: any("/clusters" in path for path in aws.refused), "the probe was denied what is declared"
            )
            time.sleep(LAG_SECONDS)
            for name, document in policies.items():
                iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(document))
            checks = report()
    finally:
        iam.put_role_policy(RoleName=ROLE, PolicyName="eks-access", PolicyDocument=json.dumps(declared))
        iam.delete_role_policy(RoleName=ROLE, PolicyName="somebody-elses")
    found = [(c["call"], c["verdict"]) for c in checks if c["result"] != "as-expected"]
    assert found == [("call iam:ListRoles", "allowed")], "and every declared call was allowed in the end"
    assert max(c["attempts"] for c in checks if c["plane"] == "aws" and c["expected"] == "allowed") > 1
    assert deployed.probe("--integration", "opentrace").exit_code == 0


def test_a_missing_binding_is_one_finding_and_not_waited_for_until_the_deadline(
    sandbox: Sandbox, deployed: Program
) -> None:
    api, name = sandbox.clusters["dev-both"].admin, "opentrace-read"
    binding = api.json("GET", f"{BINDINGS}/{name}")
    api.json("DELETE", f"{BINDINGS}/{name}")
    try:
        found = deployed.probe("--integration", "opentrace", "--cluster", "both", "--deadline", "600")
    finally:
        metadata = {key: binding["metadata"][key] for key in ("name", "labels", "annotations")}
        api.json("POST", BINDINGS, body={**binding, "metadata": metadata})
        deployed.up("--refresh")
    denied = [c for c in found.mismatches() if not c["waitsFor"]]
    assert len(denied) > 5
    (cause,) = {c["cause"] for c in denied}
    assert cause.startswith(f"ClusterRoleBinding {name} does not give any of the {len(denied)} calls")
    assert " ".join(found.table.split()).count("does not give any of the") == 1
    assert found.table.count("what to do") == 1
    assert max(c["seconds"] for c in denied) < 300, "half a minute, and some minutes where much else runs"


def test_an_undeclared_permission_of_a_role_is_found(sandbox: Sandbox, deployed: Program) -> None:
    iam = sandbox.boto("iam")
    statement = {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}
    iam.put_role_policy(
        RoleName=ROLE,
        PolicyName="somebody-elses",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    try:
        found = deployed.probe("--integration", "opentrace", "--deadline", "2")
    finally:
        iam.delete_role_policy(RoleName=ROLE, PolicyName="somebody-elses")
    assert found.exit_code == 1
    assert [(c["call"], c["verdict"]) for c in found.mismatches()] == [("call iam:ListRoles", "allowed")]
    assert deployed.probe("--integration", "opentrace").exit_code == 0, "the same call is denied without it"


def test_a_trust_policy_for_every_principal_with_the_external_id_is_found(sandbox: Sandbox, deployed: Program) -> None:
    iam, name = sandbox.boto("iam"), "eks-access-conductorone-api"
    declared = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    opened = {**declared, "Statement": [{**declared["Statement"][0], "Principal": {"AWS": "*"}}]}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(opened))
    try:
        found = deployed.probe("--integration", "conductorone-api", "--deadline", "2")
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(declared))
    assert [(c["call"], c["verdict"]) for c in found.mismatches()] == [
        ("assume the role as another account's principal", "allowed")
    ], "the ExternalId is still required of every principal"


def test_an_unreachable_cluster_does_not_change_the_results_of_the_others(deployed: Program, tmp_path: Path) -> None:
    manifest = deployed.manifest()
    for integration in manifest["integrations"].values():
        if "both" in integration["clusters"]:
            integration["clusters"]["both"]["endpoint"] = "https://127.0.0.1:9"  # discard: nothing listens
    saved, report = tmp_path / "manifest.json", tmp_path / "report.json"
    saved.write_text(json.dumps(manifest))
    done = deployed.sandbox.run(
        ["eks-access", "probe", "--manifest", str(saved), "--json", str(report)], timeout=SECONDS
    )
    assert done.returncode == 3, "no mismatch, but some checks are inconclusive"
    checks = json.loads(report.read_text())["checks"]
    assert {c["verdict"] for c in checks if c["cluster"] == "both"} == {"unreachable"}
    assert {c["result"] for c in checks if c["cluster"] != "both"} == {"as-expected"}
    assert "unreachable" in done.stdout


def test_a_token_of_another_cluster_is_rejected(deployed: Program, tmp_path: Path) -> None:
    """A token names its cluster: with the wrong name in the manifest, the sign-in fails."""
    manifest = deployed.manifest()
    manifest["integrations"]["opentrace"]["clusters"]["api"]["name"] = "dev-both"
    saved, report = tmp_path / "manifest.json", tmp_path / "report.json"
    saved.write_text(json.dumps(manifest))
    selected = ["--integration", "opentrace", "--cluster", "api", "--deadline", "0"]
    command = ["eks-access", "probe", "--manifest", str(saved), "--json", str(report), *selected]
    assert deployed.sandbox.run(command, timeout=SECONDS).returncode == 1
    checks = json.loads(report.read_text())["checks"]
    assert [c["verdict"] for c in checks if c["call"].startswith("sign in")] == ["not-authenticated"]


# Setup.


@contextmanager
def running(
    deployed: Program, folder: Path, *options: str, exit_code: int = 0, env: Mapping[str, str] | None = None
) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """A probe in the background; yields a function that waits for its end and reads its report."""
    report = folder / "report.json"
    command = ["eks-access", "probe", "--stack", deployed.stack, "--json", str(report), *options]
    probe = subprocess.Popen(
        command,
        cwd=deployed.folder,
        env={**deployed.sandbox.env, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def end() -> list[dict[str, Any]]:
        output, _ = probe.communicate(timeout=SECONDS)
        assert probe.returncode == exit_code, output
        checks: list[dict[str, Any]] = json.loads(report.read_text())["checks"]
        return checks

    try:
        yield end
    finally:
        probe.kill()
        probe.communicate()


@contextmanager
def without_the_entry(sandbox: Sandbox, deployed: Program) -> Iterator[Callable[[], None]]:
    """OpenTrace's access entry deleted from dev-api; yields a function that recreates it."""
    eks = sandbox.boto("eks")
    place = {"clusterName": "dev-api", "principalArn": ROLE_ARN}
    entry = eks.describe_access_entry(**place)["accessEntry"]
    kept = {key: entry[key] for key in ("kubernetesGroups", "username", "type", "tags") if key in entry}
    gone = True

    def recreate() -> None:
        nonlocal gone
        if gone:
            eks.create_access_entry(**place, **kept)
            gone = False

    eks.delete_access_entry(**place)
    try:
        yield recreate
    finally:
        recreate()
        deployed.up("--refresh")  # a new entry of the same content, which the stack has to record


@contextmanager
def reading_secrets(sandbox: Sandbox) -> Iterator[Callable[[], None]]:
    """OpenTrace's group bound in dev-api to an undeclared role for Secrets; yields a function that unbinds it."""
    api, name = sandbox.clusters["dev-api"].admin, "somebody-elses"
    roles = BINDINGS.replace("clusterrolebindings", "clusterroles")
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}]
    api.json("POST", roles, body={"metadata": {"name": name}, "rules": rules})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "opentrace:readers"}
    api.json("POST", BINDINGS, body={"metadata": {"name": name}, "roleRef": role, "subjects": [group]})
    bound = True

    def unbind() -> None:
        nonlocal bound
        if bound:
            api.json("DELETE", f"{BINDINGS}/{name}")
            bound = False

    try:
        yield unbind
    finally:
        unbind()
        api.json("DELETE", f"{roles}/{name}")


def read_counter(sandbox: Sandbox, cluster: str, metric: re.Pattern[str]) -> int:
    text = sandbox.clusters[cluster].admin.request("GET", "/metrics", accept="text/plain").body.decode()
    return sum(int(float(value)) for value in metric.findall(text))


def wait_until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline, f"not in {SECONDS} s: {what}"
        time.sleep(0.1)
