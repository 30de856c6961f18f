"""Mutations in a cluster: one more right by another binding, or one less in the rules that grant it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from eks_access.kubernetes.client import KubernetesApi
from eks_access.manifest.models import Grant, KubernetesExpectation
from eks_access.model.access_policies import catalogue
from eks_access.model.identity import EntryMethod
from tests.mutation.bench import Bench, Line, Tally, until

RBAC = "rbac.authorization.k8s.io"
ROOT = f"/apis/{RBAC}/v1"
NAME = "mutation"
SESSION = "eks-access-probe"
Rule = dict[str, list[str]]


def try_all(
    bench: Bench, tally: Tally, name: str, cluster: str, wanted: Sequence[Line[KubernetesExpectation]] | None = None
) -> None:
    """Each check of the integration in the cluster, or the wanted ones, by the mutation that must make it fail."""
    lines = bench.cluster_lines(name, cluster)
    mutations = InCluster(bench, name, cluster, lines)
    assert bench.not_holding(lines) == set(), f"{name} in {cluster} passes before"
    with mutations.by_rbac():
        for line in wanted or lines:
            if line.expectation.allowed:
                mutations.take_away(tally, line)
            else:
                mutations.give(tally, line)
    assert until(lambda: bench.not_holding(lines) == set()), f"{name} in {cluster} passes after"


class InCluster:
    def __init__(self, bench: Bench, name: str, cluster: str, lines: Sequence[Line[KubernetesExpectation]]) -> None:
        self.where = f"{name} in {cluster}"
        self._bench = bench
        self._access = bench.access(name)
        place = self._access.clusters[cluster]
        self._cluster = place.name
        # By its address: a connected cluster has another name in EKS.
        (here,) = (each for each in bench.sandbox.clusters.values() if each.endpoint == place.endpoint)
        self._api: KubernetesApi = here.admin
        self._lines = lines
        self._grants = {grant.name: grant for grant in self._access.grants}

    def give(self, tally: Tally, line: Line[KubernetesExpectation]) -> None:
        right = line.expectation
        expected = {other.call for other in self._lines if not other.expectation.allowed and gives(right, other)}
        self._bench.try_out(tally, self.where, line, self._lines, expected, self._with_right(right))

    def take_away(self, tally: Tally, line: Line[KubernetesExpectation]) -> None:
        right = line.expectation
        if right.resource.startswith("/"):
            tally.not_grantable.append(f"{self.where}: {line.call}: system:discovery grants it to every user")
            return
        if right.resource == "selfsubjectaccessreviews":
            self._take_away_reviews(tally, line)
            return
        cut = {name: without(grant.rules, right) for name, grant in self._grants.items()}
        expected = {
            other.call
            for other in self._lines
            if self._needs(other, right)
            or (
                other.expectation.allowed
                and not other.expectation.resource.startswith("/")
                and not any(self._allows(cut[name], grant, other.expectation) for name, grant in self._grants.items())
            )
        }
        self._bench.try_out(tally, self.where, line, self._lines, expected, self._with_rules(cut))

    def _needs(self, other: Line[KubernetesExpectation], right: KubernetesExpectation) -> bool:
        """Whether the other check impersonates the user that this right allows to impersonate."""
        return (
            right.verb == "impersonate" and other.expectation.user is not None and other.expectation.user == right.name
        )

    def _allows(self, rules: Sequence[Rule], grant: Grant, e: KubernetesExpectation) -> bool:
        own = grant.kind != "User" or grant.group == self._access.identity.username
        return (grant.group == e.user if e.user else own) and allows(rules, grant, e)

    @contextmanager
    def by_rbac(self) -> Iterator[None]:
        """The rights of access policies, which cannot be reduced, granted by RBAC in the meantime."""
        policies = self._access.identity.access_policies
        if not policies:
            yield
            return
        eks, place = self._bench.sandbox.boto("eks"), self._entry()
        (policy,) = policies
        rules: list[Rule] = [
            {"apiGroups": [*rule.groups], "resources": [*rule.resources], "verbs": [*rule.verbs]}
            for rule in catalogue()[policy.arn.rpartition("/")[2]]
        ]
        with self._bound("mutation-policy", rules, None):
            self._grants["mutation-policy"] = Grant(name="mutation-policy", group="", namespaces=None, rules=rules)
            eks.disassociate_access_policy(**place, policyArn=policy.arn)
            assert until(lambda: self._bench.not_holding(self._lines) == set()), "RBAC grants the same"
            try:
                yield
            finally:
                del self._grants["mutation-policy"]
                eks.associate_access_policy(**place, policyArn=policy.arn, accessScope={"type": "cluster"})

    def _entry(self) -> dict[str, str]:
        return {"clusterName": self._cluster, "principalArn": self._access.role.arn}

    @contextmanager
    def _with_right(self, e: KubernetesExpectation) -> Iterator[None]:
        rule: Rule = {"apiGroups": [e.api_group], "resources": [full(e)], "verbs": [e.verb]}
        with self._bound(NAME, [rule | ({"resourceNames": [e.name]} if e.name else {})], e.namespace, e.user):
            yield

    @contextmanager
    def _bound(
        self, name: str, rules: Sequence[Rule], namespace: str | None, user: str | None = None
    ) -> Iterator[None]:
        """Another role with these rules, bound to the integration."""
        place = f"/namespaces/{namespace}" if namespace else ""
        binding = f"{ROOT}{place}/{'rolebindings' if namespace else 'clusterrolebindings'}"
        created = self._create_namespace(namespace)
        self._api.json("POST", f"{ROOT}/clusterroles", body={"metadata": {"name": name}, "rules": list(rules)})
        role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": name}
        body = {"metadata": {"name": name}, "roleRef": role, "subjects": [self._subject(user)]}
        self._api.json("POST", binding, body=body)
        try:
            yield
        finally:
            self._api.json("DELETE", f"{binding}/{name}")
            self._api.json("DELETE", f"{ROOT}/clusterroles/{name}")
            if created:
                self._api.json("DELETE", f"/api/v1/namespaces/{namespace}")
                assert until(lambda: self._api.request("GET", f"/api/v1/namespaces/{namespace}").status == 404, 60)

    def _create_namespace(self, namespace: str | None) -> bool:
        """Create the namespace that a binding needs and an expectation does not; whether it was created."""
        if namespace is None or self._api.request("GET", f"/api/v1/namespaces/{namespace}").status != 404:
            return False
        self._api.json("POST", "/api/v1/namespaces", body={"metadata": {"name": namespace}})
        return True

    def _subject(self, user: str | None) -> dict[str, str]:
        identity = self._access.identity
        (method,) = {c.method for c in self._access.clusters.values() if c.name == self._cluster}
        if user or method is EntryMethod.EKS_CONNECTOR:
            return {"apiGroup": RBAC, "kind": "User", "name": user or identity.username}
        if identity.groups:
            return {"apiGroup": RBAC, "kind": "Group", "name": identity.groups[0]}
        return {"apiGroup": RBAC, "kind": "User", "name": self._username(identity.username_by(method))}

    def _username(self, template: str) -> str:
        session = self._bench.session_name(self._access)
        return template.replace("{{SessionNameRaw}}", session).replace("{{SessionName}}", session.replace("@", "-"))

    @contextmanager
    def _with_rules(self, cut: dict[str, list[Rule]]) -> Iterator[None]:
        changed = {name: rules for name, rules in cut.items() if rules != expanded(self._grants[name].rules)}
        try:
            for name, rules in changed.items():
                self._set_rules(name, rules)
            yield
        finally:
            for name in changed:
                self._set_rules(name, self._grants[name].rules)

    def _set_rules(self, name: str, rules: Sequence[Any]) -> None:
        patch = [{"op": "replace", "path": "/rules", "value": list(rules)}]
        self._api.json("PATCH", f"{ROOT}/clusterroles/{name}", body=patch, content_type="application/json-patch+json")

    def _take_away_reviews(self, tally: Tally, line: Line[KubernetesExpectation]) -> None:
        """Access reviews, which every user may make and most checks rely on: without them those are inconclusive."""
        before = self._api.json("GET", f"{ROOT}/clusterroles/system:basic-user")["rules"]
        try:
            self._set_rules("system:basic-user", [])
            until(lambda: not line.holds())
            reviewed = {other.call for other in self._lines if other.check.question.detail == "access review"}
            tally.turned(self.where, line, reviewed, self._bench.not_holding(self._lines))
        finally:
            self._set_rules("system:basic-user", before)
        assert until(line.holds)


def full(e: KubernetesExpectation) -> str:
    return f"{e.resource}/{e.subresource}" if e.subresource else e.resource


def gives(right: KubernetesExpectation, other: Line[KubernetesExpectation]) -> bool:
    """Whether the right, granted alone, includes that of the other check."""
    e = other.expectation
    return (
        (right.verb, right.api_group, full(right), right.user) == (e.verb, e.api_group, full(e), e.user)
        and right.namespace in (None, e.namespace)
        and right.name in (None, e.name)
    )


def expanded(rules: Sequence[Any]) -> list[Rule]:
    """The same rules with one group, resource, verb and name each; rules without resources unchanged."""
    urls = [dict(rule) for rule in rules if "resources" not in rule]
    return urls + [
        {"apiGroups": [group], "resources": [resource], "verbs": [verb]} | ({"resourceNames": [name]} if name else {})
        for rule in rules
        if "resources" in rule
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames") or [None]
    ]


def without(rules: Sequence[Any], right: KubernetesExpectation) -> list[Rule]:
    """The rules without the right, wherever it comes from; `*` is not expanded, so it is removed as a whole."""
    return [rule for rule in expanded(rules) if not _is_of(rule, right)]


def allows(rules: Sequence[Rule], grant: Grant, e: KubernetesExpectation) -> bool:
    bound = grant.namespaces is None or e.namespace in grant.namespaces
    return bound and any(_is_of(rule, e) for rule in rules)


def _is_of(rule: Rule, e: KubernetesExpectation) -> bool:
    return (
        "resources" in rule
        and rule["apiGroups"][0] in ("*", e.api_group)
        and rule["resources"][0] in ("*", full(e))
        and rule["verbs"][0] in ("*", e.verb)
        and ("resourceNames" not in rule or rule["resourceNames"] == [e.name])
    )
