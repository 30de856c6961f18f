"""What the rules find and what they accept: whole chains, several documents of one role, settings, secrets."""

import dataclasses
from typing import Any

import pytest

from eks_access_policies.access.accounts import find_own_accounts
from eks_access_policies.evaluate.configuration import ConfigurationError, parse_configuration
from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.evaluate.exemptions import Exemption, report_exemptions
from eks_access_policies.evaluate.settings import Settings, SettingsError, parse_settings
from eks_access_policies.iam.aws_policies import find_aws_policy
from eks_access_policies.stack import UNKNOWN, Resource, Stack, parse_state
from eks_access_policies.stack.model import VENDOR_TYPES
from tests.support.policies.iam_cases import allowed, document, policy, trusted
from tests.support.policies.resources import (
    ResourceSpec,
    association,
    binding,
    cluster_role,
    entry,
    mapping,
    role,
    rule,
    stack,
)

ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"


def messages(made: list[ResourceSpec], rule_id: str, chosen: Settings | None = None, **how: Any) -> list[str]:
    found = Evaluator(chosen).stack(stack(made, **how))
    return [finding.message for finding in found if finding.rule.id == rule_id]


def reads_secrets(namespace: str = "") -> list[ResourceSpec]:
    return [
        role("vendor"),
        entry("way-in", "vendor", "vendor:group"),
        cluster_role("rights", rule("get list", "secrets")),
        binding("bind", "rights", "vendor:group", namespace=namespace),
    ]


def test_a_finding_shows_the_whole_chain_from_the_principal_to_the_right() -> None:
    assert messages(reads_secrets(), "rbac-secrets-read") == [
        "role arn:aws:iam::111122223333:role/vendor → access entry in cluster dev-both → group vendor:group"
        " → ClusterRoleBinding bind → ClusterRole rights may get, list secrets in the whole cluster: can read"
        " every Secret there: other systems' passwords, keys and tokens."
    ]


def test_a_right_in_a_namespace_is_advisory_and_in_kube_system_mandatory() -> None:
    assert messages(reads_secrets("web"), "rbac-secrets-read-in-namespace")
    assert not messages(reads_secrets("web"), "rbac-secrets-read")
    assert messages(reads_secrets("kube-system"), "rbac-secrets-read")


def test_several_rbac_rules_that_break_one_rule_are_one_finding() -> None:
    made = reads_secrets()
    made[2] = cluster_role("rights", rule("get", "secrets"), rule("watch", "secrets"))
    (message,) = messages(made, "rbac-secrets-read")
    assert "may get, watch secrets" in message


def test_reading_secrets_by_name_is_accepted() -> None:
    made = reads_secrets()
    made[2] = cluster_role("rights", rule("get", "secrets", "the-one"))
    assert not messages(made, "rbac-secrets-read")


def test_deleting_secrets_is_not_found_as_reading_them() -> None:
    made = reads_secrets()
    made[2] = cluster_role("rights", rule("delete", "secrets"))
    assert not messages(made, "rbac-secrets-read")


def test_a_resource_of_the_same_name_in_another_api_group_is_not_found() -> None:
    made = reads_secrets()
    made[2] = cluster_role("rights", rule("get", "secrets", group="example.com"))
    assert not messages(made, "rbac-secrets-read")


@pytest.mark.parametrize(
    ("name", "is_found"),
    [("AmazonEKSAdminViewPolicy", True), ("AmazonEKSEditPolicy", True), ("AmazonEKSViewPolicy", False)],
)
def test_an_access_policy_that_reads_secrets_is_found(name: str, is_found: bool) -> None:
    made = [role("vendor"), entry("way-in", "vendor"), association("policy", "vendor", name)]
    found = messages(made, "rbac-secrets-read")
    assert bool(found) is is_found
    assert all(f"→ access policy {name} may " in message for message in found)


def test_get_alone_on_nodes_proxy_is_found() -> None:
    made = reads_secrets()
    made[2] = cluster_role("rights", rule("get", "nodes/proxy"))
    assert messages(made, "rbac-nodes-proxy")
    made[2] = cluster_role("rights", rule("get", "nodes/metrics nodes/stats"))
    assert not messages(made, "rbac-nodes-proxy"), "a monitoring integration needs these instead"


def test_bind_and_impersonate_are_evaluated_by_the_resource_names() -> None:
    made = reads_secrets()
    group = "rbac.authorization.k8s.io"
    for names, is_found in (([], True), (["cluster-admin"], True), (["view"], False)):
        made[2] = cluster_role("rights", rule("bind", "clusterroles", *names, group=group))
        assert bool(messages(made, "rbac-bind")) is is_found, names
    for names, is_found in (([], True), (["system:masters"], True), (["vendor:readers"], False)):
        made[2] = cluster_role("rights", rule("impersonate", "groups", *names))
        assert bool(messages(made, "rbac-impersonate")) is is_found, names


def test_names_that_rbac_takes_literally_are_reported_as_without_effect_and_as_nothing_else() -> None:
    made = reads_secrets()
    made[2] = cluster_role("rights", {"verbs": ["*"], "apiGroups": ["*"], "resources": ["pods/*", "*/*"]})
    assert [message.partition(" may ")[2] for message in messages(made, "rbac-no-effect")] == [
        "* pods/*, */* in the whole cluster: grants nothing: RBAC takes these names literally, and no API group or"
        " resource is called that."
    ]
    assert not messages(made, "rbac-wildcard")
    made[2] = cluster_role("rights", rule("get", "pods/* secrets", group=""))
    assert messages(made, "rbac-secrets-read"), "the rest of the rule is evaluated"


def test_the_cluster_admin_policy_is_one_finding() -> None:
    made = [role("boss"), entry("way-in", "boss"), association("policy", "boss", "AmazonEKSClusterAdminPolicy")]
    found = {finding.rule.id for finding in Evaluator().stack(stack(made))}
    assert {each for each in found if each.startswith(("eks-", "rbac-"))} == {"eks-cluster-admin-policy"}


def test_unknown_inline_policies_are_reported_only_if_they_come_from_another_resource() -> None:
    quiet = dataclasses.replace(role("quiet"), computed={"inlinePolicies": UNKNOWN})
    assert messages([quiet], "not-judged", preview=True) == []
    built = dataclasses.replace(role("built"), links={"inlinePolicies": "other"})
    assert messages([role("other"), built], "not-judged", preview=True) == [
        "the inline policy of built (inlinePolicies) is not known before the deployment and was not evaluated."
    ]


def test_a_permissions_boundary_is_reported_where_a_mandatory_rule_is_broken() -> None:
    limits = "arn:aws:iam::111122223333:policy/limits"

    def limited(action: str) -> list[ResourceSpec]:
        inline = [{"name": "own", "policy": document(allowed(action, "*"))}]
        return [role("limited", permissionsBoundary=limits, inlinePolicies=inline)]

    assert messages(limited("iam:AttachRolePolicy"), "not-judged") == [
        f"limited: its permissions boundary ({limits}) was not evaluated; it may prevent what other findings say of"
        " its policies."
    ]
    assert messages(limited("eks:ListClusters"), "not-judged") == []


def test_the_policies_of_one_role_are_evaluated_together() -> None:
    one = policy("make-functions", allowed("lambda:CreateFunction lambda:InvokeFunction", "*"))
    other = policy("pass-roles", allowed("iam:PassRole", "*"))
    made = [
        role("builder"),
        one,
        other,
        *(
            ResourceSpec(ATTACHMENT, f"attach-{each.name}", {"role": "builder", "policyArn": "x"})
            for each in (one, other)
        ),
    ]
    resources = [
        Resource(each.urn, each.type, each.name, {**each.properties}, property_dependencies=_links(each))
        for each in stack(made).resources
    ]
    found = [finding for finding in Evaluator().stack(Stack(tuple(resources))) if "together" in finding.message]
    assert {finding.rule.id for finding in found} == {"iam-escalation-pass-role"}
    assert found[0].message.startswith("the 2 policies of builder together: ")


def _links(each: Resource) -> dict[str, tuple[str, ...]]:
    attached = each.name.removeprefix("attach-")
    return (
        {"policyArn": (f"urn:pulumi:test::cases::aws:iam/policy:Policy::{attached}",)} if attached != each.name else {}
    )


AWS = "arn:aws:iam::aws:policy"


@pytest.mark.parametrize(
    ("type", "properties"),
    [
        (ATTACHMENT, {"role": "x", "policyArn": "{}"}),
        ("aws:iam/userPolicyAttachment:UserPolicyAttachment", {"user": "x", "policyArn": "{}"}),
        ("aws:iam/policyAttachment:PolicyAttachment", {"groups": ["x"], "policyArn": "{}"}),
        ("aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive", {"policyArns": ["{}"]}),
        ("aws:iam/role:Role", {"name": "x", "managedPolicyArns": ["{}"]}),
        ("aws-native:iam:User", {"managedPolicyArns": ["{}"]}),
        ("aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment", {"managedPolicyArn": "{}"}),
        ("aws-native:sso:PermissionSet", {"managedPolicies": ["{}"]}),
    ],
)
def test_a_policy_of_aws_is_evaluated_wherever_it_is_attached(type: str, properties: dict[str, Any]) -> None:
    def find(arn: str) -> list[str]:
        filled = {
            name: [each.format(arn) for each in value] if isinstance(value, list) else value.format(arn)
            for name, value in properties.items()
        }
        return messages([ResourceSpec(type, "attach", filled)], "iam-policy-admin")

    (message,) = find(f"{AWS}/AdministratorAccess")
    assert f"the policy {AWS}/AdministratorAccess that " in message
    assert not find(f"{AWS}/AmazonEKSWorkerNodePolicy")


@pytest.mark.parametrize(
    "name",
    ["AWSLambda_FullAccess", "AmazonEC2FullAccess", "job-function/SystemAdministrator", "AdministratorAccess-Amplify"],
)
def test_a_broad_policy_of_aws_breaks_a_mandatory_rule(name: str) -> None:
    attached = stack([ResourceSpec(ATTACHMENT, "attach", {"role": "x", "policyArn": f"{AWS}/{name}"})])
    found = Evaluator().resource(attached.resources[-1], attached, frozenset())
    assert any(finding.rule.is_mandatory for finding in found)


def test_how_a_policy_of_aws_is_written_is_no_finding() -> None:
    cni = f"{AWS}/AmazonEKS_CNI_Policy"
    attached = ResourceSpec(ATTACHMENT, "attach", {"role": "x", "policyArn": cni})
    own = ResourceSpec("aws:iam/policy:Policy", "own", {"policy": find_aws_policy(cni)})
    assert messages([own], "iam-policy-resource-wildcard")
    assert not messages([attached], "iam-policy-resource-wildcard")


def test_a_service_linked_role_is_skipped() -> None:
    assert not messages([role("linked", path="/aws-service-role/eks.amazonaws.com/", assumeRolePolicy="{")], "x")


def test_a_secret_document_is_evaluated_and_not_shown() -> None:
    trust = document(trusted({"AWS": "arn:aws:iam::999988887777:root"}))
    secret = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": f'"{_escaped(trust)}"',
    }
    state = {
        "urn": "urn:pulumi:dev::shop::aws:iam/role:Role::vendor",
        "type": "aws:iam/role:Role",
        "inputs": {"assumeRolePolicy": secret},
    }
    found = Evaluator().stack(parse_state({"deployment": {"resources": [state]}}))
    assert "iam-trust-external-id" in {finding.rule.id for finding in found}
    assert "999988887777" not in str([finding for finding in found])


def _escaped(text: str) -> str:
    return text.replace('"', '\\"')


def test_the_own_accounts_are_those_of_the_stacks_resources() -> None:
    assert find_own_accounts(stack([role("x")]).resources) == {"111122223333"}
    assert find_own_accounts([Resource("u", "aws:iam/role:Role", "x", {"arn": "nonsense"})]) == frozenset()


@pytest.mark.parametrize(
    ("allowed_ids", "own"),
    [('["111122223333"]', {"111122223333"}), ('["111122223333", "444455556666"]', set()), ("[]", set())],
)
def test_a_provider_that_allows_several_accounts_makes_none_of_them_ones_own(allowed_ids: str, own: set[str]) -> None:
    provider = Resource("u", "pulumi:providers:aws", "x", {"allowedAccountIds": allowed_ids})
    assert find_own_accounts([provider]) == own


def test_an_access_entry_and_a_mapping_with_the_same_identity_are_no_conflict() -> None:
    same = [role("x"), entry("e", "x", "g", userName="x:{{SessionName}}"), mapping("m", "x", "x:{{SessionName}}", "g")]
    assert not messages(same, "eks-principal-twice"), "as in the middle of a migration"
    other = [*same[:2], mapping("m", "x", "x:{{SessionName}}", "other")]
    (message,) = messages(other, "eks-principal-twice")
    assert "only the access entry takes effect" in message


class TestSettings:
    """Settings exempt principals, groups, namespaces, resources and integrations."""

    made = reads_secrets()

    @pytest.mark.parametrize(
        "chosen",
        [
            {"allowedPrincipals": ["vendor"]},
            {"allowedPrincipals": ["arn:aws:iam::111122223333:role/v*"]},
            {"allowedGroups": ["vendor:*"]},
            {"exemptResources": ["urn:pulumi:*::kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding::bind"]},
            {"exemptResources": ["urn:*::bind"]},
        ],
    )
    def test_a_matching_setting_exempts(self, chosen: dict[str, list[str]]) -> None:
        assert not messages(self.made, "rbac-secrets-read", parse_settings(chosen))

    @pytest.mark.parametrize(
        "chosen",
        [
            {},
            {"allowedPrincipals": ["other"]},
            {"allowedPrincipals": ["arn:aws:iam::444455556666:role/vendor"]},
            {"exemptResources": ["urn:pulumi:*::kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::bind"]},
            {"allowedGroups": ["vendor"]},
            {"namespaces": ["*"]},
            {"unknown": ["x"]},
        ],
    )
    def test_other_settings_exempt_nothing(self, chosen: dict[str, list[str]]) -> None:
        assert messages(self.made, "rbac-secrets-read", parse_settings(chosen)), "a namespace is not the cluster"

    def test_a_namespace_can_be_exempt(self) -> None:
        free = parse_settings({"namespaces": ["sandbox-*"]})
        assert not messages(reads_secrets("sandbox-1"), "rbac-secrets-read-in-namespace", free)
        assert messages(reads_secrets("web"), "rbac-secrets-read-in-namespace", free)

    def test_an_integration_can_be_exempt(self) -> None:
        made = self.inside("eks-access:index:Cado")
        urn = made[0].urn
        for entry_, is_exempt in {"other": False, "ac*": True, urn: True, urn.replace("Cado", "Apono"): False}.items():
            found = messages(made, "rbac-secrets-read", parse_settings({"exemptIntegrations": [entry_]}))
            assert bool(found) is not is_exempt, entry_

    @pytest.mark.parametrize("type", ["eks-access:index:Acme", "acme:index:Cado", "eks-access:index:ClusterAccess"])
    def test_a_component_of_another_type_takes_no_integrations_name(self, type: str) -> None:
        assert messages(self.inside(type), "rbac-secrets-read", parse_settings({"exemptIntegrations": ["acme"]}))

    def inside(self, type: str) -> list[ResourceSpec]:
        """The binding as a part of the component `acme`."""
        bind = binding("bind", "rights", "vendor:group")
        inside = ResourceSpec(bind.type, bind.name, bind.properties, parent="acme")
        return [ResourceSpec(type, "acme", {}, is_component=True), *self.made[:3], inside]

    def test_the_types_of_the_vendors_are_those_of_their_components(self) -> None:
        from eks_access.integrations import vendors

        names = (getattr(vendor.component, "__name__", "") for vendor in vendors().values())
        assert sorted(VENDOR_TYPES) == sorted(f"eks-access:index:{name}" for name in names)

    def test_a_name_accepts_no_principal_of_a_foreign_account(self) -> None:
        policy_arn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
        named = parse_settings({"allowedPrincipals": ["platform-admin"]})
        for account, is_found in (("111122223333", False), ("444455556666", True)):
            admin = ResourceSpec(
                "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
                "admin",
                {
                    "clusterName": "dev-both",
                    "principalArn": f"arn:aws:iam::{account}:role/platform-admin",
                    "policyArn": policy_arn,
                    "accessScope": {"type": "cluster"},
                },
            )
            assert bool(messages([admin], "eks-cluster-admin-policy", named)) is is_found, account

    @pytest.mark.parametrize(
        ("setting", "entry_", "problem"),
        [
            ("exemptResources", "bind", "is not a URN"),
            ("exemptResources", "*", "is not a URN"),
            ("allowedPrincipals", "arn:aws:iam::*:role/admin", "has no account"),
            ("allowedPrincipals", "*:role/admin", "has no account"),
            ("exemptResources", "urn:*::bind", ""),
            ("allowedPrincipals", "arn:aws:iam::111122223333:role/*", ""),
            ("allowedPrincipals", "admin-*", ""),
        ],
    )
    def test_an_entry_that_others_can_pass_for_is_refused(self, setting: str, entry_: str, problem: str) -> None:
        if not problem:
            assert parse_settings({setting: [entry_]}) != Settings()
            return
        with pytest.raises(SettingsError, match=problem):
            parse_settings({setting: [entry_]})
        with pytest.raises(ConfigurationError, match=rf"settings\.{setting}: .*{problem}"):
            parse_configuration({"settings": {setting: [entry_]}})

    @pytest.mark.parametrize(
        ("used", "unused"),
        [
            ({"allowedPrincipals": ["vendor"]}, {"allowedPrincipals": ["other"]}),
            ({"allowedGroups": ["vendor:*"]}, {"allowedGroups": ["vendor"]}),
            ({"exemptResources": ["urn:*::bind"]}, {"exemptResources": ["urn:*::other"]}),
            ({"allowedGroups": ["vendor:*"]}, {"namespaces": ["*"]}),
        ],
    )
    def test_every_exemption_is_reported_with_what_it_takes_away(
        self, used: dict[str, list[str]], unused: dict[str, list[str]]
    ) -> None:
        chosen = parse_settings(unused, parse_settings(used))
        found = {(each.setting, each.entry): each.findings for each in self.exemptions(self.made, chosen)}
        ((setting, entries),) = used.items()
        ((other, others),) = unused.items()
        assert "rbac-secrets-read" in {finding.rule.id for finding in found[setting, entries[0]]}
        assert found[other, others[0]] == ()
        (reported,) = report_exemptions(self.exemptions(self.made, chosen))
        assert f"{setting} {entries[0]!r} (" in reported.message
        assert reported.urn.endswith("::bind")

    def test_exemptions_that_take_a_finding_away_only_together_are_both_used(self) -> None:
        made = [cluster_role("rights", rule("create", "events")), binding("bind", "rights", "one", "two")]
        both = self.exemptions(made, parse_settings({"allowedGroups": ["one", "two"]}))
        assert [[finding.rule.id for finding in each.findings] for each in both] == [["rbac-cluster-wide"]] * 2

    def test_one_finding_that_two_exemptions_take_away_is_of_both(self) -> None:
        both = self.exemptions(self.made, parse_settings({"allowedGroups": ["vendor:*"], "allowedPrincipals": ["v*"]}))
        assert all("rbac-secrets-read" in {finding.rule.id for finding in each.findings} for each in both)

    def test_without_settings_there_are_no_exemptions(self) -> None:
        assert self.exemptions(self.made, Settings()) == []

    @staticmethod
    def exemptions(made: list[ResourceSpec], chosen: Settings) -> list[Exemption]:
        whole = stack(made)
        return Evaluator(chosen).find_exemptions(whole, find_own_accounts(whole.resources))

    def test_a_rules_own_settings_are_added_to_the_shared_ones(self) -> None:
        both = parse_settings({"accounts": ["1"]}, Settings(accounts=("2",)))
        assert both.accounts == ("2", "1")


def test_who_joins_a_group_is_found_with_what_the_group_may_do() -> None:
    def join(action: str, *groups: str) -> list[str]:
        made = [
            ResourceSpec("aws:iam/user:User", "u", {"name": "u"}),
            ResourceSpec("aws:iam/group:Group", "adm", {"name": "adm"}),
            ResourceSpec(
                "aws:iam/groupPolicy:GroupPolicy", "p", {"group": "adm", "policy": document(allowed(action, "*"))}
            ),
            ResourceSpec("aws:iam/userGroupMembership:UserGroupMembership", "m", {"user": "u", "groups": list(groups)}),
        ]
        return [each for each in messages(made, "iam-escalation-policies") if each.startswith("user u as a member")]

    assert len(join("iam:AttachUserPolicy", "adm")) == 1
    assert join("iam:AttachUserPolicy") == []
    assert join("iam:ListUsers", "adm") == []
