"""The connector's objects: where the activation code is, and which users may be impersonated."""

from typing import Any

import pytest

from eks_access.connector import objects, validation, viewers
from eks_access.connector.objects import Agent
from eks_access.connector.viewers import build_viewer, canonicalize_viewer_arn
from eks_access.errors import InvalidInputError
from eks_access.integrations.eks_connector import describe
from eks_access.model import rbac
from eks_access.model.expectations import AwsCall, KubernetesCall
from eks_access.model.integration import Integration, Profile
from eks_access.model.placeholders import map_texts
from tests.support.places import place

VAULT = "/var/lib/amazon/ssm/Vault"
OBJECTS = {(each.kind, each.name): each for each in objects.build_objects(Agent())}
ROLE = "arn:aws:iam::111122223333:role/Team"
SSO = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_0123456789abcdef"


def texts(tree: Any) -> list[str]:
    found: list[str] = []
    map_texts(tree, found.append)
    return found


def pod() -> Any:
    return OBJECTS["StatefulSet", "eks-connector"].body["spec"]["template"]["spec"]


def described(**args: Any) -> Integration:
    return describe(args, place("conn"))


def test_the_activation_code_is_in_the_secret_and_nowhere_else() -> None:
    holding = [key for key, each in OBJECTS.items() if objects.ACTIVATION_CODE in texts(each.body)]
    assert holding == [("Secret", "eks-connector-activation-config")]


def test_the_pod_contains_the_activations_id_so_that_a_new_one_restarts_it() -> None:
    (init,) = pod()["initContainers"]
    env = {each["name"]: each for each in init["env"]}
    assert env["EKS_ACTIVATION_ID"]["value"] == objects.ACTIVATION_ID
    assert env["EKS_ACTIVATION_CODE"]["valueFrom"]["secretKeyRef"]["name"] == "eks-connector-activation-config"
    assert f"--agent.region={objects.REGION}" in init["args"]


def test_it_runs_twice_on_linux_and_amd64_and_is_confined() -> None:
    assert OBJECTS["StatefulSet", "eks-connector"].body["spec"]["replicas"] == 2
    assert pod()["nodeSelector"] == {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    for container in (*pod()["initContainers"], *pod()["containers"]):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]


def test_every_volume_of_the_pod_is_one_of_its_objects() -> None:
    volumes = {each["name"]: each for each in pod()["volumes"]}
    mounts = {m["name"] for c in (*pod()["initContainers"], *pod()["containers"]) for m in c["volumeMounts"]}
    assert mounts == set(volumes)
    assert ("Secret", volumes["service-account-token"]["secret"]["secretName"]) in OBJECTS
    assert ("ConfigMap", volumes["eks-agent-config"]["configMap"]["name"]) in OBJECTS


MANIFEST = {
    "connector-init": (
        {"POD_NAME", "EKS_ACTIVATION_CODE", "EKS_ACTIVATION_ID"},
        {"service-account-token": "/var/run/secrets/kubernetes.io/serviceaccount", "eks-agent-vault": VAULT},
    ),
    "connector-agent": (
        {"AWS_EC2_METADATA_DISABLED"},
        {
            "eks-connector-shared": "/var/eks/shared",
            "eks-agent-vault": VAULT,
            "eks-agent-config/amazon-ssm-agent.json": "/etc/amazon/ssm/amazon-ssm-agent.json",
            "eks-agent-config/seelog.xml": "/etc/amazon/ssm/seelog.xml",
        },
    ),
    "connector-proxy": (
        {"POD_NAME"},
        {
            "service-account-token": "/var/run/secrets/kubernetes.io/serviceaccount",
            "eks-connector-shared": "/var/eks/shared",
            "eks-agent-vault": VAULT,
        },
    ),
}
"""Environment variables and volume mounts of each container in AWS's own manifest."""


@pytest.mark.parametrize("name", MANIFEST)
def test_a_container_has_the_environment_and_volumes_of_the_manifest(name: str) -> None:
    (container,) = (each for each in (*pod()["initContainers"], *pod()["containers"]) if each["name"] == name)
    mounts = {"/".join(filter(None, (m["name"], m.get("subPath")))): m["mountPath"] for m in container["volumeMounts"]}
    assert ({each["name"] for each in container["env"]}, mounts) == MANIFEST[name]
    assert container["securityContext"]["capabilities"]["add"] == ["DAC_OVERRIDE"]


def test_the_objects_are_those_of_the_manifest() -> None:
    assert set(OBJECTS) == {
        ("Namespace", "eks-connector"),
        ("ServiceAccount", "eks-connector"),
        ("Secret", "eks-connector-token"),
        ("Secret", "eks-connector-activation-config"),
        ("ConfigMap", "eks-connector-agent"),
        ("StatefulSet", "eks-connector"),
    }
    assert OBJECTS["ServiceAccount", "eks-connector"].body["automountServiceAccountToken"] is False
    token = OBJECTS["Secret", "eks-connector-token"]
    assert token.body["type"] == "kubernetes.io/service-account-token"
    assert token.annotations["kubernetes.io/service-account.name"] == "eks-connector"


def test_images_replicas_and_nodes_can_be_configured() -> None:
    chosen = {"connector_image": "mirror/c:1", "agent_image": "mirror/a:1", "replicas": 1, "node_selector": {"a": "b"}}
    (found,) = (each for each in described(**chosen).objects if each.kind == "StatefulSet")
    spec = found.body["spec"]
    containers = (*spec["template"]["spec"]["initContainers"], *spec["template"]["spec"]["containers"])
    assert {each["image"] for each in containers} == {"mirror/c:1", "mirror/a:1"}
    assert (spec["replicas"], spec["template"]["spec"]["nodeSelector"]) == (1, {"a": "b"})


def test_the_connector_may_access_its_two_state_secrets_and_the_version_alone() -> None:
    (state, bound), (version, everywhere) = (
        list(rbac.build_objects(grant, labels={})) for grant in objects.build_grants()
    )
    pinned, create = state.body["rules"]
    assert pinned["resourceNames"] == ["eks-connector-state-0", "eks-connector-state-1"]
    assert (pinned["verbs"], create["verbs"]) == (["get", "update"], ["create"])
    assert (bound.kind, bound.namespace) == ("RoleBinding", "eks-connector"), "no other namespace's Secrets"
    assert version.body["rules"] == [{"nonResourceURLs": ["/version"], "verbs": ["get"]}]
    assert everywhere.kind == "ClusterRoleBinding"


@pytest.mark.parametrize("args", [{}, {"viewers": {}}])
def test_without_viewers_there_is_no_permission_to_impersonate(args: dict[str, Any]) -> None:
    assert described(**args).grants == objects.build_grants()


def test_the_service_account_may_impersonate_exactly_the_viewers() -> None:
    integration = described(viewers={"team": {"arn": ROLE}, "ops": {"arn": SSO}})
    (impersonate,) = (grant for grant in integration.grants if grant.key == "impersonate")
    role, binding = rbac.build_objects(impersonate, labels={})
    assert role.name == "eks-connector-service"
    (rule,) = role.body["rules"]
    assert rule["resourceNames"] == [ROLE, "arn:aws:iam::111122223333:role/AWSReservedSSO_Ops_0123456789abcdef"]
    assert (rule["resources"], rule["verbs"]) == (["users"], ["impersonate"])
    assert binding.body["subjects"] == [
        {"kind": "ServiceAccount", "namespace": "eks-connector", "name": "eks-connector"}
    ]


def test_a_viewer_is_bound_as_a_user_cluster_wide_or_in_its_namespaces() -> None:
    integration = described(viewers={"team": {"arn": ROLE, "namespaces": ["web"]}, "ops": {"arn": SSO}})
    by_key = {grant.key: grant for grant in integration.grants}
    role, binding = rbac.build_objects(by_key["viewer-team"], labels={})
    assert binding.body["subjects"] == [{"apiGroup": rbac.API_GROUP, "kind": "User", "name": ROLE}]
    assert (binding.kind, binding.namespace) == ("RoleBinding", "web")
    assert "nodes" not in str(role.body["rules"]), "a RoleBinding gives nothing that is of the cluster"
    _, wide = rbac.build_objects(by_key["viewer-ops"], labels={})
    assert wide.kind == "ClusterRoleBinding"


def test_viewers_see_no_secrets_and_no_values() -> None:
    resources = {r for rule in (*viewers.CLUSTER_RULES, *viewers.NAMESPACED_RULES) for r in rule.resources}
    assert not resources & {"secrets", "configmaps", "pods/exec", "pods/log", "serviceaccounts"}


def test_with_the_vendor_profile_viewers_have_the_permissions_of_awss_console_file() -> None:
    viewing = {"team": {"arn": ROLE, "namespaces": ["web"]}, "ops": {"arn": SSO}}
    integration = described(viewers=viewing, profile=Profile.VENDOR)
    by_key = {grant.key: grant for grant in integration.grants}
    assert by_key["viewer-ops"].rules == (*viewers.CLUSTER_RULES, *viewers.PAGE_RULES)
    assert (by_key["viewer-team"].rules, by_key["viewer-team"].namespaces) == (viewers.PAGE_RULES, ("web",))
    assert by_key["cluster-for-team"].rules == viewers.CLUSTER_RULES, "as the file for one namespace has it"
    assert by_key["cluster-for-team"].namespaces is None
    calls = [
        c for c in integration.expectations if isinstance(c, KubernetesCall) and c.resource == "secrets" and c.user
    ]
    seen = {("team" if c.user == ROLE else "ops", c.namespace): c.allowed for c in calls}
    assert seen == {("team", "web"): True, ("team", None): False, ("ops", None): True}
    assert any("Secrets" in risk for risk in integration.residual_risks)
    assert not any("Secrets" in risk for risk in described(viewers=viewing).residual_risks)


def test_only_the_roles_of_identity_center_lose_their_path() -> None:
    with_path = "arn:aws:iam::111122223333:role/teams/Web"
    assert canonicalize_viewer_arn("arn", with_path) == with_path
    assert canonicalize_viewer_arn("arn", SSO).endswith(":role/AWSReservedSSO_Ops_0123456789abcdef")


@pytest.mark.parametrize(
    "arn", ["arn:aws:sts::111122223333:assumed-role/Team/jane", "arn:aws:iam::111122223333:root", "Team"]
)
def test_a_viewer_that_is_not_a_role_or_user_is_refused(arn: str) -> None:
    with pytest.raises(InvalidInputError, match=r"viewers\.team\.arn"):
        build_viewer("team", arn, None)


def test_an_empty_list_of_namespaces_is_refused_because_it_could_mean_all() -> None:
    with pytest.raises(InvalidInputError, match="names no namespace"):
        build_viewer("team", ROLE, [])


def test_the_role_has_the_documented_policy_in_every_partition() -> None:
    role = describe({}, place("conn", partition="aws-us-gov")).role
    control, data = role.policy()["Statement"]
    assert control["Resource"] == ["arn:aws-us-gov:eks:*:*:cluster/*"]
    assert data["Resource"] == ["*"]
    (trust,) = role.trust_policy()["Statement"]
    assert (trust["Principal"], trust["Action"]) == ({"Service": "ssm.amazonaws.com"}, "sts:AssumeRole")


def test_more_than_ten_clusters_in_a_region_are_refused_without_a_raised_limit() -> None:
    describe({}, place("conn", *["API"] * 10))
    with pytest.raises(InvalidInputError, match="limit is 10"):
        describe({}, place("conn", *["API"] * 11))
    describe({"registration_limit": 11}, place("conn", *["API"] * 11))


@pytest.mark.parametrize("replicas", [0, 3])
def test_a_number_of_pods_without_a_state_secret_each_is_refused(replicas: int) -> None:
    with pytest.raises(InvalidInputError, match="1 to 2"):
        described(replicas=replicas)


def test_each_viewer_is_expected_to_list_its_namespaces_and_no_secrets() -> None:
    calls = described(viewers={"team": {"arn": ROLE, "namespaces": ["web"]}}).expectations
    as_viewer = [call for call in calls if isinstance(call, KubernetesCall) and call.user == ROLE]
    assert {call.allowed for call in as_viewer} == {True, False}
    assert {c.namespace: c.allowed for c in as_viewer if c.resource == "secrets"} == {"web": False, None: False}
    assert {c.namespace for c in as_viewer if c.resource == "pods" and c.allowed} == {"web"}
    assert [c.allowed for c in as_viewer if c.resource == "pods" and c.namespace is None] == [False]


def test_the_agents_role_is_expected_to_use_its_channels_and_nothing_else() -> None:
    calls = [call for call in described().expectations if isinstance(call, AwsCall)]
    assert {call.action for call in calls if not call.allowed} >= {"ssm:SendCommand", "ssm:StartSession"}
    assert all(call.action.startswith("ssmmessages:") for call in calls if call.allowed)


def test_the_cluster_providers_are_those_of_the_eks_api() -> None:
    import botocore.session

    shape: Any = botocore.session.Session().get_service_model("eks").shape_for("ConnectorConfigProvider")
    assert shape.enum == list(validation.ClusterProvider)


def conditions(**args: Any) -> Any:
    (statement,) = described(**args).role.trust_policy()["Statement"]
    return statement.get("Condition")


def test_systems_manager_assumes_the_agents_role_for_its_own_account_only() -> None:
    assert conditions() == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    assert conditions(profile=Profile.VENDOR) is None, "as on the page"
    assert conditions(confine_agent_role=False) is None
    assert conditions(profile=Profile.VENDOR, confine_agent_role=True) == conditions()


def test_the_resources_that_it_is_assumed_for_can_be_named() -> None:
    arns = ["arn:aws:ssm:eu-west-1:111122223333:*"]
    assert conditions(agent_source_arns=arns) == {**conditions(), "ArnLike": {"aws:SourceArn": arns}}
    with pytest.raises(InvalidInputError, match=r"source_arns\[0\] is '\*'"):
        conditions(agent_source_arns=["*"])
