"""Rights by where a binding is in force, by the objects that a rule names, and by custom resources."""

from collections.abc import Sequence
from typing import Any

import pytest

from eks_access.model.kubernetes_rights.custom_resources import CUSTOM_RESOURCES, CustomResource
from eks_access.model.severity import Severity
from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.evaluate.settings import Settings, SettingsError, check_entry
from tests.support.policies.resources import (
    RBAC,
    ResourceSpec,
    association,
    binding,
    cluster_role,
    entry,
    role,
    rule,
    stack,
)

SYSTEM = "kube-system"
ADMISSION = "admissionregistration.k8s.io"
CERTIFICATES = "certificates.k8s.io"
HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
CRITICAL = Severity.CRITICAL


def find(
    *rules: dict[str, Any], namespace: str = "", settings: Settings | None = None, more: Sequence[ResourceSpec] = ()
) -> dict[str, Severity]:
    """The pack's rules that a group bound to these rules violates, with their severity."""
    made = [*more, cluster_role("rights", *rules), binding("bound", "rights", "vendor", namespace=namespace)]
    found = Evaluator(settings).stack(stack(made))
    return {each.rule.id: each.rule.severity for each in found if each.rule.id.startswith("rbac-")}


def urls(verbs: str, *paths: str) -> dict[str, Any]:
    return {"verbs": verbs.split(), "nonResourceURLs": list(paths)}


WITHOUT_NAMESPACE = {
    "nodes/proxy": rule("get create", "nodes/proxy"),
    "nodes": rule("patch delete", "nodes"),
    "nodes/log": rule("get", "nodes/log"),
    "webhooks": rule("create update", "mutatingwebhookconfigurations validatingwebhookconfigurations", group=ADMISSION),
    "volumes": rule("create", "persistentvolumes"),
    "definitions": rule("create", "customresourcedefinitions", group="apiextensions.k8s.io"),
    "API services": rule("create", "apiservices", group="apiregistration.k8s.io"),
    "users and groups": rule("impersonate", "users groups"),
    "approval": rule("update", "certificatesigningrequests/approval", group=CERTIFICATES),
    "signers": rule("approve", "signers", group=CERTIFICATES),
    "roles for the cluster": rule("create escalate", "clusterroles clusterrolebindings", group=RBAC),
    "lists of namespaces": rule("list create", "namespaces"),
    "priorities": rule("create", "priorityclasses", group="scheduling.k8s.io"),
    "node classes": rule("create", "ec2nodeclasses", group="karpenter.k8s.aws"),
    "policies of Kyverno": rule("create", "clusterpolicies", group="kyverno.io"),
    "stores of secrets": rule("create", "clustersecretstores", group="external-secrets.io"),
    "compositions": rule("update", "compositions", group="apiextensions.crossplane.io"),
    "debug endpoints": urls("get", "/debug/*"),
}


@pytest.mark.parametrize("namespace", [SYSTEM, "web"])
@pytest.mark.parametrize("name", WITHOUT_NAMESPACE)
def test_a_role_binding_gives_nothing_of_what_has_no_namespace(name: str, namespace: str) -> None:
    assert find(WITHOUT_NAMESPACE[name], namespace=namespace) == {"rbac-no-effect": LOW}
    assert "rbac-no-effect" not in find(WITHOUT_NAMESPACE[name])


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (rule("bind", "clusterroles", group=RBAC), "rbac-bind-in-namespace"),
        (rule("patch", "namespaces"), "rbac-namespace-labels-in-namespace"),
        (rule("delete", "namespaces"), "rbac-destruction-in-namespace"),
        (rule("update", "namespaces/finalize"), "rbac-namespace-finalize"),
        (rule("use", "podsecuritypolicies", group="policy"), "rbac-pod-security-in-namespace"),
        (rule("impersonate", "serviceaccounts"), "rbac-impersonate-in-namespace"),
        (rule("escalate", "roles", group=RBAC), "rbac-escalate-in-namespace"),
    ],
    ids=str,
)
def test_some_verbs_are_authorized_in_a_namespace_although_the_kind_has_none(
    made: dict[str, Any], expected: str
) -> None:
    assert list(find(made, namespace="web")) == [expected]


def test_a_wildcard_in_a_namespace_includes_no_kind_without_one() -> None:
    found = find(rule("get list", "*"), namespace=SYSTEM)
    assert {"rbac-secrets-read", "rbac-wildcard"} <= found.keys()
    assert found.keys().isdisjoint({"rbac-nodes-proxy", "rbac-node-logs", "rbac-no-effect"})
    assert "rbac-nodes-proxy" in find(rule("get list", "*"))
    for group in ("argoproj.io", "tekton.dev"):
        assert HIGH in find(rule("create", "*", group=group), namespace="web").values()
    assert HIGH not in find(rule("create", "*", group="karpenter.k8s.aws"), namespace="web").values()


def test_the_administrators_role_in_a_namespace_is_that_and_nothing_without_effect() -> None:
    made = [binding("b", "cluster-admin", "vendor", namespace="web")]
    found = {each.rule.id for each in Evaluator().stack(stack(made)) if each.rule.id.startswith("rbac-")}
    assert found == {"rbac-cluster-admin-in-namespace"}


IN_SYSTEM = {
    "the network's DaemonSet": rule("patch", "daemonsets", "aws-node", group="apps"),
    "a Deployment of whatever name": rule("update", "deployments", "mine", group="apps"),
    "commands in a pod": rule("create", "pods/exec", "etcd-0"),
    "a container in a pod": rule("patch", "pods/ephemeralcontainers", "coredns-0"),
    "DNS": rule("update", "configmaps", "coredns"),
    "network policies": rule("patch", "configmaps", "amazon-vpc-cni"),
    "what aggregated servers trust": rule("update", "configmaps", "extension-apiserver-authentication"),
    "what pods trust": rule("update", "configmaps", "kube-root-ca.crt"),
    "a controller's token": rule("create", "serviceaccounts/token", "clusterrole-aggregation-controller"),
    "a controller": rule("impersonate", "serviceaccounts", "generic-garbage-collector"),
    "a token in a Secret": rule("get", "secrets", "default-token-x2x4z"),
    "the scheduler's lease": rule("update", "leases", "kube-scheduler", group="coordination.k8s.io"),
    "an add-on that is deleted": rule("delete", "deployments", "coredns", group="apps"),
    "an add-on that is scaled to nothing": rule("patch", "deployments/scale", "coredns", group="apps"),
    "one of several names": rule("patch", "daemonsets", "mine", "kube-proxy", group="apps"),
    "any verb": rule("*", "daemonsets", "aws-node", group="apps"),
}


@pytest.mark.parametrize("name", IN_SYSTEM)
def test_names_of_the_system_do_not_confine_a_right(name: str) -> None:
    assert find(IN_SYSTEM[name], namespace=SYSTEM)["rbac-named-objects"] is HIGH
    elsewhere = find(IN_SYSTEM[name], namespace="web")
    assert ("rbac-named-objects" in elsewhere) is (name == "what pods trust"), "every namespace has that one"


@pytest.mark.parametrize(
    ("made", "is_reported"),
    [
        (rule("patch", "daemonsets", "aws-node", group="apps"), True),
        (rule("update", "configmaps", "coredns"), True),
        (rule("create", "serviceaccounts/token", "argocd-application-controller"), True),
        (rule("impersonate", "serviceaccounts", "aws-node"), True),
        (rule("patch", "namespaces", SYSTEM), True),
        (rule("update", "apiservices", "v1.apps", group="apiregistration.k8s.io"), True),
        (rule("update", "apiservices", "v1beta1.metrics.k8s.io", group="apiregistration.k8s.io"), False),
        (rule("patch", "deployments", "mine", group="apps"), False),
        (rule("create", "serviceaccounts/token", "mine"), False),
        (rule("update", "configmaps", "mine"), False),
        (rule("get", "configmaps", "coredns"), False),
        (rule("get", "daemonsets", "aws-node", group="apps"), False),
        (rule("patch", "daemonsets", "aws-node", group="example.com"), False),
        (rule("update", "leases", "mine", group="coordination.k8s.io"), False),
        (rule("get", "secrets", "mine"), False),
    ],
    ids=str,
)
def test_in_the_whole_cluster_the_well_known_names_count(made: dict[str, Any], is_reported: bool) -> None:
    assert ("rbac-named-objects" in find(made)) is is_reported


@pytest.mark.parametrize(
    ("made", "namespace", "is_reported"),
    [
        (rule("delete", "configmaps", "aws-auth"), SYSTEM, True),
        (rule("delete deletecollection", "configmaps"), SYSTEM, True),
        (rule("patch", "configmaps", "aws-auth"), "", True),
        (rule("delete", "configmaps", "aws-auth"), "web", False),
        (rule("get", "configmaps", "aws-auth"), SYSTEM, False),
        (rule("delete", "configmaps", "mine"), SYSTEM, False),
    ],
    ids=str,
)
def test_who_can_delete_aws_auth_can_lock_everyone_out(made: dict[str, Any], namespace: str, is_reported: bool) -> None:
    assert ("rbac-aws-auth-write" in find(made, namespace=namespace)) is is_reported


def test_one_webhook_by_name_can_be_made_to_see_everything() -> None:
    named = rule("update", "mutatingwebhookconfigurations", "pod-identity-webhook", group=ADMISSION)
    assert find(named)["rbac-webhooks"] is CRITICAL
    assert not find(rule("get", "mutatingwebhookconfigurations", "pod-identity-webhook", group=ADMISSION))


@pytest.mark.parametrize(
    ("made", "kind", "name"),
    [
        (rule("create", "serviceaccounts/token", "deployer"), "ServiceAccount", "deployer"),
        (rule("impersonate", "serviceaccounts", "deployer"), "ServiceAccount", "deployer"),
        (rule("impersonate", "users", "boss"), "User", "boss"),
        (rule("impersonate", "groups", "admins"), "Group", "admins"),
    ],
    ids=str,
)
def test_a_named_subject_is_as_dangerous_as_what_the_stack_gives_it(made: dict[str, Any], kind: str, name: str) -> None:
    def give(to: str) -> list[ResourceSpec]:
        subject = {"kind": kind, "name": name, **({"namespace": "ci"} if kind == "ServiceAccount" else {})}
        properties = {
            "metadata": {"name": "given"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": to},
            "subjects": [subject],
        }
        return [ResourceSpec(f"kubernetes:{RBAC}/v1:ClusterRoleBinding", "given", properties)]

    assert find(made, more=give("cluster-admin"))["rbac-named-objects"] is HIGH
    assert "rbac-named-objects" not in find(made, more=give("view"))
    if kind == "ServiceAccount":
        assert "rbac-named-objects" in find(made, namespace="ci", more=give("cluster-admin"))
        assert "rbac-named-objects" not in find(made, namespace="web", more=give("cluster-admin"))


def build_rule(custom: CustomResource, verb: str = "create") -> dict[str, Any]:
    group = custom.group.replace("*", "example")
    return rule(verb, custom.resource.replace("*", "anything"), group=group)


@pytest.mark.parametrize("custom", CUSTOM_RESOURCES, ids=lambda each: f"{each.resource}.{each.group}")
def test_custom_resources_that_an_operator_acts_by_are_high(custom: CustomResource) -> None:
    key = f"rbac-custom-{custom.effect}"
    assert find(build_rule(custom))[key] is HIGH
    assert key not in find(build_rule(custom, "get"))
    in_namespace = find(build_rule(custom), namespace="web")
    if custom.is_namespaced:
        assert in_namespace[key] is HIGH, "the operator's rights do not end with the namespace"
    else:
        assert in_namespace == {"rbac-no-effect": LOW}


@pytest.mark.parametrize(
    ("resource", "name", "expected"),
    [
        ("users", "eks:addon-manager", "rbac-impersonate"),
        ("users", "system:serviceaccount:kube-system:aws-node", "rbac-impersonate"),
        ("groups", "kubeadm:cluster-admins", "rbac-impersonate"),
        ("users", "system:serviceaccount:argocd:argocd-server", "rbac-named-objects"),
        ("users", "system:serviceaccount:payments:app", None),
        ("groups", "system:authenticated", None),
    ],
)
def test_names_of_the_system_are_dangerous_to_act_as_and_those_of_workloads_and_everyone_are_not(
    resource: str, name: str, expected: str | None
) -> None:
    assert list(find(rule("impersonate", resource, name))) == ([expected] if expected else [])


def test_a_service_account_is_a_user_too() -> None:
    given = {
        "metadata": {"name": "given"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": "ci"}],
    }
    more = [ResourceSpec(f"kubernetes:{RBAC}/v1:ClusterRoleBinding", "given", given)]
    by_name = "system:serviceaccount:{}:deployer"
    assert find(rule("impersonate", "users", by_name.format("ci")), more=more)["rbac-named-objects"] is HIGH
    assert "rbac-named-objects" not in find(rule("impersonate", "users", by_name.format("web")), more=more)


@pytest.mark.parametrize(
    ("key", "kinds"),
    [
        ("code", "integrations.camel.apache.org kafkas.kafka.strimzi.io clusters.postgresql.cnpg.io"),
        ("code", "elasticsearches.elasticsearch.k8s.elastic.co gameservers.agones.dev jobsinks.sinks.knative.dev"),
        ("code", "repositories.pipelinesascode.tekton.dev tektonconfigs.operator.tekton.dev"),
        ("code", "network-attachment-definitions.k8s.cni.cncf.io workfloweventbindings.argoproj.io"),
        ("manifests", "helmreleases.helm.fluxcd.io imageupdateautomations.image.toolkit.fluxcd.io argocds.argoproj.io"),
        ("manifests", "resourcesetinputproviders.fluxcd.controlplane.io functionrevisions.pkg.crossplane.io"),
        ("cloud", "iamroles.iammanager.keikoproj.io jobs.glue.services.k8s.aws profiles.rolesanywhere.aws.upbound.io"),
        ("cloud", "accountassignments.ssoadmin.aws.upbound.io documents.ssm.aws.upbound.io"),
        ("secrets", "sealedsecrets.bitnami.com sopssecrets.isindir.github.com disposablerequests.http.crossplane.io"),
        ("access", "iamidentitymappings.iamauthenticator.k8s.aws connectors.dex.coreos.com"),
        ("access", "clusterspiffeids.spire.spiffe.io oidcclients.config.supervisor.pinniped.dev"),
    ],
)
def test_well_known_operators_are_in_the_table(key: str, kinds: str) -> None:
    for kind in kinds.split():
        resource, _, group = kind.partition(".")
        assert find(rule("create", resource, group=group))[f"rbac-custom-{key}"] is HIGH, kind


@pytest.mark.parametrize(
    ("resource", "group"),
    [
        ("ciliumclusterwidenetworkpolicies", "cilium.io"),
        ("globalnetworkpolicies", "crd.projectcalico.org"),
        ("adminnetworkpolicies", "policy.networking.k8s.io"),
    ],
)
def test_network_policies_of_others_open_what_those_of_kubernetes_do(resource: str, group: str) -> None:
    assert find(rule("delete", resource, group=group)) == {"rbac-traffic": MEDIUM}
    assert find(rule("get", resource, group=group)) == {}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (rule("create", "volumesnapshotcontents", group="snapshot.storage.k8s.io"), "rbac-cluster-settings"),
        (rule("create", "ingressclasses", group="networking.k8s.io"), "rbac-cluster-settings"),
        (rule("create", "resourceslices", group="resource.k8s.io"), "rbac-cluster-settings"),
        (rule("create", "nodes/checkpoint"), "rbac-node-logs"),
    ],
    ids=str,
)
def test_kinds_that_decide_for_everyone_are_settings_of_the_cluster(made: dict[str, Any], expected: str) -> None:
    assert find(made) == {expected: MEDIUM}
    assert find(made, namespace="web") == {"rbac-no-effect": LOW}


def test_a_binding_of_a_pod_to_a_node_has_two_resources() -> None:
    assert find(rule("create", "bindings"))["rbac-status-write"] is MEDIUM


def test_a_name_does_not_confine_a_custom_resource_and_its_own_api_group_does() -> None:
    assert find(rule("patch", "applications", "one", group="argoproj.io"), namespace="argocd") == {
        "rbac-custom-manifests": HIGH
    }
    assert find(rule("create", "applications", group="app.k8s.io"), namespace="web") == {}
    core = find(rule("create", "services"), namespace="web")
    assert "rbac-custom-code" not in core, "those of Knative have another API group"
    anywhere = find(rule("create", "services workflows", group="*"), namespace="web")
    assert anywhere == {**core, "rbac-custom-code": HIGH, "rbac-wildcard-group": LOW}
    assert find(rule("create", "services", group="*"), namespace="web") == {**core, "rbac-wildcard-group": LOW}
    assert find(rule("create", "buckets", group="s3.services.k8s.aws"), namespace="web") == {}


def test_the_console_of_a_virtual_machine_is_that_of_a_pod() -> None:
    made = rule("get", "virtualmachineinstances/console", group="subresources.kubevirt.io")
    assert find(made)["rbac-pod-attach"] is HIGH
    assert find(made, namespace="vms") == {"rbac-pod-attach-in-namespace": MEDIUM}


def test_users_add_custom_resources_of_their_own_operators() -> None:
    made = rule("create", "runners", group="ci.example.com")
    assert find(made, namespace="web") == {}
    for entry_ in ("code: runners.ci.example.com", "code:*.ci.example.com", "code: runners.*.example.com"):
        assert find(made, namespace="web", settings=Settings(custom_resources=(entry_,))) == {"rbac-custom-code": HIGH}
    others = Settings(custom_resources=("secrets: vaults.ci.example.com",))
    assert find(made, namespace="web", settings=others) == {}
    unbound = Evaluator(Settings(custom_resources=("code: runners.ci.example.com",))).stack(
        stack([cluster_role("unbound", made)])
    )
    assert "rbac-unbound-role" in {each.rule.id for each in unbound}


@pytest.mark.parametrize("wrong", ["runners.ci.example.com", "code: runners", "run: runners.example.com", "", "code:"])
def test_an_entry_that_names_no_custom_resource_is_refused_with_what_to_write(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"customResources: .*'code: runners\.ci\.example\.com'"):
        check_entry("customResources", wrong)
    check_entry("customResources", "policy: guards.example.com")


@pytest.mark.parametrize(
    ("made", "is_reported"),
    [
        (rule("create", "nodepools", group="karpenter.sh"), False),
        (rule("create", "providerconfigs", group="aws.upbound.io"), False),
        (rule("create", "clusterissuers", group="cert-manager.io"), False),
        (rule("create", "widgets", group="example.com"), False),
        (rule("update", "pods/* services/*"), False),
        (rule("create", "*/*", group="*"), False),
        (rule("create", "deployments", group="apps/v1"), False),
        (rule("create", "roles", group="iam.aws.upbound.io"), False),
        (rule("create", "applications", group="argoproj.io"), True),
        (rule("create", "events"), True),
        (rule("create", "deployments", group="apps"), True),
        (rule("get", "secrets", "mine"), True),
    ],
    ids=str,
)
def test_only_what_is_known_to_be_namespaced_is_to_be_bound_in_namespaces(
    made: dict[str, Any], is_reported: bool
) -> None:
    assert ("rbac-cluster-wide" in find(made)) is is_reported


def test_one_rule_that_may_need_the_whole_cluster_is_enough() -> None:
    assert "rbac-cluster-wide" not in find(rule("create", "events"), rule("get", "nodepools", group="karpenter.sh"))
    assert "rbac-cluster-wide" in find(rule("create", "events"), rule("get", "pods/*"))


@pytest.mark.parametrize("namespace", ["", SYSTEM, "web"])
@pytest.mark.parametrize(
    "made", [rule("*", "*/*", group="*"), rule("create get", "pods/*"), rule("*", "pods/*")], ids=str
)
def test_what_rbac_takes_literally_is_no_right(made: dict[str, Any], namespace: str) -> None:
    assert find(made, namespace=namespace) == {"rbac-no-effect": LOW}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (rule("get", "pods/log"), {"rbac-pod-logs": LOW}),
        (rule("get", "nodes/log"), {"rbac-node-logs": MEDIUM}),
        (rule("create", "volumeattachments", group="storage.k8s.io"), {"rbac-volume-attachments": MEDIUM}),
        (rule("update", "clustertrustbundles", group=CERTIFICATES), {"rbac-trust-bundles": HIGH}),
        (rule("create", "priorityclasses", group="scheduling.k8s.io"), {"rbac-cluster-settings": MEDIUM}),
        (rule("patch", "flowschemas", group="flowcontrol.apiserver.k8s.io"), {"rbac-cluster-settings": MEDIUM}),
        (rule("create", "csidrivers", group="storage.k8s.io"), {"rbac-cluster-settings": MEDIUM}),
        (rule("delete", "runtimeclasses", group="node.k8s.io"), {"rbac-cluster-settings": MEDIUM}),
        (rule("update", "namespaces/finalize"), {"rbac-namespace-finalize": MEDIUM}),
        (urls("get", "/debug/*"), {"rbac-debug": MEDIUM}),
        (urls("get", "/debug/pprof/heap"), {"rbac-debug": MEDIUM}),
        (urls("put", "/debug/flags/v"), {"rbac-debug": MEDIUM}),
        (urls("get", "/d*"), {"rbac-debug": MEDIUM}),
        (urls("get", "/metrics", "/healthz/*"), {}),
        (urls("get", "/debugging"), {}),
    ],
    ids=str,
)
def test_no_right_of_the_cluster_is_silent(made: dict[str, Any], expected: dict[str, Severity]) -> None:
    assert find(made) == expected


def test_logs_are_no_finding_of_the_policy_that_aws_publishes_for_reading() -> None:
    def list_rules(policy: str) -> set[str]:
        made = [role("r"), entry("way-in", "r"), association("policy", "r", policy)]
        return {each.rule.id for each in Evaluator().stack(stack(made)) if each.rule.id.startswith("rbac-")}

    assert list_rules("AmazonEKSViewPolicy") == set()
    assert "rbac-secrets-read" in list_rules("AmazonEKSAdminViewPolicy")


def test_leases_count_where_the_system_has_its_own() -> None:
    made = rule("update delete", "leases", group="coordination.k8s.io")
    assert find(made, namespace=SYSTEM) == {"rbac-leases": MEDIUM}
    assert find(made)["rbac-leases"] is MEDIUM
    assert find(made, namespace="web") == {}
    own = [
        rule("create", "leases", group="coordination.k8s.io"),
        rule("update", "leases", "mine", group="coordination.k8s.io"),
    ]
    assert find(*own, namespace=SYSTEM) == {}, "how leaders are elected"


def test_a_subresource_of_every_kind_is_graded_as_that() -> None:
    assert find(rule("get", "*/log")) == {"rbac-node-logs": MEDIUM, "rbac-pod-logs": LOW, "rbac-wildcard-group": LOW}
    assert find(rule("get", "*/log"), namespace="web") == {"rbac-wildcard-group": LOW}
    assert find(rule("create", "*/exec"))["rbac-pod-exec"] is HIGH


APPROVE = rule("update", "certificatesigningrequests/approval", group=CERTIFICATES)
ISSUE = rule("update", "certificatesigningrequests/status", group=CERTIFICATES)


@pytest.mark.parametrize(
    ("rules", "severity"),
    [
        ([APPROVE, rule("approve", "signers", "kubernetes.io/kubelet-serving", group=CERTIFICATES)], MEDIUM),
        ([APPROVE, rule("approve", "signers", "beta.eks.amazonaws.com/app-serving", group=CERTIFICATES)], MEDIUM),
        ([ISSUE, rule("sign", "signers", "example.com/*", group=CERTIFICATES)], MEDIUM),
        ([APPROVE], CRITICAL),
        ([APPROVE, rule("approve", "signers", group=CERTIFICATES)], CRITICAL),
        ([APPROVE, rule("approve", "signers", "kubernetes.io/*", group=CERTIFICATES)], CRITICAL),
        ([APPROVE, rule("sign", "signers", "kubernetes.io/kubelet-serving", group=CERTIFICATES)], CRITICAL),
        (
            [
                APPROVE,
                rule(
                    "approve",
                    "signers",
                    "kubernetes.io/kubelet-serving",
                    "kubernetes.io/kube-apiserver-client",
                    group=CERTIFICATES,
                ),
            ],
            CRITICAL,
        ),
    ],
)
def test_certificates_are_as_dangerous_as_their_signers(rules: list[dict[str, Any]], severity: Severity) -> None:
    assert max(find(*rules).values()) is severity


@pytest.mark.parametrize(
    ("type", "policy", "rejected"),
    [
        ("EC2", "AmazonEKSAutoNodePolicy", False),
        ("EC2", "AmazonEKSViewPolicy", True),
        ("EC2_LINUX", "AmazonEKSAutoNodePolicy", True),
        ("HYBRID_LINUX", "AmazonEKSAutoNodePolicy", True),
    ],
)
def test_nodes_of_auto_mode_have_the_policy_that_they_need(type: str, policy: str, rejected: bool) -> None:
    made = [role("node"), entry("node-entry", "node", type=type), association("node-policy", "node", policy)]
    found = {each.rule.id for each in Evaluator().stack(stack(made)) if each.rule.id.startswith("eks-")}
    assert ("eks-entry-type" in found) is rejected
    assert rejected or found == set()
