"""Drift is found by the probe, shown by a refresh, and repaired by the next `up`."""

import json
from collections.abc import Callable

import pytest

from sandbox import Sandbox
from sandbox.plugins.aws import DIFF, TOP_LEVEL
from tests.e2e.program import Program

pytestmark = pytest.mark.e2e

RBAC = "/apis/rbac.authorization.k8s.io/v1"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
OPENTRACE_ROLE = "eks-access-opentrace"


def delete_a_binding(sandbox: Sandbox) -> None:
    sandbox.clusters["dev-both"].admin.json("DELETE", f"{RBAC}/clusterrolebindings/opentrace-read")


def widen_a_role_to_secrets(sandbox: Sandbox) -> None:
    patch = [{"op": "add", "path": "/rules/0/resources/-", "value": "secrets"}]
    sandbox.clusters["dev-api"].admin.json(
        "PATCH", f"{RBAC}/clusterroles/cado-list", body=patch, content_type="application/json-patch+json"
    )


def open_a_trust_policy(sandbox: Sandbox) -> None:
    iam, name = sandbox.boto("iam"), "eks-access-conductorone-both"
    document = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    del document["Statement"][0]["Condition"]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))


def change_an_entrys_group(sandbox: Sandbox) -> None:
    sandbox.boto("eks").update_access_entry(
        clusterName="dev-api",
        principalArn=f"arn:aws:iam::111122223333:role/{OPENTRACE_ROLE}",
        kubernetesGroups=["somebody-else"],
    )


def remove_our_mapping(sandbox: Sandbox) -> None:
    api = sandbox.clusters["dev-configmap"].admin
    found = api.json("GET", AWS_AUTH)
    text = found["data"]["mapRoles"]
    lines = text.splitlines(keepends=True)
    (start,) = (index for index, line in enumerate(lines) if OPENTRACE_ROLE in line)
    after = next((i for i in range(start + 1, len(lines)) if lines[i].lstrip().startswith(("- ", "#"))), len(lines))
    # The entry's own list of groups begins with dashes too; it is indented deeper than the entry.
    indent = len(lines[start]) - len(lines[start].lstrip())
    while after < len(lines) and len(lines[after]) - len(lines[after].lstrip()) > indent:
        after += 1
    found["data"]["mapRoles"] = "".join(lines[:start] + lines[after:])
    api.json("PUT", AWS_AUTH, body=found)


SABOTAGE: list[tuple[Callable[[Sandbox], None], str, str | None, str, str]] = [
    (delete_a_binding, "opentrace", "both", "list pods", "opentrace-both-read"),
    (widen_a_role_to_secrets, "cado", "api", "list secrets", "cado-api-list"),
    (open_a_trust_policy, "conductorone-both", None, "ExternalId", "conductorone-both"),
    (change_an_entrys_group, "opentrace", "api", "sign in", "opentrace-api"),
    (remove_our_mapping, "opentrace", "configmap", "sign in", "opentrace-configmap"),
]


@pytest.mark.parametrize(
    ("sabotage", "integration", "cluster", "call", "resource"), SABOTAGE, ids=[each[0].__name__ for each in SABOTAGE]
)
def test_drift_is_found_by_the_probe_shown_by_a_refresh_and_repaired_by_up(
    sandbox: Sandbox,
    deployed: Program,
    sabotage: Callable[[Sandbox], None],
    integration: str,
    cluster: str | None,
    call: str,
    resource: str,
) -> None:
    assert deployed.probe("--integration", integration).exit_code == 0, "no mismatch before"
    sabotage(sandbox)

    found = deployed.probe("--integration", integration, "--deadline", "6")
    assert found.exit_code == 1
    named = [(check["integration"], check["cluster"], check["call"]) for check in found.mismatches()]
    assert any(call in name for _, _, name in named), f"the call is named: {named}"
    assert {(name, where) for name, where, _ in named} == {(integration, cluster)}, "and no other check fails"
    assert call in found.table

    drift = deployed.preview("--refresh", "--expect-no-changes", check=False)
    assert drift.returncode != 0, "a refresh finds the drift"
    assert resource in drift.stdout

    deployed.up("--refresh")
    repaired = deployed.probe("--integration", integration)
    assert (repaired.exit_code, repaired.mismatches()) == (0, [])


@pytest.mark.parametrize("diff", ["detailed", TOP_LEVEL])
def test_a_role_recreated_outside_has_access_only_after_its_entry_is_replaced(
    sandbox: Sandbox, deployed: Program, monkeypatch: pytest.MonkeyPatch, diff: str
) -> None:
    monkeypatch.setitem(deployed.env, DIFF, diff)
    iam = sandbox.boto("iam")
    role = iam.get_role(RoleName=OPENTRACE_ROLE)["Role"]
    policy = iam.get_role_policy(RoleName=OPENTRACE_ROLE, PolicyName="eks-access")["PolicyDocument"]
    iam.delete_role_policy(RoleName=OPENTRACE_ROLE, PolicyName="eks-access")
    iam.delete_role(RoleName=OPENTRACE_ROLE)
    iam.create_role(
        RoleName=OPENTRACE_ROLE,
        Description=role["Description"],
        AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]),
    )
    iam.put_role_policy(RoleName=OPENTRACE_ROLE, PolicyName="eks-access", PolicyDocument=json.dumps(policy))

    found = deployed.probe("--integration", "opentrace", "--deadline", "6")
    signed_in = {check["cluster"]: check["result"] for check in found.report["checks"] if "sign in" in check["call"]}
    assert signed_in == {"api": "mismatch", "both": "mismatch", "configmap": "as-expected"}, (
        "an entry has the old role's id; aws-auth has the ARN"
    )

    plan = json.loads(deployed.pulumi("preview", "--json", "--refresh", "--stack", deployed.stack).stdout)
    replaced = {step["urn"].rpartition("::")[2] for step in plan["steps"] if step["op"] == "replace"}
    assert replaced == {"opentrace-api", "opentrace-both"}, "the entries, and nothing else"
    deployed.up("--refresh")
    assert deployed.probe("--integration", "opentrace").exit_code == 0
    deployed.preview("--refresh", "--expect-no-changes")
