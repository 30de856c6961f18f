"""The operations of the exact objects as the engine calls them, on an API server in memory."""

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CreateRequest,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    PropertyDiffKind,
    ReadRequest,
    UpdateRequest,
)

from eks_access.exact.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    KINDS,
    NETWORK_POLICY,
    ROLE,
    ROLE_BINDING,
    SERVICE_ACCOUNT,
    Kind,
)
from eks_access.kubernetes.client import ApiError, UnreachableError
from eks_access.kubernetes.kubeconfig import join_contexts
from eks_access.provider.errors import NotAvailableError, ProviderError
from eks_access.provider.resources.exact_objects import ExactObjects
from eks_access.provider.resources.in_cluster import DELETE_UNREACHABLE
from eks_access.provider.values import UNKNOWN, unwrap, wrap
from tests.support.object_store import Store

GROUP = "rbac.authorization.k8s.io"
RULES = [
    {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list"]},
    {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web", "api"], "verbs": ["get"]},
]
SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
SUBJECTS = [
    {"apiGroup": GROUP, "kind": "Group", "name": "vendor-readers"},
    {"apiGroup": GROUP, "kind": "User", "name": "vendor"},
]
MASTERS = {"apiGroup": GROUP, "kind": "Group", "name": "system:authenticated"}
PEERS = [{"namespaceSelector": {"matchLabels": {"team": "vendor"}}}]
POLICY = {
    "podSelector": {"matchLabels": {"app": "web"}},
    "policyTypes": ["Ingress"],
    "ingress": [{"from": PEERS, "ports": [{"port": 443, "protocol": "TCP"}]}],
}
PARTS: Mapping[str, Mapping[str, Any]] = {
    "ClusterRole": {"rules": RULES},
    "Role": {"rules": RULES},
    "ClusterRoleBinding": {"roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": SUBJECTS},
    "RoleBinding": {"roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": SUBJECTS},
    "ServiceAccount": {"automountServiceAccountToken": False},
    "NetworkPolicy": {"spec": POLICY},
}
"""What the program has of each kind."""
OTHERS: Mapping[str, Mapping[str, Any]] = {
    "ClusterRole": {"rules": [SECRETS]},
    "Role": {"rules": [SECRETS]},
    "ClusterRoleBinding": {"roleRef": {"kind": "ClusterRole", "name": "admin"}, "subjects": [MASTERS]},
    "RoleBinding": {"roleRef": {"kind": "ClusterRole", "name": "admin"}, "subjects": [MASTERS]},
    "ServiceAccount": {"automountServiceAccountToken": True},
    "NetworkPolicy": {"spec": {"podSelector": {}}},
}
"""What others have of each kind."""
ROLE_ARN = "eks.amazonaws.com/role-arn"
AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-view"


def kubeconfig(server: str = "https://cluster", **user: Any) -> str:
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority-data": "Y2E="}}],
            "users": [{"name": "u", "user": user or {"exec": {"command": "eks-access"}}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


class Stack:
    """A stack with one RBAC object: its inputs and state, and the calls that the engine would make."""

    def __init__(self, kind: Kind, store: Store, *, project: str = "project", resource: str = "vendor") -> None:
        self.kind, self.store = kind, store
        self.urn = f"urn:pulumi:dev::{project}::eks-access:index:{kind.name}::{resource}"
        self.warnings: list[str] = []
        self.is_reachable = True
        self.handler = ExactObjects(kind, lambda urn, message: self.warnings.append(message), self._connect)
        self.state: dict[str, PropertyValue] = {}
        self.inputs: dict[str, PropertyValue] = {}
        self.id = "vendor-view"
        metadata = {"name": "vendor-view", "labels": {"app": "vendor"}}
        if kind.namespaced:
            metadata["namespace"] = "web"
            self.id = "web/vendor-view"
        self.program: dict[str, Any] = {
            "kubeconfig": kubeconfig(),
            "metadata": metadata,
            **copy.deepcopy(dict(PARTS[kind.name])),
            "adopt": False,
        }

    @property
    def path(self) -> str:
        return (
            f"namespaces/web/{self.kind.plural}/vendor-view"
            if self.kind.namespaced
            else f"{self.kind.plural}/vendor-view"
        )

    @property
    def is_as_declared(self) -> bool:
        """Does the cluster have what the program has?"""
        return all(self.live.get(part) == self.program[part] for part in PARTS[self.kind.name])

    @property
    def live(self) -> dict[str, Any]:
        return self.store.objects[self.path]

    def _connect(self, text: str) -> Store:
        if not self.is_reachable:
            raise UnreachableError("https://cluster", OSError("no route to host"))
        return self.store

    def build_inputs(self, **changes: Any) -> dict[str, PropertyValue]:
        return {name: wrap(value) for name, value in {**self.program, **changes}.items() if value is not None}

    def check(self, **changes: Any) -> list[str]:
        response = self.handler.check(CheckRequest(self.urn, {}, self.build_inputs(**changes), b""))
        return [f"{each.property}: {each.reason}" for each in response.failures or ()]

    def create(self, preview: bool = False, **changes: Any) -> str | None:
        response = self.handler.create(CreateRequest(self.urn, self.build_inputs(**changes), 0, preview))
        if not preview:
            self.state, self.inputs = dict(response.properties), self.build_inputs(**changes)
        return response.resource_id

    def diff(self, ignored: tuple[str, ...] = (), **changes: Any) -> DiffResponse:
        return self.handler.diff(
            DiffRequest(self.urn, self.id, self.state, self.build_inputs(**changes), list(ignored))
        )

    def paths(self, **changes: Any) -> dict[str, PropertyDiffKind]:
        """The paths of the detailed differences, with their kinds."""
        return {path: each.kind for path, each in (self.diff(**changes).detailed_diff or {}).items()}

    def update(self, preview: bool = False, **changes: Any) -> None:
        request = UpdateRequest(self.urn, self.id, self.state, self.build_inputs(**changes), 0, [], preview)
        response = self.handler.update(request)
        if not preview:
            self.state, self.inputs = dict(response.properties), self.build_inputs(**changes)

    def refresh(self) -> bool:
        response = self.handler.read(ReadRequest(self.urn, self.id, self.state, self.inputs))
        if not response.resource_id:
            return False
        self.state, self.inputs = dict(response.properties), dict(response.inputs)
        return True

    def delete(self) -> None:
        self.handler.delete(DeleteRequest(self.urn, self.id, self.state, 0))


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture(params=KINDS, ids=[kind.name for kind in KINDS])
def stack(request: pytest.FixtureRequest, store: Store) -> Stack:
    """A deployed object of each kind."""
    deployed = Stack(request.param, store)
    assert deployed.check() == []
    assert deployed.create() == deployed.id
    return deployed


# What is written


def test_an_object_is_created_as_declared_with_its_owners_mark(stack: Stack) -> None:
    assert stack.is_as_declared
    assert stack.live["metadata"]["labels"] == {"app": "vendor"}
    assert stack.live["metadata"]["annotations"] == {"eks-access/stack": "project/dev", "eks-access/resource": "vendor"}
    assert unwrap(stack.state["uid"]) == stack.live["metadata"]["uid"]
    assert unwrap(stack.state["owner"]) == "project/dev::vendor"


def test_an_unchanged_object_has_no_difference_before_and_after_a_refresh(stack: Stack) -> None:
    assert not stack.diff().changes
    assert stack.refresh()
    assert not stack.diff().changes
    assert stack.warnings == []


# What others change


def added_subject(live: dict[str, Any]) -> None:
    live["subjects"].append(MASTERS)


def removed_subject(live: dict[str, Any]) -> None:
    live["subjects"].pop(0)


def removed_all_subjects(live: dict[str, Any]) -> None:
    del live["subjects"]


def removed_all_rules(live: dict[str, Any]) -> None:
    live["rules"] = None


def changed_subject(live: dict[str, Any]) -> None:
    live["subjects"][1]["name"] = "joe"


def added_rule(live: dict[str, Any]) -> None:
    live["rules"].insert(0, SECRETS)


def removed_rule(live: dict[str, Any]) -> None:
    live["rules"].pop(0)


def added_verb(live: dict[str, Any]) -> None:
    live["rules"][0]["verbs"].insert(0, "delete")


def added_resource(live: dict[str, Any]) -> None:
    live["rules"][0]["resources"].append("secrets")


def added_group(live: dict[str, Any]) -> None:
    live["rules"][0]["apiGroups"].append("*")


def removed_name(live: dict[str, Any]) -> None:
    live["rules"][1]["resourceNames"].remove("web")


def removed_names(live: dict[str, Any]) -> None:
    del live["rules"][1]["resourceNames"]


def added_aggregation(live: dict[str, Any]) -> None:
    live["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}


def added_aggregating_label(live: dict[str, Any]) -> None:
    live["metadata"]["labels"][AGGREGATE] = "true"


def replaced_content(live: dict[str, Any]) -> None:
    live.update(copy.deepcopy(dict(OTHERS[live["kind"]])))
    for name in ("labels", "annotations"):
        live["metadata"].pop(name)


def added_role_annotation(live: dict[str, Any]) -> None:
    live["metadata"]["annotations"][ROLE_ARN] = "arn:aws:iam::111122223333:role/admin"


def mounted_token(live: dict[str, Any]) -> None:
    del live["automountServiceAccountToken"]


def added_peer(live: dict[str, Any]) -> None:
    live["spec"]["ingress"][0]["from"].insert(0, {"ipBlock": {"cidr": "0.0.0.0/0"}})


def added_ingress(live: dict[str, Any]) -> None:
    live["spec"]["ingress"].append({})


def removed_ports(live: dict[str, Any]) -> None:
    del live["spec"]["ingress"][0]["ports"]


def other_pods(live: dict[str, Any]) -> None:
    live["spec"]["podSelector"] = {"matchLabels": {"app": "other"}}


def other_role(live: dict[str, Any]) -> None:
    live["roleRef"]["name"] = "admin"


ADD, DELETE, UPDATE = PropertyDiffKind.ADD, PropertyDiffKind.DELETE, PropertyDiffKind.UPDATE
DRIFT: list[tuple[Callable[[dict[str, Any]], None], tuple[Kind, ...], dict[str, PropertyDiffKind] | None]] = [
    (added_subject, (CLUSTER_ROLE_BINDING, ROLE_BINDING), {"subjects[2]": DELETE}),
    (removed_subject, (CLUSTER_ROLE_BINDING, ROLE_BINDING), None),
    (removed_all_subjects, (CLUSTER_ROLE_BINDING, ROLE_BINDING), {"subjects": ADD}),
    (removed_all_rules, (CLUSTER_ROLE, ROLE), {"rules": ADD}),
    (changed_subject, (CLUSTER_ROLE_BINDING, ROLE_BINDING), {"subjects[1].name": UPDATE}),
    (other_role, (CLUSTER_ROLE_BINDING, ROLE_BINDING), {"roleRef.apiGroup": DELETE, "roleRef.name": UPDATE}),
    (added_rule, (CLUSTER_ROLE, ROLE), {"rules[2]": DELETE}),
    (removed_rule, (CLUSTER_ROLE, ROLE), None),
    (added_verb, (CLUSTER_ROLE, ROLE), {"rules[0].verbs[2]": DELETE}),
    (added_resource, (CLUSTER_ROLE, ROLE), {"rules[0].resources[2]": DELETE}),
    (added_group, (CLUSTER_ROLE, ROLE), {"rules[0].apiGroups[1]": DELETE}),
    (removed_name, (CLUSTER_ROLE, ROLE), None),
    (removed_names, (CLUSTER_ROLE, ROLE), {"rules[1].resourceNames": ADD}),
    (added_aggregation, (CLUSTER_ROLE,), None),
    (added_aggregating_label, (CLUSTER_ROLE,), {f'metadata.labels["{AGGREGATE}"]': DELETE}),
    (added_role_annotation, (SERVICE_ACCOUNT,), {f'metadata.annotations["{ROLE_ARN}"]': DELETE}),
    (mounted_token, (SERVICE_ACCOUNT,), {"automountServiceAccountToken": ADD}),
    (added_peer, (NETWORK_POLICY,), {"spec.ingress[0].from[1]": DELETE}),
    (added_ingress, (NETWORK_POLICY,), {"spec.ingress[1]": DELETE}),
    (removed_ports, (NETWORK_POLICY,), {"spec.ingress[0].ports": ADD}),
    (other_pods, (NETWORK_POLICY,), {"spec.podSelector.matchLabels.app": UPDATE}),
    (replaced_content, KINDS, None),
]


@pytest.mark.parametrize(
    ("drift", "kind", "shown"),
    [(drift, kind, shown) for drift, kinds, shown in DRIFT for kind in kinds],
    ids=[f"{drift.__name__}-{kind.name}" for drift, kinds, _ in DRIFT for kind in kinds],
)
def test_a_change_by_others_is_shown_by_a_refresh_and_repaired_by_an_update(
    store: Store, drift: Callable[[dict[str, Any]], None], kind: Kind, shown: dict[str, PropertyDiffKind] | None
) -> None:
    stack = Stack(kind, store)
    if kind.is_binding:
        stack.program["roleRef"] = {"apiGroup": GROUP, **stack.program["roleRef"]}
        shown = {path: each for path, each in shown.items() if path != "roleRef.apiGroup"} if shown else shown
    stack.create()
    before = copy.deepcopy(stack.live)
    store.change(stack.path, drift)
    assert stack.live != before, "the sabotage changes something"

    assert stack.refresh()
    assert stack.warnings
    assert all(each.startswith("in the cluster, ") for each in stack.warnings)
    found = stack.paths()
    assert found, "the difference is shown"
    if shown is not None:
        assert found == shown, "line by line"
    assert not stack.diff().replaces, "and it is repaired in place"
    stack.update()

    for part in (*stack.kind.parts, "labels", "annotations"):
        repaired, wanted = (each.get(part, each["metadata"].get(part)) for each in (stack.live, before))
        assert repaired == wanted, part
    stack.warnings.clear()
    assert stack.refresh()
    assert (stack.diff().changes, stack.warnings) == (False, [])


def test_an_update_repairs_what_no_refresh_has_shown(stack: Stack) -> None:
    """The whole object is written, so what others added in between is gone too."""
    stack.store.change(stack.path, replaced_content)
    stack.update()
    assert stack.is_as_declared


def test_a_binding_to_another_role_is_created_anew(store: Store) -> None:
    stack = Stack(ROLE_BINDING, store)
    stack.create()
    uid = stack.live["metadata"]["uid"]
    changed: dict[str, Any] = {"roleRef": {"kind": "ClusterRole", "name": "edit"}}
    assert stack.paths(**changed) == {"roleRef.name": UPDATE}
    stack.update(preview=True, **changed)
    assert stack.live["roleRef"]["name"] == "view", "a preview writes nothing"
    stack.update(**changed)
    assert stack.live["roleRef"]["name"] == "edit"
    assert stack.live["metadata"]["uid"] != uid
    assert unwrap(stack.state["uid"]) == stack.live["metadata"]["uid"]


def test_what_others_keep_in_the_metadata_stays(stack: Stack) -> None:
    def change(live: dict[str, Any]) -> None:
        live["metadata"]["annotations"]["audit/reviewed"] = "2026"
        live["metadata"]["finalizers"] = ["audit/keep"]
        live["metadata"]["labels"]["argocd.argoproj.io/instance"] = "x"

    stack.store.change(stack.path, change)
    assert stack.refresh()
    assert (stack.diff().changes, stack.warnings) == (False, []), "and is no difference"
    stack.update(metadata={**stack.program["metadata"], "labels": {"app": "new"}})
    metadata = stack.live["metadata"]
    assert metadata["labels"] == {"app": "new", "argocd.argoproj.io/instance": "x"}
    assert (metadata["annotations"]["audit/reviewed"], metadata["finalizers"]) == ("2026", ["audit/keep"])


def test_a_label_by_which_a_role_of_this_cluster_aggregates_is_taken_away(store: Store) -> None:
    store.put("clusterroles/all-vendors", {"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"t": "v"}}]}})
    stack = Stack(CLUSTER_ROLE, store)
    stack.create()
    store.change(stack.path, lambda live: live["metadata"]["labels"].update({"t": "v", "u": "w"}))
    assert stack.refresh()
    assert stack.paths() == {"metadata.labels.t": DELETE}
    stack.update()
    assert stack.live["metadata"]["labels"] == {"app": "vendor", "u": "w"}


def test_a_removed_label_of_the_program_is_removed(stack: Stack) -> None:
    changed: dict[str, Any] = {"metadata": {**stack.program["metadata"], "labels": {}}}
    assert stack.paths(**changed) == {"metadata.labels.app": DELETE}
    stack.update(**changed)
    assert stack.live["metadata"]["labels"] == {}


def test_an_object_that_is_gone_is_reported_and_created_by_an_update(stack: Stack) -> None:
    del stack.store.objects[stack.path]
    assert not stack.refresh()
    stack.update()
    assert stack.live


# Whose an object is


def put_foreign(stack: Stack, **annotations: str) -> None:
    managed = [{"manager": "kubectl-create"}]
    stack.store.put(stack.path, OTHERS[stack.kind.name], annotations=annotations, managedFields=managed)


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_an_object_of_others_is_left_as_it_is(store: Store, kind: Kind, preview: bool) -> None:
    stack = Stack(kind, store)
    put_foreign(stack)
    before = copy.deepcopy(stack.live)
    with pytest.raises(
        ProviderError, match=r"exists already.*not marked as this stack's \(written by kubectl-create\).*adopt"
    ):
        stack.create(preview)
    assert stack.live == before


@pytest.mark.parametrize(
    ("owner", "resource"),
    [("project/prod", "vendor"), ("project/dev", "other")],
    ids=["of another stack", "of another resource"],
)
def test_an_object_of_another_owner_is_left_and_the_owner_named(store: Store, owner: str, resource: str) -> None:
    stack = Stack(CLUSTER_ROLE, store)
    put_foreign(stack, **{"eks-access/stack": owner, "eks-access/resource": resource})
    with pytest.raises(ProviderError, match=f"It belongs to resource '{resource}' of stack {owner}"):
        stack.create()
    assert stack.live["rules"] == [SECRETS]


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_adopt_takes_an_object_over_as_declared(store: Store, kind: Kind) -> None:
    stack = Stack(kind, store)
    put_foreign(stack, note="kept")
    stack.create(preview=True, adopt=True)
    assert "eks-access/stack" not in stack.live["metadata"]["annotations"], "a preview writes nothing"
    stack.create(adopt=True)
    assert stack.is_as_declared
    assert stack.live["metadata"]["annotations"]["eks-access/stack"] == "project/dev"
    stack.delete()
    assert stack.path not in store.objects


@pytest.mark.parametrize(
    "annotations",
    [
        {"eks-access/stack": "project/dev", "eks-access/resource": "vendor"},
        {"eks-access/stack": "project/dev"},
    ],
    ids=["this resource's", "version 0.1.0's"],
)
def test_an_interrupted_creation_continues_with_what_it_created(store: Store, annotations: dict[str, str]) -> None:
    stack = Stack(CLUSTER_ROLE, store)
    put_foreign(stack, **annotations)
    stack.create()
    assert stack.live["rules"] == RULES


def test_an_object_that_others_replaced_is_only_overwritten_after_a_refresh_has_shown_it(stack: Stack) -> None:
    del stack.store.objects[stack.path]
    put_foreign(stack)
    with pytest.raises(ProviderError, match=r"others deleted the object and created it again.*preview --refresh"):
        stack.update()
    assert stack.refresh()
    assert stack.paths(), "shown"
    stack.update()
    assert stack.is_as_declared
    stack.delete()
    assert stack.path not in stack.store.objects, "and it is this stack's from then on"


def test_an_object_that_another_stack_took_is_left_by_update_and_delete(stack: Stack) -> None:
    def take(live: dict[str, Any]) -> None:
        live["metadata"]["annotations"]["eks-access/stack"] = "project/prod"

    stack.store.change(stack.path, take)
    assert stack.refresh()
    with pytest.raises(ProviderError, match="belongs to resource 'vendor' of stack project/prod"):
        stack.update(metadata={**stack.program["metadata"], "labels": {}})
    stack.delete()
    assert stack.live["metadata"]["labels"] == {"app": "vendor"}
    assert stack.warnings == [
        "in the cluster, the object belongs to resource 'vendor' of stack project/prod now:"
        " it is neither updated nor deleted here",
        f"{stack.kind.name} {stack.id} is left in the cluster: it belongs to resource 'vendor' of stack project/prod",
    ]


def test_a_renamed_stack_keeps_its_objects(stack: Stack) -> None:
    renamed = Stack(stack.kind, stack.store)
    renamed.urn = renamed.urn.replace(":dev::", ":production::")
    renamed.state, renamed.inputs = stack.state, stack.inputs
    renamed.update(metadata={**stack.program["metadata"], "labels": {"app": "new"}})
    assert stack.live["metadata"]["annotations"]["eks-access/stack"] == "project/production"
    renamed.delete()
    assert stack.path not in stack.store.objects


def test_deleting_removes_the_object_and_nothing_is_no_error(stack: Stack) -> None:
    stack.delete()
    assert stack.store.objects == {}
    stack.delete()
    assert stack.warnings == []


def test_an_object_whose_mark_was_removed_is_deleted_and_one_created_by_others_is_left(stack: Stack) -> None:
    stack.store.change(stack.path, lambda live: live["metadata"].pop("annotations"))
    stack.delete()
    assert stack.path not in stack.store.objects, "it has the uid that was written"
    put_foreign(stack)
    stack.delete()
    assert stack.path in stack.store.objects
    assert "it is not the object that was created here" in stack.warnings[0]


def test_a_write_by_others_in_between_is_not_overwritten_but_seen(stack: Stack) -> None:
    """The first attempt has an old resource version; the second starts from what is there then."""
    writes: list[str] = []

    def interfere(method: str, _path: str) -> None:
        if method == "PUT" and not writes:
            writes.append(method)
            stack.store.change(stack.path, lambda live: live["metadata"].update(finalizers=["others/keep"]))

    stack.store.before = interfere
    stack.update(metadata={**stack.program["metadata"], "labels": {"app": "new"}})
    assert writes
    assert stack.live["metadata"]["finalizers"] == ["others/keep"]
    assert stack.live["metadata"]["labels"] == {"app": "new"}


# Previews


def test_a_preview_lets_the_api_server_validate_and_writes_nothing(store: Store) -> None:
    stack = Stack(CLUSTER_ROLE, store)
    stack.create(preview=True)
    assert store.objects == {}
    assert [method for method, _ in store.requests] == ["POST"]


@pytest.mark.parametrize(("status", "fails"), [(403, False), (404, False), (422, True), (400, True)])
def test_a_refused_preview_fails_only_where_the_deployment_would(store: Store, status: int, fails: bool) -> None:
    stack = Stack(ROLE, store)

    def refuse(method: str, _path: str) -> None:
        if method == "POST":
            raise ApiError(status, "Reason", "why it is refused")

    store.before = refuse
    if fails:
        with pytest.raises(ProviderError, match=r"the API server refused.*why it is refused"):
            stack.create(preview=True)
    else:
        stack.create(preview=True)
        # A namespace that does not exist (404) is created by the deployment that is previewed.
        expected = [] if status == 404 else ["not validated by the API server", "why it is refused"]
        assert len(stack.warnings) == bool(expected)
        assert all(part in stack.warnings[0] for part in expected)
    with pytest.raises(ProviderError, match="why it is refused"):
        stack.create()


def test_what_is_unknown_in_a_preview_is_a_difference_and_nothing_is_asked(stack: Stack) -> None:
    stack.store.requests.clear()
    part = next(iter(PARTS[stack.kind.name]))
    unknown: dict[str, Any] = {part: UNKNOWN}
    assert stack.diff(**unknown).changes
    stack.update(preview=True, **unknown)
    stack.create(preview=True, metadata=UNKNOWN)
    assert stack.store.requests == []


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        ({"metadata": {"name": "other", "namespace": "web", "labels": {"app": "vendor"}}}, ["metadata.name"]),
        ({"metadata": {"name": "vendor-view", "namespace": "db", "labels": {"app": "vendor"}}}, ["metadata.namespace"]),
        ({"kubeconfig": kubeconfig("https://other")}, ["kubeconfig"]),
        ({"kubeconfig": kubeconfig(token="renewed")}, []),
        ({"adopt": True}, []),
    ],
)
def test_another_name_namespace_or_cluster_is_another_object(
    store: Store, change: Mapping[str, Any], replaces: list[str]
) -> None:
    stack = Stack(ROLE, store)
    stack.create()
    found = stack.diff(**change)
    assert (found.replaces, found.changes) == (replaces, bool(replaces))
    assert found.delete_before_replace


# Clusters that do not respond


def test_an_unreachable_cluster_fails_a_refresh_and_a_destroy_and_says_what_to_do(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DELETE_UNREACHABLE, raising=False)
    stack.is_reachable = False
    for operation in (stack.refresh, stack.delete):
        with pytest.raises(NotAvailableError, match=f"no route to host.*{DELETE_UNREACHABLE}=true"):
            operation()


def test_an_unreachable_cluster_is_given_up_where_the_user_says_so(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DELETE_UNREACHABLE, "true")
    stack.is_reachable = False
    assert not stack.refresh()
    stack.delete()
    assert len(stack.warnings) == 2
    assert all("removed from the state" in each and "no route to host" in each for each in stack.warnings)
    stack.is_reachable = True
    assert stack.refresh(), "a cluster that responds is never given up"


def test_a_refusal_is_not_taken_for_an_unreachable_cluster(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DELETE_UNREACHABLE, "true")

    def refuse(_method: str, _path: str) -> None:
        raise ApiError(403, "Forbidden", "not you")

    stack.store.before = refuse
    for operation in (stack.refresh, stack.delete):
        with pytest.raises(ProviderError, match="not you"):
            operation()


def test_a_preview_of_an_unreachable_cluster_warns(stack: Stack) -> None:
    stack.is_reachable = False
    stack.create(preview=True)
    assert "not validated by the API server" in stack.warnings[0]


# Imports


def test_an_import_has_all_that_the_object_gives(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(kubeconfig())
    monkeypatch.setenv("KUBECONFIG", str(file))
    read = stack.handler.read(ReadRequest(stack.urn, stack.id, {}, {}))
    inputs = {name: unwrap(value) for name, value in read.inputs.items()}
    assert inputs == {name: value for name, value in stack.program.items()}
    imported = Stack(stack.kind, stack.store)
    imported.state, imported.inputs = dict(read.properties), dict(read.inputs)
    assert not imported.diff().changes, "the program that the import writes changes nothing"
    imported.delete()
    assert stack.store.objects == {}


def test_an_import_reads_from_the_context_that_its_id_names(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(join_contexts({"other": kubeconfig().replace("https://", "https://other-"), "ours": kubeconfig()}))
    monkeypatch.setenv("KUBECONFIG", str(file))
    read = stack.handler.read(ReadRequest(stack.urn, f"ours//{stack.id}", {}, {}))
    assert read.resource_id == stack.id, "the context is none of the resource's id"
    imported = Stack(stack.kind, stack.store)
    imported.state, imported.inputs = dict(read.properties), dict(read.inputs)
    assert not imported.diff().changes, "it is the same cluster as the program's"
    with pytest.raises(ProviderError, match="no context named 'theirs'"):
        stack.handler.read(ReadRequest(stack.urn, f"theirs//{stack.id}", {}, {}))


@pytest.mark.parametrize("identifier", ["", "a/b/c", "/name", "namespace/"])
def test_an_import_with_a_wrong_id_says_what_the_id_is(stack: Stack, identifier: str) -> None:
    form = "<namespace>/<name>" if stack.kind.namespaced else "<name>"
    with pytest.raises(ProviderError, match=f"not an id of {stack.kind.name}; it is {form}"):
        stack.handler.read(ReadRequest(stack.urn, identifier, {}, {}))


# What is refused


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (CLUSTER_ROLE, {"kubeconfig": "no kubeconfig"}, "kubeconfig is not a kubeconfig"),
        (CLUSTER_ROLE, {"metadata": None}, "metadata: is required"),
        (CLUSTER_ROLE, {"metadata": {"name": "a/b"}}, "metadata.name is 'a/b', which is not a name in Kubernetes"),
        (CLUSTER_ROLE, {"metadata": {"name": "a", "namespace": "web"}}, "no ClusterRole has one"),
        (CLUSTER_ROLE, {"metadata": {"name": "a", "generateName": "b"}}, "metadata.generateName is not known"),
        (CLUSTER_ROLE, {"metadata": {"name": "a", "labels": {"x": 1}}}, "metadata.labels.x is 1"),
        (
            CLUSTER_ROLE,
            {"metadata": {"name": "a", "annotations": {"eks-access/stack": "other/stack"}}},
            "is the owner's mark",
        ),
        (ROLE, {"metadata": {"name": "a"}}, "metadata.namespace is not a non-empty string"),
        (ROLE, {"rules": [{"resources": ["pods"]}]}, "rules[0].verbs is required"),
        (ROLE, {"rules": [{**SECRETS, "resourceNames": []}]}, "an empty list, which means every name"),
        (ROLE, {"rules": [{**SECRETS, "api_groups": [""]}]}, "rules[0].api_groups is not known"),
        (ROLE, {"rules": {"verbs": ["get"]}}, "is not a list"),
        (ROLE, {"aggregationRule": {}}, "is not a property of Role"),
        (CLUSTER_ROLE, {"aggregationRule": {"clusterRoleSelectors": []}}, "overwritten by Kubernetes"),
        (CLUSTER_ROLE, {"rules": None, "aggregationRule": {"selectors": []}}, "aggregationRule.selectors is not known"),
        (CLUSTER_ROLE_BINDING, {"roleRef": {"kind": "Role", "name": "a"}}, "roleRef.kind is 'Role', which is not"),
        (CLUSTER_ROLE_BINDING, {"roleRef": {"kind": "ClusterRole"}}, "roleRef.name is not a non-empty string"),
        (ROLE_BINDING, {"subjects": [{"kind": "ServiceAccount", "name": "a"}]}, "subjects[0].namespace is not"),
        (ROLE_BINDING, {"subjects": [{"kind": "Role", "name": "a"}]}, "subjects[0].kind is 'Role', which is not one"),
        (ROLE_BINDING, {"subjects": [{**MASTERS, "namespace": "web"}]}, "no Group has one"),
        (SERVICE_ACCOUNT, {"automountServiceAccountToken": "no"}, "is 'no', which is not true or false"),
        (NETWORK_POLICY, {"spec": {**POLICY, "ingres": []}}, "spec.ingres is not known"),
        (NETWORK_POLICY, {"spec": None}, "spec: is required"),
        (ROLE_BINDING, {"adopt": "yes"}, "adopt is 'yes', which is not true or false"),
    ],
)
def test_input_that_kubernetes_does_not_have_is_refused(
    store: Store, kind: Kind, change: Mapping[str, Any], message: str
) -> None:
    stack = Stack(kind, store)
    assert stack.check() == [], "as it is, it is accepted"
    (failure,) = stack.check(**change)
    assert message in failure


def test_a_kubeconfig_with_a_token_is_a_secret(store: Store) -> None:
    stack = Stack(ROLE, store)
    for user, is_secret in [({}, False), ({"token": "t"}, True)]:
        inputs = stack.build_inputs(kubeconfig=kubeconfig(**user))
        checked = stack.handler.check(CheckRequest(stack.urn, {}, inputs, b""))
        assert (checked.inputs or {})["kubeconfig"].is_secret is is_secret
