"""The review against running API servers: it computes their decisions, and reports what a deployed stack gains."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from eks_access.kubernetes.client import KubernetesApi
from eks_access.kubernetes.token import presigned_token
from eks_access.manifest.models import Cluster, Manifest, read
from eks_access.model.identity import EntryMethod
from eks_access.model.kubernetes_rights import Request
from eks_access_policies.access import Access, EffectiveRules, Principal, Subject, any_allows, rules_by_holder
from eks_access_policies.stack import parse_state
from eks_access_probe.identity import identities
from eks_access_probe.identity.assume_role import Actor
from eks_access_probe.identity.aws_clients import Aws
from sandbox import Sandbox
from tests.e2e.principals import Role, eventually, who
from tests.e2e.program import SECONDS, Program, dev_config
from tests.support import review_stacks

pytestmark = pytest.mark.e2e

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
THREADS = 16
POLICY = "arn:aws:eks::aws:cluster-access-policy/"

RESOURCES = (
    ("", "pods"), ("", "pods/log"), ("", "pods/exec"), ("", "secrets"), ("", "configmaps"), ("", "namespaces"),
    ("", "serviceaccounts"), ("", "serviceaccounts/token"), ("", "nodes"), ("", "nodes/proxy"),
    ("apps", "deployments"), ("batch", "jobs"), ("extensions", "deployments"),
    ("rbac.authorization.k8s.io", "clusterroles"), ("rbac.authorization.k8s.io", "rolebindings"),
    ("example.com", "widgets"),
)  # fmt: skip
VERBS = ("get", "list", "watch", "create", "delete", "bind", "impersonate")
PLACES = ("", "payments", "kube-system")
VIEWERS = (
    "arn:aws:iam::111122223333:role/AWSReservedSSO_Platform_0123456789abcdef",
    "arn:aws:iam::111122223333:role/PaymentsTeam",
)
NAMED = (
    Request("get", resource="configmaps", name="aws-auth", namespace="kube-system"),
    Request("update", resource="configmaps", name="aws-auth", namespace="kube-system"),
    Request("get", resource="configmaps", name="other", namespace="kube-system"),
    Request("bind", "rbac.authorization.k8s.io", "clusterroles", name="view"),
    Request("bind", "rbac.authorization.k8s.io", "clusterroles", name="cluster-admin"),
    Request("get", url="/metrics"),
    Request("get", resource="secrets", name="eks-connector-state-0", namespace="eks-connector"),
    Request("get", resource="secrets", name="other", namespace="eks-connector"),
    Request("impersonate", resource="users", name=VIEWERS[0]),
    Request("impersonate", resource="users", name="somebody-else"),
)


def table() -> Iterator[Request]:
    for (group, kind), verb, namespace in product(RESOURCES, VERBS, PLACES):
        resource, _, subresource = kind.partition("/")
        yield Request(verb, group, resource, subresource, namespace=namespace)
    yield from NAMED


TABLE = tuple(table())


def is_allowed(api: KubernetesApi, asked: Request, user: str = "") -> bool:
    """The API server's decision for the holder, or for a user that the holder impersonates."""
    if asked.url:
        attributes = {"nonResourceAttributes": {"verb": asked.verb, "path": asked.url}}
    else:
        parts = {key: value for key, value in vars(asked).items() if value and key != "url"}
        attributes = {"resourceAttributes": parts}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": attributes}
    headers = {"Impersonate-User": user} if user else {}
    allowed: bool = api.json("POST", REVIEWS, body=body, headers=headers)["status"]["allowed"]
    return allowed


def disagreements(api: KubernetesApi, held: list[EffectiveRules], user: str = "") -> list[tuple[Request, bool]]:
    """The requests that the API server decides otherwise than computed, with its decision."""
    with ThreadPoolExecutor(THREADS) as pool:
        decisions = list(pool.map(lambda asked: is_allowed(api, asked, user), TABLE))
    return [
        (asked, allowed) for asked, allowed in zip(TABLE, decisions, strict=True) if any_allows(held, asked) != allowed
    ]


def authenticated_api(actor: Actor, cluster: Cluster) -> KubernetesApi:
    """The cluster's API as the integration, once authenticated; each attempt has a new token: rejections are cached."""
    found: list[KubernetesApi] = []

    def authenticates() -> object:
        token = presigned_token(actor.session().keys, cluster_name=cluster.name, region=cluster.region).value
        ca_data = base64.b64decode(cluster.certificate_authority)
        found.append(KubernetesApi(cluster.endpoint, ca_data=ca_data, bearer=lambda: token, connections=THREADS))
        return who(found[-1])

    eventually(authenticates, f"{actor.name} is not authenticated in {cluster.name}")
    return found[-1]


def connector_api(actor: Actor, key: str, cluster: Cluster) -> KubernetesApi:
    """The cluster's API as EKS Connector's service account, with a token that the cluster's operator requests."""
    _, _, namespace, name = actor.access.identity.username.split(":")
    operator = KubernetesApi.from_kubeconfig(actor.operator_kubeconfig(key).read_text())
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    created = operator.json("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", body=request)
    token, ca_data = created["status"]["token"], base64.b64decode(cluster.certificate_authority)
    return KubernetesApi(cluster.endpoint, ca_data=ca_data, bearer=lambda: token, connections=THREADS)


@pytest.fixture(scope="module")
def exported(deployed: Program) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(deployed.pulumi("stack", "export", "--stack", deployed.stack).stdout)
    return state


@pytest.fixture(scope="module")
def manifest(deployed: Program) -> Manifest:
    return read(deployed.manifest())


@pytest.fixture(scope="module")
def actors(sandbox: Sandbox, manifest: Manifest) -> Iterator[dict[str, Actor]]:
    """An actor for every integration, as the probe impersonates it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.env.items():
            patch.setenv(name, value)
        known = identities.load_identities(identities.find_identities_file(None, sandbox.env))
        aws = Aws(sandbox.endpoint)
        yield {name: Actor(aws, name, access, known) for name, access in manifest.integrations.items()}


def test_computed_permissions_agree_with_every_api_server_for_every_integration(
    exported: dict[str, Any], manifest: Manifest, actors: dict[str, Actor]
) -> None:
    found = rules_by_holder(Access(parse_state(exported)))
    by_arn = {holder.arn: held for holder, held in found.items() if isinstance(holder, Principal)}
    asked = granted = 0
    for name, access in manifest.integrations.items():
        for cluster in access.clusters.values():
            if cluster.method is EntryMethod.EKS_CONNECTOR:
                continue  # no role is used there: see the next test
            held = [each for each in by_arn.get(access.role.arn, []) if each.cluster == cluster.name]
            api = authenticated_api(actors[name], cluster)
            assert disagreements(api, held) == [], f"{name} in {cluster.name}"
            asked += len(TABLE)
            granted += sum(any_allows(held, each) for each in TABLE)
    assert (asked > 5000, granted > 100) == (True, True), f"{granted} of {asked} are allowed: both decisions occur"


def test_computed_permissions_agree_with_a_connected_cluster_for_the_connector_and_each_viewer(
    exported: dict[str, Any], manifest: Manifest, actors: dict[str, Actor]
) -> None:
    """Viewers act as in the console: the connector's service account impersonates them."""
    access = manifest.integrations["eks-connector"]
    ((key, cluster),) = access.clusters.items()
    found = rules_by_holder(Access(parse_state(exported)))
    subjects = {holder: held for holder, held in found.items() if isinstance(holder, Subject)}
    subjects = {
        holder: here for holder, held in subjects.items() if (here := [e for e in held if e.cluster == cluster.name])
    }
    assert {holder.name for holder in subjects} == {"eks-connector", *VIEWERS}
    api = connector_api(actors["eks-connector"], key, cluster)
    for subject, held in subjects.items():
        assert disagreements(api, held, subject.name if subject.kind == "User" else "") == [], str(subject)
        assert any(any_allows(held, each) for each in TABLE), f"{subject} has a permission: both decisions occur"


def test_access_policies_and_rbac_computed_together_agree_with_the_api_server(sandbox: Sandbox) -> None:
    """Two access policies in different scopes and a role of RBAC for the same principal."""
    role, cluster, group = Role.create(sandbox), "dev-both", "review:test"
    rules = [review_stacks.rule(["get", "list"], "nodes"), review_stacks.rule(["create"], "*/exec")]
    stack = review_stacks.Stack().role(role.name).entry(role.name, cluster, group)
    stack.policy(role.name, cluster, "AmazonEKSViewPolicy", "kube-*").policy(
        role.name, cluster, "AmazonEKSEditPolicy", "payments"
    )
    stack.bound(group, cluster, rules, name="review-test")
    held = [each for some in rules_by_holder(Access(parse_state(stack.state()))).values() for each in some]
    eks, admin = sandbox.boto("eks"), sandbox.clusters[cluster].admin
    entry = {"clusterName": cluster, "principalArn": role.arn}
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    paths = {"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings"}
    kinds = [(each["type"].rpartition(":")[2], each["inputs"]) for each in stack.resources]
    created = [(paths[kind], body) for kind, body in kinds if kind in paths]
    try:
        eks.create_access_entry(**entry, type="STANDARD", kubernetesGroups=[group])
        for policy, namespace in (("AmazonEKSViewPolicy", "kube-*"), ("AmazonEKSEditPolicy", "payments")):
            scope = {"type": "namespace", "namespaces": [namespace]}
            eks.associate_access_policy(**entry, policyArn=f"{POLICY}{policy}", accessScope=scope)
        for resource, body in created:
            admin.json("POST", f"{rbac}/{resource}", body=body)
        last = Request("create", resource="secrets", namespace="payments")

        def is_in_effect() -> object:
            api = role.in_cluster(cluster)
            return who(api) and is_allowed(api, last)

        eventually(is_in_effect, "the last of the access policies has had no effect")
        api = role.in_cluster(cluster)
        assert disagreements(api, held) == []
        assert is_allowed(api, Request("create", resource="pods", subresource="exec", namespace="default")), "by RBAC"
        assert not is_allowed(api, Request("list", resource="secrets", namespace="kube-system")), (
            "outside of the edit policy's scope"
        )
    finally:
        for resource, body in created:
            admin.request("DELETE", f"{rbac}/{resource}/{body['metadata']['name']}")
        eks.delete_access_entry(**entry)
        role.delete()


def test_the_review_of_conductorones_vendor_profile_reports_its_escalations(
    sandbox: Sandbox, deployed: Program, tmp_path: Path
) -> None:
    """From the deployed stack in profile `least` to a preview of it in profile `vendor`."""
    config = dev_config()
    for name, integration in config["eks-access:integrations"].items():
        if name in ("conductorone-api", "conductorone-both", "conductorone-configmap"):
            integration["profile"] = "vendor"
    changed = Program(sandbox, tmp_path, deployed.stack, config)
    command = ["eks-access", "review", "--stack", deployed.stack, "--json", "review.json", "--markdown", "review.md"]
    done = sandbox.run([*command, "--fail-on", "high"], cwd=changed.folder, timeout=SECONDS)
    assert done.returncode == 1, f"{done.stdout}\n{done.stderr}"
    value = json.loads((tmp_path / "review.json").read_text())
    assert [each["name"] for each in value["principals"]] == [
        "conductorone-api",
        "conductorone-both",
        "conductorone-configmap",
    ], "and no other principal"
    gained = {what for change in value["principals"][0]["changes"] for what in change["what"]}
    assert {"iam:AttachRolePolicy", "iam:PassRole", "eks:AssociateAccessPolicy", "get, list, watch secrets"} <= gained
    opened = [change for change in value["principals"][0]["changes"] if change["rule"] == "escalation-opened"]
    paths = " ".join(change["risk"] for change in opened)
    assert "can attach any policy to a role, its own included" in paths
    assert "make it an administrator of the cluster" in paths
    assert "let its own identity provider authenticate users to a cluster" in paths
    markdown = (tmp_path / "review.md").read_text()
    assert "**critical:** opens escalation: can attach any policy to a role" in markdown
    assert "(identical changes)" in markdown
    assert "can read every Secret: other systems' passwords, keys and tokens" in markdown


def test_a_deployed_stack_has_only_a_token_and_an_annotation_that_its_own_manifest_has_not(
    sandbox: Sandbox, deployed: Program, exported: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "state.json").write_text(json.dumps(exported))
    (tmp_path / "manifest.json").write_text(json.dumps(deployed.manifest()))
    command = ["eks-access", "review", "--base", "manifest.json", "--head", "state.json", "--json", "review.json"]
    done = sandbox.run(command, cwd=tmp_path, timeout=SECONDS)
    review = json.loads((tmp_path / "review.json").read_text())
    assert [each["name"] for each in review["principals"]] == [
        "service account conductorone-keyless/conductorone-keyless"
    ], done.stdout
    assert [each["type"] for each in review["notEvaluated"]] == ["kubernetes:core/v1:Secret"], done.stdout
    assert review["unknown"] == []
