"""Who a principal is in a cluster is compared: groups, username, way in, accounts, issuers and workloads' roles."""

import json
from typing import Any

import pytest

from eks_access_policies.review.change import Review
from eks_access_policies.review.report import JsonFormat, MarkdownFormat
from tests.support.review_stacks import UNKNOWN, Stack, allow, compare, compare_values, lines, rule

ROLE = "arn:aws:iam::111122223333:role/r"
POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
CLUSTER = "aws:eks/cluster:Cluster"
CREATOR = "bootstrapClusterCreatorAdminPermissions"


def mapped(username: str, *groups: str, stack: Stack | None = None, role: str = "r", cluster: str = "dev") -> Stack:
    """A role with a mapping in aws-auth."""
    stack = (stack or Stack()).role(role)
    given = {"clusterName": cluster, "roleArn": f"arn:aws:iam::111122223333:role/{role}", "username": username}
    stack.add("eks-access:index:AwsAuthMapping", f"{role}-map", {**given, "groups": list(groups)})
    return stack


def entered(*groups: str, **properties: Any) -> Stack:
    """A role with an access entry in the cluster `dev`."""
    stack = Stack().role("r")
    given: dict[str, Any] = {"clusterName": "dev", "principalArn": ROLE, "kubernetesGroups": list(groups)}
    stack.add("aws:eks/accessEntry:AccessEntry", "entry", {**given, "type": "STANDARD", **properties})
    return stack


def aws_auth(data: Any, kind: str = "ConfigMap", **metadata: Any) -> Stack:
    stack = Stack()
    stack.add(CLUSTER, "dev", {"name": "dev", "accessConfig": {CREATOR: False}})
    body = {"metadata": {"name": "aws-auth", "namespace": "kube-system", **metadata}, "data": data}
    stack.add(f"kubernetes:core/v1:{kind}", "config", {"items": [body]} if "List" in kind else body)
    return stack


def is_silent(review: Review) -> bool:
    return not review.changes and not review.unknown


def gains(base: Stack, head: Stack) -> list[str]:
    return [line for line in lines(compare(base, head)) if not line.startswith("lost")]


def test_system_masters_is_a_critical_gain_whatever_the_way_in() -> None:
    assert gains(mapped("v", "readers"), mapped("v", "system:masters")) == [
        "critical: bypasses RBAC and can do everything (system:masters as a group; in cluster dev)"
    ]
    (line,) = gains(entered("g"), entered("g", "system:masters"))
    assert line.startswith("critical: bypasses RBAC and can do everything, but EKS rejects this group")
    assert gains(mapped("v", "system:masters"), mapped("v", "readers")) == [
        "unknown: could not be determined: nothing in the stack binds this group: what it may do is decided elsewhere"
        " (readers as a group); in cluster dev"
    ]


def test_a_group_that_nothing_binds_is_unknown_and_one_that_the_stack_binds_is_reported_by_its_rules_alone() -> None:
    found = compare(entered("g"), entered("g", "platform-admins"))
    assert found.has_unknown
    assert "decided elsewhere (platform-admins" in lines(found)[0]
    bound = entered("g").bound("readers", "dev", [rule(["get"], "pods")])
    head = entered("g", "readers").bound("readers", "dev", [rule(["get"], "pods")])
    (line,) = gains(bound, head)
    assert line.startswith("low: can read pods")


def test_a_group_that_is_bound_in_another_cluster_only_is_decided_elsewhere() -> None:
    other = [rule(["get"], "pods")]
    base, head = entered("g").bound("x", "prod", other), entered("g", "x").bound("x", "prod", other)
    assert any("decided elsewhere (x" in line for line in gains(base, head))


@pytest.mark.parametrize(
    ("group", "meaning"),
    [
        ("system:nodes", "high: has the rights of a node without being one"),
        ("system:bootstrappers", "high: has the rights of a node without being one"),
        ("eks:kube-proxy-windows", "high: has the rights of a node without being one"),
        ("system:serviceaccounts", "high: has the rights that all service accounts of the cluster have"),
        ("system:serviceaccounts:shop", "high: has the rights that all service accounts of namespace shop have"),
        ("system:kube-scheduler", "high: is in a group that is reserved for components"),
        ("eks:anything", "high: is in a group that is reserved for components"),
        ("{{SessionName}}", "high: can choose its group by its session name"),
    ],
)
def test_groups_of_the_system_have_their_meaning(group: str, meaning: str) -> None:
    (line,) = gains(mapped("v:x", "g"), mapped("v:x", "g", group))
    assert line.startswith(meaning)


def test_the_group_of_every_authenticated_user_gives_nothing() -> None:
    assert is_silent(compare(mapped("v:x", "g"), mapped("v:x", "g", "system:authenticated")))


def test_order_and_duplicates_of_groups_are_no_change() -> None:
    assert is_silent(compare(entered("a", "b"), entered("b", "a", "b")))
    assert is_silent(compare(mapped("v:x", "a", "b"), mapped("v:x", "b", "a", "b")))


@pytest.mark.parametrize(
    ("username", "label"),
    [
        ("kubernetes-admin", "high"),
        ("kube-controller-manager", "high"),
        ("system:kube-controller-manager", "high"),
        ("system:serviceaccount:shop:web", "high"),
        ("eks:addon-manager", "high"),
        ("{{SessionNameRaw}}", "high"),
        ("{{SessionName}}", "high"),
        ("arn:aws:iam::111122223333:role/other", "high"),
        ("other:{{SessionName}}", "low"),
        ("system:node:{{EC2PrivateDNSName}}", "medium"),
    ],
)
def test_a_changed_username_is_a_gain_by_whose_name_it_is(username: str, label: str) -> None:
    (line,) = gains(mapped("v:{{SessionName}}"), mapped(username))
    assert line.startswith(f"{label}: ")
    assert f"{username} as its username, instead of v:{{{{SessionName}}}}" in line


def test_the_own_username_of_a_new_principal_is_no_gain_beside_its_sign_in_and_anothers_is() -> None:
    sign_in = "low: can sign in, with the rights of every authenticated user (sign in; in cluster dev)"
    assert gains(Stack().role("r"), mapped("v:{{SessionName}}")) == [sign_in]
    assert gains(Stack().role("r"), mapped(ROLE)) == [sign_in]
    assert len(gains(Stack().role("r"), mapped("kubernetes-admin"))) == 2


def test_a_username_that_another_principal_has_is_a_gain_in_the_same_cluster_only() -> None:
    base = mapped("ops", stack=Stack(), role="boss")
    assert "medium: acts under a username that is not its own: it is another principal's username as well" in "".join(
        gains(mapped("v", stack=base), mapped("ops", stack=mapped("ops", role="boss")))
    )
    there = mapped("ops", role="boss", cluster="prod")
    (line,) = gains(mapped("v", stack=mapped("ops", role="boss", cluster="prod")), mapped("ops", stack=there))
    assert line.startswith("low: acts under another username")


def test_a_session_of_another_principal_is_recognized_by_its_prefix() -> None:
    def taken(prefix: str) -> Stack:
        return mapped("boss:ci", stack=mapped(f"{prefix}{{{{SessionName}}}}", role="boss"))

    other = mapped("v", stack=mapped("boss:{{SessionName}}", role="boss"))
    assert gains(other, taken("boss:"))[0].startswith("medium: ")
    other = mapped("v", stack=mapped("chef:{{SessionName}}", role="boss"))
    assert gains(other, taken("chef:"))[0].startswith("low: ")


def test_the_username_that_eks_derives_is_the_same_whether_it_is_written_or_not() -> None:
    derived = "arn:aws:sts::111122223333:assumed-role/r/{{SessionName}}"
    assert is_silent(compare(entered("g"), entered("g", userName=derived)))
    assert not is_silent(compare(entered("g"), entered("g", userName="v:{{SessionName}}")))


def test_another_way_in_or_another_type_of_entry_is_a_gain() -> None:
    base, head = mapped("v:x", "g"), entered("g", userName="v:x")
    assert gains(base, head) == [
        "low: signs in by another way (access entry as its way in, instead of mapping in aws-auth; in cluster dev)"
    ]
    (line,) = [each for each in gains(entered(), entered(type="EC2_LINUX")) if each.startswith("medium")]
    assert "can sign in as a node of the cluster (access entry of type EC2_LINUX" in line


def test_what_eks_sets_in_the_entry_of_a_node_is_no_change() -> None:
    computed = {"kubernetesGroups": ["system:nodes"], "userName": "system:node:{{EC2PrivateDNSName}}"}
    assert is_silent(compare(entered(type="EC2_LINUX", **computed), entered(type="EC2_LINUX")))
    assert is_silent(compare(entered(type="EC2_LINUX"), entered(type="EC2_LINUX", **computed)))


def test_a_cluster_that_the_stack_creates_is_known_by_the_resource_that_the_name_comes_from() -> None:
    head = entered("g", clusterName=UNKNOWN)
    head.add(CLUSTER, "dev", {"accessConfig": {CREATOR: False}})
    assert any("the cluster of its access entry" in line for line in lines(compare(Stack(), head)))
    head.resources[1]["propertyDependencies"] = {"clusterName": [head.resources[-1]["urn"]]}
    assert not any("the cluster of its access entry" in line for line in lines(compare(Stack(), head)))


def test_what_a_mapping_gives_is_gained_when_the_access_entry_over_it_is_removed() -> None:
    def both(*groups: str) -> Stack:
        stack = mapped("r", *groups)
        return stack.entry("r", "dev", "g")

    secrets = [rule(["get"], "secrets")]
    base, head = both("strong").bound("strong", "dev", secrets), mapped("r", "strong").bound("strong", "dev", secrets)
    found = gains(base, head)
    assert any("secrets" in line and line.startswith("high") for line in found)
    assert any("mapping in aws-auth as its way in, instead of access entry" in line for line in found)
    assert not any("secrets" in line for line in gains(head, base)), "the entry takes the mapping's rights away"


def test_a_mapping_without_effect_is_reported_when_it_is_added_and_not_when_the_entry_comes_after_it() -> None:
    entry = Stack().role("r").entry("r", "dev", "g")
    both = mapped("r", "system:masters").entry("r", "dev", "g")
    (line,) = gains(entry, both)
    assert line.startswith("critical: has a group in aws-auth, which takes effect when its access entry is removed")
    assert not any("takes effect" in line for line in gains(mapped("r", "system:masters"), both))


def test_a_group_gains_nothing_by_the_removal_of_the_entry_of_its_only_member() -> None:
    everything = [rule(["*"], "*", group="*")]
    base = Stack().role("r").entry("r", "dev", "g").bound("g", "dev", everything)
    head = Stack().role("r").bound("g", "dev", everything)
    assert gains(base, head) == []
    wider = Stack().role("r").bound("g", "dev", everything)
    narrow = Stack().role("r").entry("r", "dev", "g").bound("g", "dev", [rule(["get"], "pods")])
    assert any(line.startswith("critical") for line in gains(narrow, wider)), "the group itself gains"


def test_an_entry_in_one_cluster_hides_nothing_that_its_group_gains_in_another() -> None:
    def fleet(*verbs: str) -> Stack:
        stack = Stack().role("r").entry("r", "a", "g").bound("g", "a", [rule(["get"], "pods")])
        return stack.bound("g", "b", [rule(verbs, "pods")])

    (line,) = gains(fleet("get"), fleet("get", "delete"))
    assert line.endswith("in cluster b)")


def test_unknown_groups_and_usernames_are_unknown_and_never_lost() -> None:
    head = entered("a", kubernetesGroups=UNKNOWN)
    assert lines(compare(entered("a", "b"), head)) == [
        "unknown: could not be determined: the groups of its access entry in dev, not known before the deployment"
    ]
    assert "username" in lines(compare(mapped("v:x"), mapped(UNKNOWN)))[0]
    (line,) = lines(compare(entered("a"), entered("a", kubernetesGroups=["a", UNKNOWN])))
    assert line.startswith("unknown")
    assert any("type of its access entry" in each for each in lines(compare(entered(), entered(type=UNKNOWN))))


def test_an_unknown_principal_is_unknown_and_one_that_a_role_of_the_stack_gives_is_not() -> None:
    head = Stack().role("r")
    head.add("aws:eks/accessEntry:AccessEntry", "entry", {"clusterName": "dev", "principalArn": UNKNOWN})
    assert any(line.startswith("unknown") for line in lines(compare(Stack().role("r"), head)))
    head.resources[-1]["propertyDependencies"] = {"principalArn": [head.resources[0]["urn"]]}
    assert not any(line.startswith("unknown") for line in lines(compare(Stack().role("r"), head)))


@pytest.mark.parametrize("kind", ["ConfigMap", "ConfigMapPatch", "ConfigMapList"])
def test_every_writer_of_aws_auth_is_read(kind: str) -> None:
    roles = f"- {{rolearn: '{ROLE}', username: 'v:x', groups: [system:masters]}}"
    users = "- {userarn: 'arn:aws:iam::111122223333:user/u', username: u, groups: ['system:masters']}"
    found = compare(aws_auth({}), aws_auth({"mapRoles": roles, "mapUsers": users}, kind))
    assert sum(line.startswith("critical") for line in lines(found)) == 2
    assert any("mapAccounts" in line for line in gains(aws_auth({}), aws_auth({"mapAccounts": "- '1'"}, kind)))
    assert is_silent(compare(aws_auth({}), aws_auth({"mapRoles": "[]"}, kind)))


@pytest.mark.parametrize(
    "data",
    [
        UNKNOWN,
        {"mapRoles": UNKNOWN},
        {"mapUsers": UNKNOWN},
        {"mapAccounts": UNKNOWN},
        {"mapRoles": "- {rolearn: x\n- y"},
        {"mapRoles": "{rolearn: x}"},
        {"mapRoles": ["not", "a", "text"]},
        {"mapRoles": "x" * 1_000_001},
        {"mapRoles": "[" * 100_000},
        "nonsense",
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["ConfigMap", "ConfigMapPatch", "ConfigMapList"])
def test_aws_auth_that_cannot_be_read_is_unknown_and_not_empty(data: Any, kind: str) -> None:
    assert compare(aws_auth({}), aws_auth(data, kind)).has_unknown


def test_a_config_map_that_may_be_aws_auth_is_unknown_and_another_one_is_quiet() -> None:
    sections = {"mapRoles": "[]"}
    assert compare(aws_auth({}), aws_auth(sections, name=UNKNOWN)).has_unknown
    assert compare(aws_auth({}), aws_auth({}, namespace=UNKNOWN)).has_unknown
    assert is_silent(compare(aws_auth({}), aws_auth({"key": "value"}, name=UNKNOWN)))
    assert is_silent(compare(aws_auth({}), aws_auth(UNKNOWN, name="settings", namespace=UNKNOWN)))
    assert is_silent(compare(aws_auth({}), aws_auth(sections, namespace="shop")))


def test_an_unknown_item_of_a_list_of_config_maps_may_be_aws_auth() -> None:
    head = Stack()
    head.add("kubernetes:core/v1:ConfigMapList", "list", {"items": [UNKNOWN]})
    assert compare(Stack(), head).has_unknown
    known = Stack()
    known.add("kubernetes:core/v1:ConfigMapList", "list", {"items": [{"metadata": {"name": "settings"}}]})
    assert is_silent(compare(Stack(), known))


def test_a_mapped_account_is_a_gain_and_a_severe_one_if_it_is_not_known_to_be_ones_own() -> None:
    def accounts(*ids: str) -> Stack:
        stack = aws_auth({"mapAccounts": "".join(f"- '{each}'\n" for each in ids)})
        return stack.role("r")

    assert gains(accounts(), accounts("999900001111"))[0].startswith("high: every role and user of an account that is")
    assert gains(accounts(), accounts("111122223333"))[0].startswith("medium: every role and user of your account")
    assert gains(accounts("999900001111"), accounts()) == []
    assert is_silent(compare(accounts("1", "2"), accounts("2", "1")))


def provider(**oidc: Any) -> Stack:
    given = {"clientId": "c", "issuerUrl": "https://idp.example", "usernamePrefix": "idp:"}
    stack = Stack()
    kind = "aws:eks/identityProviderConfig:IdentityProviderConfig"
    stack.add(kind, "idp", {"clusterName": "dev", "oidc": {**given, **oidc}})
    return stack


def test_a_new_identity_provider_is_a_gain() -> None:
    (line,) = gains(Stack(), provider(groupsClaim="groups", groupsPrefix="idp:", requiredClaims={"hd": "example.com"}))
    assert line.startswith("high: can sign in with a token of this issuer")
    assert gains(provider(requiredClaims={"hd": "example.com"}), Stack()) == []


@pytest.mark.parametrize("prefix", ["system:", "sys", "", "-", "system:serviceaccount:", "eks:"])
def test_a_prefix_that_lets_an_issuer_name_components_is_critical(prefix: str) -> None:
    for names in ({"groupsClaim": "groups", "groupsPrefix": prefix}, {"usernamePrefix": prefix}):
        safe = provider(groupsClaim="groups", groupsPrefix="idp:")
        changed = provider(**{"groupsClaim": "groups", "groupsPrefix": "idp:", **names})
        assert [line.partition(":")[0] for line in gains(safe, changed)] == ["critical"]
        assert not any(line.startswith("critical") for line in gains(changed, safe))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"issuerUrl": "https://other.example"}),
        ({}, {"clientId": "other"}),
        ({}, {"usernameClaim": "email"}),
        ({"requiredClaims": {"hd": "example.com"}}, {}),
        ({"requiredClaims": {"hd": "example.com"}}, {"requiredClaims": {"hd": "example.org"}}),
        ({}, {"groupsClaim": "groups"}),
    ],
)
def test_a_changed_identity_provider_is_a_gain(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert gains(provider(**before), provider(**after))
    assert is_silent(compare(provider(**before), provider(**before)))


def test_an_unknown_part_of_an_identity_provider_is_unknown_and_never_lost() -> None:
    claims = {"hd": "example.com"}
    found = compare(provider(requiredClaims=claims), provider(requiredClaims=UNKNOWN))
    assert found.has_unknown
    assert compare(provider(), provider(groupsClaim=UNKNOWN)).has_unknown


def pods(role: str = ROLE, *, policies: tuple[Any, ...] = (), **properties: Any) -> Stack:
    stack = Stack().role("r", None, *policies)
    given = {"clusterName": "dev", "namespace": "shop", "serviceAccount": "web", "roleArn": role}
    stack.add(POD_IDENTITY, "pia", {**given, **properties})
    return stack


def service_account(arn: Any, *policies: Any) -> Stack:
    stack = Stack().role("r", None, *policies)
    metadata = {"name": "web", "namespace": "shop", "annotations": {"eks.amazonaws.com/role-arn": arn}}
    stack.add("kubernetes:core/v1:ServiceAccount", "sa", {"metadata": metadata if arn else {"name": "web"}})
    return stack


def test_a_service_account_gains_the_role_that_it_may_act_as_by_what_the_role_may_do() -> None:
    strong, weak = allow("iam:*"), allow("eks:DescribeCluster", on="arn:aws:eks:us-east-1:111122223333:cluster/dev")
    for head in (pods(policies=(strong,)), service_account(ROLE, strong)):
        (line,) = gains(Stack().role("r", None, strong), head)
        assert line.startswith(("critical: its pods act as this role in AWS", "high: its pods act as this role in AWS"))
    for head in (pods(policies=(weak,)), service_account(ROLE, weak)):
        (line,) = gains(Stack().role("r", None, weak), head)
        assert line.startswith("low: its pods act as this role in AWS")


def test_a_session_policy_that_goes_is_a_gain_and_one_that_comes_is_a_loss() -> None:
    one = '{"Version": "2012-10-17", "Statement": []}'
    (line,) = gains(pods(policy=one), pods())
    assert line.startswith("medium: is no longer limited by the session policy")
    assert gains(pods(), pods(policy=one)) == []
    assert is_silent(compare(pods(policy=one), pods(policy=one.replace(": ", ":"))))
    assert compare(pods(policy=one), pods(policy=UNKNOWN)).has_unknown
    assert gains(pods(policy=one), pods(policy=one.replace("[]", "[{}]")))


def test_a_role_that_is_not_in_the_stack_or_not_known_makes_a_service_account_unknown() -> None:
    elsewhere = "arn:aws:iam::111122223333:role/elsewhere"
    for head in (pods(elsewhere), pods(UNKNOWN), pods(targetRoleArn=elsewhere)):
        assert compare(Stack().role("r"), head).has_unknown
    for arn in (elsewhere, UNKNOWN):
        assert compare(service_account(None), service_account(arn)).has_unknown
    assert is_silent(compare(service_account(None), service_account(None)))
    assert is_silent(compare(pods(), pods()))


def test_the_annotation_takes_an_unknown_arn_from_the_only_role_that_its_metadata_depends_on() -> None:
    head = service_account(UNKNOWN)
    head.resources[-1]["propertyDependencies"] = {"metadata": [head.resources[0]["urn"]]}
    (line,) = lines(compare(service_account(None), head))
    assert line.startswith("low: its pods act as this role")


@pytest.mark.parametrize(
    ("config", "is_gain"), [({CREATOR: False}, False), ({CREATOR: True}, True), ({}, True), (None, True)]
)
def test_the_creator_of_a_cluster_is_its_administrator_unless_the_cluster_says_otherwise(
    config: dict[str, Any] | None, is_gain: bool
) -> None:
    def cluster(config: Any) -> Stack:
        stack = Stack()
        stack.add(CLUSTER, "dev", {"name": "dev", **({} if config is None else {"accessConfig": config})})
        return stack

    found = gains(cluster({CREATOR: False}), cluster(config))
    assert [line.partition(":")[0] for line in found] == (["high"] if is_gain else [])
    assert compare(cluster({CREATOR: False}), cluster({CREATOR: UNKNOWN})).has_unknown


def in_mode(mode: str | None, stack: Stack | None = None) -> Stack:
    stack = stack or Stack()
    config = {"authenticationMode": mode, CREATOR: False} if mode else {CREATOR: False}
    stack.add(CLUSTER, "dev", {"name": "dev", "accessConfig": config})
    return stack


@pytest.mark.parametrize(
    ("base", "head", "found"),
    [
        ("CONFIG_MAP", "API_AND_CONFIG_MAP", ["access entries that had no effect take effect"]),
        ("API", "API_AND_CONFIG_MAP", ["mappings in aws-auth that had no effect take effect"]),
        ("CONFIG_MAP", "API", ["access entries that had no effect take effect"]),
        ("API_AND_CONFIG_MAP", "API", []),
        (None, "CONFIG_MAP", []),
        ("API_AND_CONFIG_MAP", None, []),
        ("API", UNKNOWN, ["could not be determined"]),
        (UNKNOWN, "API", ["could not be determined"]),
    ],
)
def test_a_mode_is_a_gain_by_the_ways_in_that_begin_to_have_an_effect(
    base: str | None, head: str | None, found: list[str]
) -> None:
    got = gains(in_mode(base), in_mode(head))
    assert [words for words in found if any(words in line for line in got)] == found
    assert len(got) == len(found)


@pytest.mark.parametrize(
    ("base", "waiting", "label"),
    [
        ("CONFIG_MAP", Stack().policy("r", "dev", "AmazonEKSClusterAdminPolicy"), "critical"),
        ("CONFIG_MAP", Stack().policy("r", "dev", "AmazonEKSViewPolicy"), "high"),
        ("CONFIG_MAP", Stack().entry("r", "dev", "g"), "high"),
        ("CONFIG_MAP", Stack().entry("r", "prod", "g"), "medium"),
        ("CONFIG_MAP", mapped("v", "system:masters"), "medium"),
        ("API", mapped("v", "system:masters"), "critical"),
        ("API", mapped("v", "g"), "high"),
        ("API", Stack().policy("r", "dev", "AmazonEKSClusterAdminPolicy"), "medium"),
    ],
)
def test_a_mode_is_as_severe_as_what_waits_for_it(base: str, waiting: Stack, label: str) -> None:
    def build(mode: str) -> Stack:
        stack = Stack()
        stack.resources += waiting.resources
        return in_mode(mode, stack)

    (line,) = gains(build(base), build("API_AND_CONFIG_MAP"))
    assert line.startswith(f"{label}: ")


def test_a_cluster_without_access_configuration_is_not_removed() -> None:
    bare = Stack()
    bare.add(CLUSTER, "dev", {"name": "dev"})
    states = {name: each.status for each in compare(in_mode("API"), bare).principals for name in each.names}
    assert states["cluster dev"] == "changed"
    gone = {name: each.status for each in compare(in_mode("API"), Stack()).principals for name in each.names}
    assert gone.get("cluster dev", "removed") == "removed"


def test_an_access_policy_that_is_not_known_yet_is_not_one_that_aws_keeps_to_itself() -> None:
    base, head = Stack().role("r"), Stack().role("r").policy("r", "dev", "AmazonEKSMadeUpPolicy")
    assert any("has rules that AWS does not publish" in line for line in gains(base, head))
    head.resources[-1]["inputs"]["policyArn"] = head.resources[-1]["outputs"]["policyArn"] = UNKNOWN
    found = gains(base, head)
    assert any("which access policy r-dev-AmazonEKSMadeUpPolicy gives it is not known yet" in line for line in found)
    assert not any("publish" in line for line in found)


def test_a_secret_group_is_unknown_and_not_shown() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    head = entered("g").state()
    written = {**secret, "plaintext": json.dumps(["hunter2-group"])}
    for part in ("inputs", "outputs"):
        entry = head["deployment"]["resources"][-1]
        entry[part] = {**entry[part], "kubernetesGroups": written}
    found = compare_values(entered("g").state(), head)
    assert found.has_unknown
    for format_ in (MarkdownFormat(), JsonFormat()):
        assert "hunter2" not in format_.format(found)


def test_a_native_access_entry_is_compared_like_the_classic_one() -> None:
    def native(*groups: str, policies: Any = None) -> Stack:
        stack = Stack().role("r")
        given = {"clusterName": "dev", "principalArn": ROLE, "kubernetesGroups": list(groups), "username": "v:x"}
        stack.add("aws-native:eks:AccessEntry", "entry", {**given, "accessPolicies": policies})
        return stack

    assert gains(native("g"), native("g", "system:masters"))[0].startswith("critical")
    assert compare(native("g"), native("g", policies=UNKNOWN)).has_unknown
    assert is_silent(compare(native("a", "b"), native("b", "a")))
