"""A cluster goes from CONFIG_MAP to API, and the real authenticator is asked for every principal on the way."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from eks_access.kubernetes.client import KubernetesApi
from sandbox import Sandbox
from sandbox.clusters import ClusterSpec
from tests.e2e.principals import CUSTOMER, Role, eventually, in_cluster, who

pytestmark = pytest.mark.e2e

CLUSTER = "moving"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
SECONDS = 300
REQUESTS = {
    "list pods": {"verb": "list", "resource": "pods"},
    "list pods in kube-system": {"verb": "list", "resource": "pods", "namespace": "kube-system"},
    "read secrets in kube-system": {"verb": "get", "resource": "secrets", "namespace": "kube-system"},
    "delete nodes": {"verb": "delete", "resource": "nodes"},
    "escalate": {"verb": "escalate", "resource": "clusterroles", "group": "rbac.authorization.k8s.io"},
}
UNBOUND = "eks:unbound"
"""A reserved group that no binding names."""


@dataclass(frozen=True)
class Access:
    """What the cluster takes a caller for, and what it allows. Groups are those that access entries may have."""

    username: str
    groups: frozenset[str]
    allowed: frozenset[str]


@dataclass
class Moving:
    """The cluster, and everyone who has to do with it, by a name."""

    sandbox: Sandbox
    callers: dict[str, KubernetesApi]
    roles: dict[str, Role]
    user_arn: str

    def ask(self) -> dict[str, Access | None]:
        """The authenticator's and the authorizers' answers for every principal."""
        return {name: find_access(api) for name, api in self.callers.items()}

    def migrate(self, *arguments: str) -> tuple[int, str, str]:
        command = ["eks-access", "migrate", *arguments, "--cluster", CLUSTER]
        done = self.sandbox.run(command, timeout=SECONDS)
        return done.returncode, done.stdout, done.stderr

    def plan(self) -> dict[str, Any]:
        code, out, err = self.migrate("entries", "--json")
        assert code == 1, f"one mapping is blocked: {err}"
        plan: dict[str, Any] = json.loads(out)
        return plan

    def outcomes(self) -> dict[str, str]:
        return {each["arn"].rsplit("/")[-1]: each["outcome"] for each in self.plan()["mappings"]}

    def entries(self) -> dict[str, Any]:
        eks = self.sandbox.boto("eks")
        arns = eks.list_access_entries(clusterName=CLUSTER)["accessEntries"]
        return {a: eks.describe_access_entry(clusterName=CLUSTER, principalArn=a)["accessEntry"] for a in arns}


def find_access(api: KubernetesApi) -> Access | None:
    user = who(api)
    if user is None:
        return None
    groups = frozenset(g for g in user.get("groups", ()) if not g.startswith(("system:", "eks:", "migrated:")))
    allowed = []
    for name, attributes in REQUESTS.items():
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        answer = api.json("POST", REVIEWS, body={**review, "spec": {"resourceAttributes": attributes}})
        allowed += [name] if answer["status"]["allowed"] else []
    return Access(user["username"], groups, frozenset(allowed))


def bind(api: KubernetesApi, name: str, group: str, role: str, namespace: str | None = None) -> None:
    plural, kind = (
        ("clusterrolebindings", "ClusterRoleBinding") if namespace is None else ("rolebindings", "RoleBinding")
    )
    path = f"{RBAC}/{plural}" if namespace is None else f"{RBAC}/namespaces/{namespace}/{plural}"
    api.json(
        "POST",
        path,
        body={
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}],
        },
    )


def map_role(arn: str, username: str, *groups: str) -> str:
    return f"- rolearn: {arn}\n  username: '{username}'\n  groups: {json.dumps(groups)}\n"


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moving]:
    """A sandbox of its own: what is done here cannot be undone.

    It has a controller manager, without which the bindings that Pulumi deletes in the foreground would stay.
    """
    clusters = [ClusterSpec(CLUSTER, "CONFIG_MAP")]
    with Sandbox.start(tmp_path_factory.mktemp("moving"), clusters, workload=False) as sandbox:
        yield prepare(sandbox)


def prepare(sandbox: Sandbox) -> Moving:
    roles = {
        name: Role.create(sandbox, name, path=path)
        for name, path in {
            "Admin": "/teams/red/",
            "Vendor": "/",
            "Support": "/",
            "Unbound": "/",
            "FargatePods": "/",
            "Node": "/",
            "Session": "/",
            "Stranger": "/",
            "WithPath": "/teams/",
            "Twice": "/",
            "Shadowed": "/",
            "Gone": "/",
        }.items()
    }
    iam = sandbox.boto("iam")
    user_arn = iam.create_user(UserName="jane", Path="/people/")["User"]["Arn"]
    keys = iam.create_access_key(UserName="jane")["AccessKey"]
    stripped = {name: f"arn:aws:iam::{CUSTOMER}:role/{name}" for name in roles}
    data = {
        "mapRoles": "# as it grew over the years\n"
        + map_role(stripped["Node"], "system:node:{{EC2PrivateDNSName}}", "system:bootstrappers", "system:nodes")
        + map_role(
            stripped["FargatePods"],
            "system:node:{{SessionName}}",
            "system:bootstrappers",
            "system:nodes",
            "system:node-proxier",
        )
        + map_role(stripped["Admin"], "admin:{{SessionName}}", "system:masters")
        + map_role(stripped["Vendor"].replace("Vendor", "VENDOR"), "vendor-{{AccountID}}:{{SessionName}}", "readers")
        + map_role(stripped["Support"], "support", "system:support", "readers")
        + map_role(stripped["Unbound"], "unbound", UNBOUND)
        + map_role(stripped["Session"], "{{SessionName}}", "readers")
        + map_role(roles["WithPath"].arn, "with-path", "system:masters")
        + map_role(stripped["Twice"], "first", "system:masters")
        + map_role(stripped["Twice"], "second", "readers")
        + map_role(stripped["Shadowed"], "shadowed", "system:masters")
        + map_role(stripped["Gone"], "gone", "system:masters"),
        "mapUsers": f"- userarn: {user_arn}\n  username: jane\n  groups: [readers]\n",
    }
    admin = sandbox.clusters[CLUSTER].admin
    present = admin.json("GET", AWS_AUTH)
    admin.json("PUT", AWS_AUTH, body={**present, "data": data})
    for name, resource, verb in (("pod-lister", "pods", "list"), ("secret-reader", "secrets", "get")):
        rules = [{"apiGroups": [""], "resources": [resource], "verbs": [verb]}]
        kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}}
        admin.json("POST", f"{RBAC}/clusterroles", body={**kind, "rules": rules})
    bind(admin, "readers", "readers", "pod-lister")
    bind(admin, "support", "system:support", "secret-reader", "kube-system")
    roles.pop("Gone").delete()
    callers = {name: role.in_cluster(CLUSTER, session_name(name)) for name, role in roles.items()}
    callers["jane"] = in_cluster(sandbox, CLUSTER, keys)
    eventually(lambda: who(callers["jane"]), "aws-auth is not read")
    return Moving(sandbox, callers, roles, user_arn)


def session_name(role: str) -> str:
    return "fargate-ip-10-0-0-1" if role == "FargatePods" else "tester"


def assert_same(before: Mapping[str, Access | None], moving: Moving, when: str, **except_for: Access | None) -> None:
    wanted = {**before, **except_for}
    eventually(lambda: moving.ask() == wanted, f"{when}: {moving.ask()}, and not {wanted}")


def test_nobody_loses_or_gains_access_on_the_way_except_as_planned(moving: Moving, tmp_path: Path) -> None:
    before = moving.ask()
    everything = frozenset(REQUESTS)
    assert before["Admin"] == Access("admin:tester", frozenset(), everything)
    assert before["Vendor"] == Access(
        f"vendor-{CUSTOMER}:tester", frozenset({"readers"}), frozenset(list(REQUESTS)[:2])
    )
    assert before["Support"] is not None
    assert "read secrets in kube-system" in before["Support"].allowed
    assert before["FargatePods"] is not None
    assert before["Twice"] == Access("second", frozenset({"readers"}), frozenset(list(REQUESTS)[:2]))
    assert (before["Stranger"], before["WithPath"]) == (None, None)
    assert before["Node"] is None, "the session's name is no instance's"

    code, _, err = moving.migrate("entries", "--write")
    assert (code, "--to=API_AND_CONFIG_MAP" in err) == (2, True), "in mode CONFIG_MAP there are no entries"
    code, _, err = moving.migrate("mode", "--to", "API_AND_CONFIG_MAP")
    assert (code, "Nothing was changed" in err) == (2, True), "it was not confirmed"
    assert moving.sandbox.mode(CLUSTER) == "CONFIG_MAP"
    code, out, err = moving.migrate("mode", "--to", "API_AND_CONFIG_MAP", "--confirm", CLUSTER)
    assert (code, moving.sandbox.mode(CLUSTER)) == (0, "API_AND_CONFIG_MAP"), err
    assert_same(before, moving, "the mode alone changes nobody's access")

    shadowed = moving.roles["Shadowed"]
    moving.sandbox.boto("eks").create_access_entry(
        clusterName=CLUSTER, principalArn=shadowed.arn, username="other", kubernetesGroups=["readers"]
    )
    eventually(lambda: (found := moving.ask()["Shadowed"]) and found.username == "other", "the entry counts first")
    before = moving.ask()

    assert_the_plan_names_each(moving)
    assert moving.ask() == before, "a plan changes nothing"
    assert_a_program_makes_the_same(moving, before, tmp_path)
    with polling(moving, "Admin", "Vendor", "Support", "jane") as seen:
        code, out, err = moving.migrate("entries", "--write", "--ask")
    assert {name: users for name, users in seen.items() if users != {found_username(before, name)}} == {}
    assert len(seen) == 4
    assert (code, "read back and as planned" in out) == (1, True), f"1: one is blocked. {out}{err}"
    assert "The cluster took 9 principals for the same before and after." in out, "all roles of mappings"
    assert f"not asked for {moving.user_arn}" in out
    assert_same(before, moving, "with entries")
    assert moving.entries()[moving.roles["Node"].arn]["type"] == "EC2_LINUX", "which only an instance can try"
    assert moving.entries()[moving.roles["Admin"].arn]["principalArn"].endswith("role/teams/red/Admin")
    assert moving.entries()[shadowed.arn]["username"] == "other", "an entry that is there stays as it is"
    assert "Gone" not in str(list(moving.entries()))

    assert_an_interrupted_run_is_completed(moving, before)
    assert_going_back_brings_the_mapping_back(moving, before)

    code, out, err = moving.migrate("mode", "--to", "API", "--confirm", CLUSTER)
    assert (code, "role/Session" in err) == (1, True), "its mapping is blocked"
    assert moving.sandbox.mode(CLUSTER) == "API_AND_CONFIG_MAP"
    blocked = f"arn:aws:iam::{CUSTOMER}:role/Session"
    code, out, err = moving.migrate("mode", "--to", "API", "--confirm", CLUSTER, "--accept", blocked)
    assert (code, moving.sandbox.mode(CLUSTER)) == (0, "API"), err
    assert_same(before, moving, "without aws-auth", Session=None)


@contextmanager
def polling(moving: Moving, *names: str) -> Iterator[dict[str, set[str]]]:
    """What the authenticator takes these callers for, again and again in the meantime; "" for a refusal."""
    seen: dict[str, set[str]] = {name: set() for name in names}
    ended = threading.Event()

    def poll(name: str) -> None:
        while not ended.is_set():
            seen[name].add((who(moving.callers[name]) or {}).get("username", ""))
            ended.wait(0.1)

    threads = [threading.Thread(target=poll, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def found_username(access: Mapping[str, Access | None], name: str) -> str:
    found = access[name]
    assert found is not None
    return found.username


def assert_the_plan_names_each(moving: Moving) -> None:
    plan = moving.plan()
    outcomes = [(each["arn"].rsplit("/")[-1], each["outcome"]) for each in plan["mappings"]]
    assert outcomes == [
        ("Node", "node-entry"),
        ("FargatePods", "node-entry"),
        ("Admin", "entry-and-policy"),
        ("VENDOR", "entry"),
        ("Support", "entry-and-bindings"),
        ("Unbound", "entry"),
        ("Session", "blocked"),
        ("WithPath", "nobody"),
        ("Twice", "nobody"),
        ("Twice", "entry"),
        ("Shadowed", "shadowed"),
        ("Gone", "nobody"),
        ("jane", "entry"),
    ]
    assert len(plan["steps"]) == 9
    assert plan["mappings"][3]["principalArn"] == moving.roles["Vendor"].arn, "in IAM's letter case"
    assert plan["mappings"][-1]["principalArn"] == moving.user_arn


def assert_a_program_makes_the_same(moving: Moving, before: Mapping[str, Access | None], folder: Path) -> None:
    def pulumi(*arguments: str) -> None:
        command = ["pulumi", *arguments, "--non-interactive", "--color=never"]
        env = {"KUBECONFIG": str(moving.sandbox.clusters[CLUSTER].kubeconfig)}
        done = moving.sandbox.run(command, cwd=folder, timeout=SECONDS, env=env)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"

    entries = set(moving.entries())
    code, _, err = moving.migrate("entries", "--program", str(folder / "Pulumi.yaml"))
    assert (code, set(moving.entries())) == (1, entries), f"a program is only written. {err}"
    pulumi("stack", "init", "test")
    pulumi("up", "--yes", "--skip-preview")
    assert_same(before, moving, "with the program's entries")
    assert moving.plan()["steps"] == [], "the program has made all of them"
    pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    pulumi("destroy", "--yes", "--skip-preview")
    assert set(moving.entries()) == entries
    assert_same(before, moving, "by the mappings again")


def assert_an_interrupted_run_is_completed(moving: Moving, before: Mapping[str, Access | None]) -> None:
    """As after a run that was killed between an entry and its policy."""
    eks, arn = moving.sandbox.boto("eks"), moving.roles["Admin"].arn
    policies = eks.list_associated_access_policies(clusterName=CLUSTER, principalArn=arn)["associatedAccessPolicies"]
    assert len(policies) == 1
    eks.disassociate_access_policy(clusterName=CLUSTER, principalArn=arn, policyArn=policies[0]["policyArn"])
    eventually(lambda: moving.ask() != before, "the policy is what gives the rights")
    assert [each["kind"] for each in moving.plan()["steps"]] == ["access-policy"]
    code, out, err = moving.migrate("entries", "--write")
    assert (code, "1 step done" in out) == (1, True), f"{out}{err}"
    assert_same(before, moving, "completed")


def assert_going_back_brings_the_mapping_back(moving: Moving, before: Mapping[str, Access | None]) -> None:
    arn = moving.roles["Vendor"].arn
    moving.sandbox.boto("eks").delete_access_entry(clusterName=CLUSTER, principalArn=arn)
    eventually(lambda: arn not in moving.entries(), "the entry is still there")
    assert_same(before, moving, "by the mapping")
    assert moving.outcomes()["VENDOR"] == "entry"
    code, out, err = moving.migrate("entries", "--write")
    assert (code, "1 step done" in out) == (1, True), f"{out}{err}"
    assert_same(before, moving, "by the entry")
