import re
from pathlib import Path
from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations.custom.builder import build_integration
from eks_access.integrations.custom.definition_file import load_definition, parse_definition
from eks_access.model.expectations import AwsCall, KubernetesCall
from eks_access.model.integration import Integration, Profile
from eks_access.model.placeholders import placeholder
from eks_access.model.trust import CrossAccount, PodIdentity, Service
from tests.support.custom_definitions import ARGUMENTS, EXAMPLE, ROLE, SMALL, small
from tests.support.places import place


def described(text: str = SMALL, *modes: str, profile: Profile = Profile.LEAST, **arguments: Any) -> Integration:
    given = {"arguments": {**ROLE, **arguments}, "profile": profile}
    return build_integration(parse_definition(text, "acme.yaml"), given, place("acme", *modes))


def refusal(text: str, **arguments: Any) -> str:
    with pytest.raises(InvalidInputError) as refused:
        described(text, **arguments)
    return str(refused.value)


def cloudquery(profile: Profile) -> Integration:
    given = {"arguments": ARGUMENTS, "profile": profile}
    return build_integration(load_definition(EXAMPLE), given, place("cloudquery", "API", "API"))


def test_the_example_describes_an_integration_with_everything_that_a_built_in_one_has() -> None:
    least = cloudquery(Profile.LEAST)
    assert least.role.trust == CrossAccount((ARGUMENTS["principal_arn"],), external_id=ARGUMENTS["external_id"])
    assert [statement.resources for statement in least.role.statements] == [
        ("*",),
        tuple(f"arn:aws:eks:us-east-1:111122223333:cluster/prod-{index}" for index in (0, 1)),
    ]
    assert least.identity.groups == ("cloudquery:readers",)
    assert least.identity.username == "cloudquery:{{SessionName}}", "EKS's own template is left as it is"
    assert [field.label for field in least.handoff.fields] == [
        "Role ARN", "External ID", "Cluster name", "Cluster name", "Region", "Region",
    ]  # fmt: skip
    assert least.sources
    assert least.residual_risks


@pytest.mark.parametrize("profile", list(Profile))
def test_the_example_has_calls_that_must_be_allowed_and_calls_that_must_be_denied(profile: Profile) -> None:
    for plane in (AwsCall, KubernetesCall):
        calls = [call for call in cloudquery(profile).expectations if isinstance(call, plane)]
        assert {call.allowed for call in calls} == {True, False}


def test_the_example_in_the_cluster_has_its_role_by_pod_identity_and_without_any_argument() -> None:
    built = build_integration(
        load_definition(EXAMPLE.with_name("collector.yaml")), {}, place("collector", "API", "CONFIG_MAP")
    )
    assert built.role.trust == PodIdentity(
        "111122223333", place("collector", "API", "CONFIG_MAP").cluster_arns, "collector", "collector"
    )
    for plane in (AwsCall, KubernetesCall):
        assert {call.allowed for call in built.expectations if isinstance(call, plane)} == {True, False}


def test_the_page_gives_secrets_and_least_does_not() -> None:
    def secrets(profile: Profile) -> bool:
        (call,) = (
            call
            for call in cloudquery(profile).expectations
            if isinstance(call, KubernetesCall) and (call.verb, call.resource) == ("list", "secrets")
        )
        return call.allowed

    assert (secrets(Profile.LEAST), secrets(Profile.VENDOR)) == (False, True)
    assert [policy.name for policy in cloudquery(Profile.VENDOR).identity.access_policies] == [
        "AmazonEKSAdminViewPolicy"
    ]


def test_calls_for_each_cluster_are_made_in_its_region_by_its_name() -> None:
    calls = [c for c in cloudquery(Profile.LEAST).expectations if isinstance(c, AwsCall)]
    expected = [(c.parameters, c.region) for c in calls if c.action == "eks:DescribeCluster"]
    assert expected == [({"name": "prod-0"}, "us-east-1"), ({"name": "prod-1"}, "us-east-1")]


def test_the_baseline_is_always_among_the_expectations() -> None:
    expected = {(c.verb, c.resource) for c in described().expectations if isinstance(c, KubernetesCall)}
    assert {("list", "secrets"), ("impersonate", "users"), ("escalate", "clusterroles")} <= expected


def test_a_list_expands_to_several_items_and_an_unknown_value_stays_a_placeholder() -> None:
    built = described(namespaces=["web", "payments"], role=placeholder("args.role"))
    assert built.grants[0].namespaces == ("web", "payments")
    assert isinstance(built.role.trust, CrossAccount)
    assert built.role.trust.principals == (placeholder("args.role"),)
    assert described().grants[0].namespaces == (), "the default: bound nowhere, and not everywhere"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALL + "extra: 1\n", "acme.yaml:21: extra is not a known property. Known here: arguments, expectations,"),
        (SMALL.replace("why: reads}\n    groups", "wy: x}\n    groups"), "acme.yaml:14: profiles.least.statements[0]"),
        (SMALL.replace("verbs: [list], ", ""), "acme.yaml:20: profiles.least.grants[0].rules[0].verbs is required"),
        (SMALL.replace("[list]", "list"), "rules[0].verbs does not fit: input should be a valid list"),
        (SMALL.replace("[list]", "['*']"), "acme.yaml:12: profiles.least does not fit: '*' is a wildcard: spell out"),
        (SMALL.replace("[pods]", "[]"), "rules[0].resources does not fit"),
        (SMALL.replace("title: Acme", "title: Acme\ntitle: Other"), "acme.yaml:5 is 'title', which is there twice"),
        (SMALL.replace("version: 1", "version: 2"), "acme.yaml:2: version does not fit: input should be 1"),
        (SMALL.replace("vendor: acme", "vendor: Acme Inc"), "acme.yaml:3: vendor does not fit"),
        (SMALL.replace("cross_account", "cross_accounts"), "acme.yaml:9: trust.cross_accounts is not a known property"),
        ("a: [", "acme.yaml is not YAML"),
        ("- 1", "acme.yaml:1 does not fit"),
        ("", "acme.yaml:1 does not fit"),
    ],
)  # fmt: skip
def test_an_invalid_file_is_rejected_with_line_and_path(text: str, message: str) -> None:
    assert message in refusal(text)
    assert described(SMALL).title == "Acme", "the same without the fault is accepted"


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (SMALL, {"rolle": "x"}, "arguments.rolle is not an argument of Acme. Known: role, namespaces."),
        (SMALL, {"role": ["x"]}, "arguments.role must be a text: Acme's role"),
        (SMALL, {"namespaces": "web"}, "arguments.namespaces must be a list of texts: where it reads"),
        (SMALL, {"role": "arn:aws:iam::444455556666:root"}, "trust.cross_account.principals[0] is 'arn:aws:iam"),
        (SMALL, {"namespaces": ["web", "web"]}, "names a namespace twice"),
        (small(arguments__role__pattern="arn:aws:iam::4+:role/.+"), {"role": "x"}, "arguments.role does not match"),
        (
            small(profiles__least__grants__0__rules__0__resource_names=["{arg:namespaces}"]),
            {},
            "grants.read.resource_names expands to an empty list, which would mean all of them",
        ),
        (
            small(profiles__least__access_policies=[{"name": "View", "namespaces": ["{arg:namespaces}"]}]),
            {},
            "View.namespaces expands to an empty list",
        ),
        (small(username="{nme}:x"), {}, "{nme}:x contains {nme}, which is unknown here. Known: {name},"),
        (small(username="{arg:namespaces}:x"), {}, "a list, which must be a whole item of a list"),
        (small(username="system:x"), {}, "begins with 'system:', which EKS reserves"),
        (small(profiles__least__groups=["system:masters"]), {}, "'system:', which EKS rejects in groups"),
        (small(profiles__least__groups=[]), {}, "grants.read.group needs a group"),
        (small(profiles__least__grants__0__group="other"), {}, "is 'other', which is not one of the profile's groups"),
    ],
)  # fmt: skip
def test_a_definition_that_does_not_fit_its_arguments_or_limits_is_rejected(
    text: str, arguments: dict[str, Any], message: str
) -> None:
    assert message in refusal(text, **arguments)


def test_a_missing_argument_is_reported_with_its_description() -> None:
    with pytest.raises(InvalidInputError, match=r"arguments\.role is required: Acme's role"):
        build_integration(parse_definition(SMALL, "acme.yaml"), {}, place("acme"))


def test_a_profile_that_is_not_described_is_rejected() -> None:
    with pytest.raises(InvalidInputError, match="profile is 'vendor', which is not described for Acme"):
        described(profile=Profile.VENDOR)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="which cannot be read: No such file"):
        load_definition(tmp_path / "nowhere.yaml")


URLS = [{"non_resource_urls": ["/metrics", "/logs/x"], "verbs": ["get"], "why": "metrics"}]


def test_a_rule_is_about_resources_or_about_paths_of_the_api_server() -> None:
    grants = [{"key": "urls", "rules": URLS}]
    (grant,) = described(small(profiles__least__grants=grants)).grants
    assert [rule.json() for rule in grant.rules] == [{"nonResourceURLs": ["/metrics", "/logs/x"], "verbs": ["get"]}]
    call = {"verb": "get", "resource": "/logs/x", "allowed": True, "why": "logs"}
    integration = described(small(profiles__least__grants=grants, expectations={"kubernetes": [call]}))
    (asked,) = (e for e in integration.expectations if isinstance(e, KubernetesCall) and e.resource.startswith("/"))
    assert (asked.resource, asked.subresource) == ("/logs/x", None)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({}, "give either resources or non_resource_urls"),
        ({"resources": ["pods"], "non_resource_urls": ["/metrics"]}, "give either resources or non_resource_urls"),
        ({"non_resource_urls": ["/metrics"], "api_groups": [""]}, "api_groups is for resources"),
        ({"non_resource_urls": ["/metrics"], "resource_names": ["x"]}, "resource_names is for resources"),
        ({"non_resource_urls": ["metrics"]}, "should match pattern"),
        ({"non_resource_urls": ["/a*/b"]}, "should match pattern"),
        ({"non_resource_urls": ["/debug/*"]}, "'/debug/\\*' is a wildcard"),
        ({"non_resource_urls": ["*"]}, "'\\*' is a wildcard"),
        ({"non_resource_urls": []}, "give either resources or non_resource_urls"),
    ],
)
def test_a_rule_that_is_about_neither_or_both_is_rejected(rule: dict[str, Any], problem: str) -> None:
    grants = [{"key": "urls", "rules": [{"verbs": ["get"], "why": "x", **rule}]}]
    assert re.search(problem, refusal(small(profiles__least__grants=grants)))


def test_a_page_may_ask_for_every_path() -> None:
    grants = [{"key": "urls", "rules": [{"verbs": ["get"], "why": "x", "non_resource_urls": ["*"]}]}]
    text = small(profiles__vendor={"groups": ["v"], "grants": grants})
    (grant,) = described(text, profile=Profile.VENDOR).grants
    assert grant.rules[0].json() == {"nonResourceURLs": ["*"], "verbs": ["get"]}


def test_truth_values_and_numbers_in_conditions_may_be_without_quotes() -> None:
    conditions = {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}
    statement = {"sid": "S", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/k"], "why": "x"}
    policy = described(small(profiles__least__statements=[{**statement, "conditions": conditions}])).role.policy()
    assert policy["Statement"][0]["Condition"] == {
        "Bool": {"aws:SecureTransport": "true"},
        "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
    }


def test_paths_are_not_granted_in_namespaces_where_they_would_have_no_effect() -> None:
    grants = [{"key": "urls", "namespaces": ["web"], "rules": URLS}]
    assert "in `namespaces` the rule grants nothing" in refusal(small(profiles__least__grants=grants))


def test_a_statement_for_each_region_is_there_once_for_each() -> None:
    statement = {
        "sid": "Nodes",
        "actions": ["ec2:DescribeInstances"],
        "resources": ["*"],
        "conditions": {"StringEquals": {"aws:RequestedRegion": "{region}"}},
        "why": "nodes in {region}",
        "each": "region",
    }
    policy = described(small(profiles__least__statements=[statement]), "API", "API").role.policy()
    (only,) = policy["Statement"]
    assert (only["Sid"], only["Condition"]) == ("NodesUsEast1", {"StringEquals": {"aws:RequestedRegion": "us-east-1"}})
    once = {**statement, "each": "once"}
    assert "contains {region}, which is unknown here" in refusal(small(profiles__least__statements=[once]))


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["arn:aws:iam::aws:policy/SecurityAudit"], "is not the name of a policy that AWS manages"),
        (["Security*"], "is not the name of a policy that AWS manages"),
        (["SecurityAudit", "SecurityAudit"], "names a policy twice"),
        ([f"P{index}" for index in range(11)], "more than the 10 policies"),
    ],
)
def test_policies_that_iam_would_not_attach_are_rejected(names: list[str], problem: str) -> None:
    policies = [{"name": name, "why": "audit"} for name in names]
    assert problem in refusal(small(profiles__least__managed_policies=policies))
    accepted = [{"name": "service-role/AWSConfigRole", "why": "audit"}]
    (policy,) = described(small(profiles__least__managed_policies=accepted)).role.managed_policies
    assert policy.arn("aws") == "arn:aws:iam::aws:policy/service-role/AWSConfigRole"


@pytest.mark.parametrize("account", ["464622532012", "arn:aws:iam::464622532012:root"])
def test_an_account_is_a_principal_with_an_external_id_alone(account: str) -> None:
    trust = {"cross_account": {"principals": [account], "external_id": "a1b2c3d4"}}
    integration = described(small(trust=trust))
    assert integration.role.trust == CrossAccount((account,), external_id="a1b2c3d4")
    assert "Account 464622532012 is trusted as a whole" in integration.residual_risks[-1]
    del trust["cross_account"]["external_id"]
    assert "is a whole account, which is trusted only together with an ExternalId" in refusal(small(trust=trust))


def test_a_service_that_sends_no_account_is_trusted_without_one() -> None:
    trust = {"service": {"service": "ec2.amazonaws.com", "source_account": None}}
    assert described(small(trust=trust)).role.trust == Service("ec2.amazonaws.com")
    del trust["service"]["source_account"]
    assert "is never sent by ec2.amazonaws.com" in refusal(small(trust=trust))


@pytest.mark.parametrize(
    ("conditions", "problem"),
    [
        (
            {"StringEquals": {"aws:RequestTag/team": "data-*"}},
            "which StringEquals takes literally: .* needs StringLike",
        ),
        ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a", "b?"]}}, "needs ForAnyValue:StringNotLike"),
        ({"StringEqualsIgnoreCase": {"aws:RequestTag/team": "*"}}, "needs StringLike"),
        ({"StringEqual": {"aws:RequestTag/team": "data"}}, "'StringEqual' is not an operator"),
        ({"StringEquals": {"SourceAccount": "111122223333"}}, "'SourceAccount' is not a condition key"),
    ],
)
def test_a_condition_that_iam_refuses_or_that_no_request_meets_is_rejected(
    conditions: dict[str, Any], problem: str
) -> None:
    statement = {"sid": "S", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/k"], "why": "x"}
    refused = refusal(small(profiles__least__statements=[{**statement, "conditions": conditions}]))
    assert re.search(problem, refused), refused


@pytest.mark.parametrize(
    "conditions",
    [
        {"StringLike": {"aws:RequestTag/team": "data-*"}},
        {"StringEquals": {"aws:RequestTag/team": "any-${*}"}},
        {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::b-*"}},
        {"ForAllValues:StringEqualsIfExists": {"aws:TagKeys": ["a"]}, "Null": {"aws:TagKeys": "false"}},
        {"NumericLessThanEquals": {"s3:max-keys": "10"}, "Bool": {"aws:SecureTransport": "true"}},
        {
            "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
            "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"},
        },
    ],
)
def test_the_operators_of_iam_are_accepted(conditions: dict[str, Any]) -> None:
    statement = {"sid": "S", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/k"], "why": "x"}
    text = small(profiles__least__statements=[{**statement, "conditions": conditions}])
    assert described(text).role.policy()["Statement"][0]["Condition"] == conditions
