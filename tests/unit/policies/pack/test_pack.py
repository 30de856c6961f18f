"""The pack as the engine asks it, without an engine: the SDK's servicer, with and without judging once."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel, PolicyPack, proxy
from pulumi_policy import policy as sdk

from eks_access.integrations.conductorone.modes import CONDUCTORONE_ROLE
from eks_access.model.arn import parse
from eks_access_policies.evaluate.configuration import SHARED
from eks_access_policies.evaluate.evaluator import RESOURCE_RULES, RULES
from eks_access_policies.iam import KNOWN_VENDORS
from eks_access_policies.pack import evaluated_once, policies
from eks_access_policies.stack import Resource, is_unknown
from tests.support.policies.case import Case
from tests.support.policies.cases import CASES
from tests.support.policies.resources import ResourceSpec, association, entry, role, stack

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


def servicer(*, once: bool) -> Any:
    with evaluated_once() if once else nullcontext():
        return sdk._PolicyAnalyzerServicer("eks-access", "1", policies(), EnforcementLevel.ADVISORY)


def struct(value: Any) -> Any:
    found = struct_pb2.Struct()
    json_format.ParseDict(value, found)
    return found


def properties(resource: Resource) -> Any:
    return struct({name: proxy.UNKNOWN_STRING_VALUE if is_unknown(v) else v for name, v in resource.properties.items()})


def asked_alone(resource: Resource) -> Any:
    return proto.AnalyzeRequest(
        type=resource.type,
        urn=resource.urn,
        name=resource.name,
        properties=properties(resource),
        options=proto.AnalyzerResourceOptions(protect=resource.is_protected, parent=resource.parent or ""),
    )


def asked_together(resources: Iterable[Resource]) -> Any:
    request = proto.AnalyzeStackRequest()
    for resource in resources:
        given = proto.AnalyzerResource(
            type=resource.type, urn=resource.urn, name=resource.name, properties=properties(resource)
        )
        given.parent = resource.parent or ""
        given.options.protect = resource.is_protected
        if resource.provider:
            given.provider.urn = resource.provider
        for name, urns in resource.property_dependencies.items():
            given.propertyDependencies[name].urns.extend(urns)
        request.resources.append(given)
    return request


def answers(asked: Any, made: Iterable[ResourceSpec], *, preview: bool) -> Iterator[tuple[str, str, str]]:
    resources = stack(made, preview=preview).resources
    for resource in resources:
        yield from _told(asked.Analyze(asked_alone(resource), None))
    yield from _told(asked.AnalyzeStack(asked_together(resources), None))


def _told(response: Any) -> Iterator[tuple[str, str, str]]:
    for diagnostic in response.diagnostics:
        yield diagnostic.policyName, diagnostic.urn, diagnostic.message


@pytest.fixture(scope="module")
def pack() -> Any:
    return servicer(once=True)


_SOME = CASES[::12]
"""The slow way judges once for each policy; a part of the cases shows that it finds the same."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_policy_finds_in_a_preview_what_its_rule_finds(case: Case, pack: Any) -> None:
    assert case.rule in {rule for rule, _, _ in answers(pack, case.bad, preview=True)}
    assert case.rule not in {rule for rule, _, _ in answers(pack, case.good, preview=True)}


@pytest.mark.parametrize("case", _SOME, ids=lambda case: case.rule)
def test_judging_once_finds_what_each_policy_finds_by_itself(case: Case) -> None:
    fast = set(answers(servicer(once=True), case.bad, preview=False))
    slow = set(answers(servicer(once=False), case.bad, preview=False))
    # By itself a policy sees one resource at a time, and not whose account the ones before it are in.
    alone = {rule.id for rule in RESOURCE_RULES if rule.id.startswith("iam-")}
    assert {each for each in fast if each[0] not in alone} == {each for each in slow if each[0] not in alone}


def test_grave_rules_block_and_others_advise() -> None:
    info = servicer(once=True).GetAnalyzerInfo(None, None)
    levels = {policy.name: policy.enforcementLevel for policy in info.policies}
    for rule in RULES:
        assert levels[rule.id] == (proto.MANDATORY if rule.is_mandatory else proto.ADVISORY)
    told = next(policy for policy in info.policies if policy.name == "rbac-secrets-read")
    assert told.remediation_steps
    assert told.url.startswith("https://kubernetes.io/")
    assert (told.framework.name, told.framework.reference) == ("CIS EKS", "4.1.2")
    assert "allowedGroups" in told.configSchema.properties


ADMIN = [role("boss"), entry("way-in", "boss"), association("policy", "boss", "AmazonEKSClusterAdminPolicy")]


def configured(config: dict[str, Any]) -> set[str]:
    asked = servicer(once=True)
    request = proto.ConfigureAnalyzerRequest()
    for name, given in config.items():
        request.policyConfig[name].enforcementLevel = given.pop("level", proto.MANDATORY)
        request.policyConfig[name].properties.CopyFrom(struct(given))
    asked.Configure(request, None)
    return {rule for rule, _, _ in answers(asked, ADMIN, preview=False)}


def test_a_setting_of_a_rule_is_the_rules_alone() -> None:
    assert "eks-cluster-admin-policy" in configured({})
    assert "eks-cluster-admin-policy" not in configured({"eks-cluster-admin-policy": {"allowedPrincipals": ["boss"]}})
    assert "eks-cluster-admin-policy" in configured({"eks-admin-policy": {"allowedPrincipals": ["boss"]}})


def test_settings_of_all_rules_are_every_rules() -> None:
    assert "eks-cluster-admin-policy" not in configured({SHARED: {"allowedPrincipals": ["boss"]}})


def test_a_disabled_policy_reports_nothing() -> None:
    assert "eks-cluster-admin-policy" not in configured({"eks-cluster-admin-policy": {"level": proto.DISABLED}})


def test_a_secret_is_not_told() -> None:
    username = {_SIGNATURE: _SECRET, "value": "eks:hush-hush"}
    resource = Resource(
        "urn:pulumi:test::cases::aws:eks/accessEntry:AccessEntry::way-in",
        "aws:eks/accessEntry:AccessEntry",
        "way-in",
        {"clusterName": "prod", "principalArn": "arn:aws:iam::111122223333:role/x", "userName": username},
    )
    told = list(_told(servicer(once=True).AnalyzeStack(asked_together([resource]), None)))
    assert "eks-reserved-name" in {rule for rule, _, _ in told}, "a secret is judged like any other value"
    assert "hush-hush" not in str(told)


def test_a_secret_that_a_component_was_given_is_not_told_either() -> None:
    kind = "eks-access:index:AwsAuthMapping"
    groups = {_SIGNATURE: _SECRET, "value": ["system:masters-hush"]}
    given = {"clusterName": "prod", "roleArn": "arn:aws:iam::111122223333:role/x", "username": "x", "groups": groups}
    planned = Resource(f"urn:pulumi:test::cases::{kind}::mapping", kind, "mapping", given)
    asked = servicer(once=True)
    asked.Analyze(asked_alone(planned), None)
    bare = Resource(planned.urn, kind, "mapping", {"clusterName": "prod"})
    told = list(_told(asked.AnalyzeStack(asked_together([bare]), None)))
    assert "eks-reserved-name" in {rule for rule, _, _ in told}, "what it was given is judged"
    assert "hush" not in str(told)


def test_nothing_is_remediated() -> None:
    asked = servicer(once=True)
    assert not asked.Remediate(asked_alone(Resource("urn:x", "aws:iam/role:Role", "x", {})), None).remediations


OWN_TRUST = role("ci-role")
"""It trusts a role of its own account, which a stack without anything made yet cannot know."""


def trust_findings(*resources: Resource) -> list[str]:
    asked = servicer(once=True)
    alone = [each for resource in resources for each in _told(asked.Analyze(asked_alone(resource), None))]
    assert not alone, "whose account it is may be known at the end"
    return [message for rule, _, message in _told(asked.AnalyzeStack(asked_together(resources), None)) if "iam" in rule]


def test_whose_account_it_is_may_be_known_at_the_end_only() -> None:
    given = Resource(OWN_TRUST.urn, OWN_TRUST.type, OWN_TRUST.name, OWN_TRUST.properties)
    made = Resource(f"{OWN_TRUST.urn}-2", OWN_TRUST.type, "made", {"arn": "arn:aws:iam::111122223333:role/made"})
    assert not trust_findings(given, made), "a role that is made already is in the account"
    told = trust_findings(given)
    assert told, "nothing says whose account it is"
    assert all("name it in the setting `accounts`" in message for message in told)


def test_what_is_not_known_yet_is_said() -> None:
    document = ResourceSpec("aws:iam/rolePolicy:RolePolicy", "rights", {"policy": proxy.UNKNOWN_STRING_VALUE})
    told = [m for rule, _, m in answers(servicer(once=True), [document], preview=True) if rule == "not-judged"]
    assert told == [
        "What could not be judged is judged later.\nthe inline policy of rights (policy) is not known yet, and was not"
        " judged."
    ]


def test_the_sdk_is_left_as_it_was() -> None:
    before = sdk._PolicyAnalyzerServicer
    with evaluated_once():
        assert sdk._PolicyAnalyzerServicer is not before
    assert sdk._PolicyAnalyzerServicer is before


def test_another_sdk_without_what_is_overridden_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sdk, "_PolicyAnalyzerServicer")
    with evaluated_once():
        assert not hasattr(sdk, "_PolicyAnalyzerServicer"), "the pack is slower then, and works"


def test_importing_the_pack_starts_nothing() -> None:
    code = "import eks_access_policies.pack, eks_access_cli.commands.policies, sys; sys.exit('grpc' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("heavy", ["pulumi_aws", "pulumi_kubernetes", "pydantic", "boto3"])
def test_the_pack_does_not_load_what_it_has_no_use_for(heavy: str) -> None:
    code = f"import eks_access_policies.pack, sys; sys.exit({heavy!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == 0, f"{heavy} takes a part of every preview"


def test_the_vendor_of_an_integration_is_a_known_one() -> None:
    parsed = parse(CONDUCTORONE_ROLE)
    assert parsed is not None
    assert KNOWN_VENDORS[parsed.account].name == "ConductorOne"


def test_a_pack_of_ones_own_takes_the_policies_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    server = _Server()
    monkeypatch.setattr("grpc.server", lambda *_, **__: server)
    monkeypatch.setattr("time.sleep", _interrupt)
    PolicyPack("mine", policies=policies())
    assert server.is_started


class _Server:
    is_started = False

    def add_insecure_port(self, address: str) -> int:
        return 1

    def start(self) -> None:
        self.is_started = True

    def stop(self, _grace: float) -> None:
        pass

    def add_generic_rpc_handlers(self, _handlers: object) -> None:
        pass

    def add_registered_method_handlers(self, _service: str, _handlers: object) -> None:
        pass


def _interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_every_property_of_a_case_is_json() -> None:
    assert json.dumps([dict(made.properties) for case in CASES for made in (*case.bad, *case.good)])
