"""The pack's servicer as the engine calls it, without an engine: with and without shared evaluation."""

import json
import re
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
from eks_access_policies.pack import create_policies, shared_evaluation
from eks_access_policies.stack import Resource, is_unknown
from tests.support.policies.case import Case
from tests.support.policies.cases import CASES
from tests.support.policies.resources import ResourceSpec, association, entry, role, stack

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


def create_servicer(*, shared: bool = True) -> Any:
    with shared_evaluation() if shared else nullcontext():
        return sdk._PolicyAnalyzerServicer("eks-access", "1", create_policies(), EnforcementLevel.ADVISORY)


def struct(value: Any) -> Any:
    found = struct_pb2.Struct()
    json_format.ParseDict(value, found)
    return found


def properties(resource: Resource) -> Any:
    return struct({name: proxy.UNKNOWN_STRING_VALUE if is_unknown(v) else v for name, v in resource.properties.items()})


def analyze_request(resource: Resource) -> Any:
    return proto.AnalyzeRequest(
        type=resource.type,
        urn=resource.urn,
        name=resource.name,
        properties=properties(resource),
        options=proto.AnalyzerResourceOptions(protect=resource.is_protected, parent=resource.parent or ""),
    )


def analyze_stack_request(resources: Iterable[Resource]) -> Any:
    request = proto.AnalyzeStackRequest()
    for resource in resources:
        message = proto.AnalyzerResource(
            type=resource.type, urn=resource.urn, name=resource.name, properties=properties(resource)
        )
        message.parent = resource.parent or ""
        message.options.protect = resource.is_protected
        if resource.provider:
            message.provider.urn = resource.provider
        for name, urns in resource.property_dependencies.items():
            message.propertyDependencies[name].urns.extend(urns)
        request.resources.append(message)
    return request


def analyze(servicer: Any, created: Iterable[ResourceSpec], *, preview: bool) -> Iterator[tuple[str, str, str]]:
    """The policy, URN and message of everything that is reported for these resources."""
    resources = stack(created, preview=preview).resources
    for resource in resources:
        yield from diagnostics(servicer.Analyze(analyze_request(resource), None))
    yield from diagnostics(servicer.AnalyzeStack(analyze_stack_request(resources), None))


def diagnostics(response: Any) -> Iterator[tuple[str, str, str]]:
    for diagnostic in response.diagnostics:
        yield diagnostic.policyName, diagnostic.urn, diagnostic.message


@pytest.fixture(scope="module")
def pack() -> Any:
    return create_servicer()


_SAMPLE = CASES[::12]
"""The SDK's own servicer is slow, so a sample of the cases shows that it finds the same."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_policy_finds_in_a_preview_what_its_rule_finds(case: Case, pack: Any) -> None:
    assert case.rule in {rule for rule, _, _ in analyze(pack, case.bad, preview=True)}
    assert case.rule not in {rule for rule, _, _ in analyze(pack, case.good, preview=True)}


@pytest.mark.parametrize("case", _SAMPLE, ids=lambda case: case.rule)
def test_shared_evaluation_finds_what_each_policy_finds_by_itself(case: Case) -> None:
    shared = set(analyze(create_servicer(), case.bad, preview=False))
    separate = set(analyze(create_servicer(shared=False), case.bad, preview=False))
    # By itself a policy sees one resource at a time, and not which accounts the resources before it belong to.
    excluded = {rule.id for rule in RESOURCE_RULES if rule.id.startswith("iam-")}
    assert {each for each in shared if each[0] not in excluded} == {
        each for each in separate if each[0] not in excluded
    }


def test_severe_rules_are_mandatory_and_others_advisory() -> None:
    info = create_servicer().GetAnalyzerInfo(None, None)
    levels = {policy.name: policy.enforcementLevel for policy in info.policies}
    for rule in RULES:
        assert levels[rule.id] == (proto.MANDATORY if rule.is_mandatory else proto.ADVISORY)
    policy = next(policy for policy in info.policies if policy.name == "rbac-secrets-read")
    assert policy.remediation_steps
    assert policy.url.startswith("https://kubernetes.io/")
    assert (policy.framework.name, policy.framework.reference) == ("CIS EKS", "4.1.2")
    assert "allowedGroups" in policy.configSchema.properties


ADMIN = [role("boss"), entry("way-in", "boss"), association("policy", "boss", "AmazonEKSClusterAdminPolicy")]


def analyze_with(config: dict[str, Any]) -> set[str]:
    servicer = create_servicer()
    request = proto.ConfigureAnalyzerRequest()
    for name, values in config.items():
        request.policyConfig[name].enforcementLevel = values.pop("level", proto.MANDATORY)
        request.policyConfig[name].properties.CopyFrom(struct(values))
    servicer.Configure(request, None)
    return {rule for rule, _, _ in analyze(servicer, ADMIN, preview=False)}


def test_a_rules_setting_applies_to_that_rule_only() -> None:
    rule = "eks-cluster-admin-policy"
    assert rule in analyze_with({})
    assert rule not in analyze_with({rule: {"allowedPrincipals": ["boss"]}})
    assert rule in analyze_with({"eks-admin-policy": {"allowedPrincipals": ["boss"]}})


def test_shared_settings_apply_to_every_rule() -> None:
    assert "eks-cluster-admin-policy" not in analyze_with({SHARED: {"allowedPrincipals": ["boss"]}})


def test_an_exemption_that_is_used_is_reported_and_others_are_not() -> None:
    assert "exempted" in analyze_with({SHARED: {"allowedPrincipals": ["boss"]}})
    assert "exempted" not in analyze_with({SHARED: {"allowedPrincipals": ["other"]}})


def test_a_disabled_policy_reports_nothing() -> None:
    assert "eks-cluster-admin-policy" not in analyze_with({"eks-cluster-admin-policy": {"level": proto.DISABLED}})


def test_a_secret_is_evaluated_and_not_shown() -> None:
    username = {_SIGNATURE: _SECRET, "value": "eks:hush-hush"}
    resource = Resource(
        "urn:pulumi:test::cases::aws:eks/accessEntry:AccessEntry::way-in",
        "aws:eks/accessEntry:AccessEntry",
        "way-in",
        {"clusterName": "prod", "principalArn": "arn:aws:iam::111122223333:role/x", "userName": username},
    )
    reported = list(diagnostics(create_servicer().AnalyzeStack(analyze_stack_request([resource]), None)))
    assert "eks-reserved-name" in {rule for rule, _, _ in reported}, "a secret is evaluated like any other value"
    assert "hush-hush" not in str(reported)


def test_a_secret_input_of_a_component_is_evaluated_and_not_shown() -> None:
    kind = "eks-access:index:AwsAuthMapping"
    groups = {_SIGNATURE: _SECRET, "value": ["system:masters-hush"]}
    inputs = {"clusterName": "prod", "roleArn": "arn:aws:iam::111122223333:role/x", "username": "x", "groups": groups}
    planned = Resource(f"urn:pulumi:test::cases::{kind}::mapping", kind, "mapping", inputs)
    servicer = create_servicer()
    servicer.Analyze(analyze_request(planned), None)
    outputs_only = Resource(planned.urn, kind, "mapping", {"clusterName": "prod"})
    reported = list(diagnostics(servicer.AnalyzeStack(analyze_stack_request([outputs_only]), None)))
    assert "eks-reserved-name" in {rule for rule, _, _ in reported}, "the inputs are evaluated"
    assert "hush" not in str(reported)


def test_nothing_is_remediated() -> None:
    request = analyze_request(Resource("urn:x", "aws:iam/role:Role", "x", {}))
    assert not create_servicer().Remediate(request, None).remediations


OWN_TRUST = role("ci-role")
"""It trusts a role of its own account, which a stack without any deployed resource cannot know."""


def find_trust_findings(*resources: Resource) -> list[str]:
    servicer = create_servicer()
    early = [each for resource in resources for each in diagnostics(servicer.Analyze(analyze_request(resource), None))]
    assert not early, "the account may be known at the end"
    response = servicer.AnalyzeStack(analyze_stack_request(resources), None)
    return [message for rule, _, message in diagnostics(response) if "iam" in rule]


def test_rules_that_depend_on_the_own_account_are_deferred_until_it_is_known() -> None:
    planned = Resource(OWN_TRUST.urn, OWN_TRUST.type, OWN_TRUST.name, OWN_TRUST.properties)
    deployed = Resource(f"{OWN_TRUST.urn}-2", OWN_TRUST.type, "made", {"arn": "arn:aws:iam::111122223333:role/made"})
    assert not find_trust_findings(planned, deployed), "a deployed role shows the account"
    messages = find_trust_findings(planned)
    assert messages, "no resource shows the account"
    assert all("name it in the setting `accounts`" in message for message in messages)


def test_an_unknown_document_is_reported_as_not_evaluated() -> None:
    document = ResourceSpec("aws:iam/rolePolicy:RolePolicy", "rights", {"policy": proxy.UNKNOWN_STRING_VALUE})
    messages = [m for rule, _, m in analyze(create_servicer(), [document], preview=True) if rule == "not-judged"]
    assert messages == [
        "Everything that decides about access can be evaluated.\nthe inline policy of rights (policy) is not known"
        " before the deployment and was not evaluated."
    ]


@pytest.mark.parametrize("shared", [True, False])
def test_the_engine_is_sent_no_control_characters(shared: bool) -> None:
    name = "boss\x1b[2J\n\u202e"
    created = [role(name), entry("in", name), association("policy", name, "AmazonEKSClusterAdminPolicy")]
    messages = [message for _, _, message in analyze(create_servicer(shared=shared), created, preview=False)]
    assert any("boss␛[2J␊�" in message for message in messages)
    for message in messages:
        _description, _, own = message.partition("\n")
        assert not re.search("[\x00-\x1f\u202e]", own)


def test_the_sdk_is_restored_afterwards() -> None:
    before = sdk._PolicyAnalyzerServicer
    with shared_evaluation():
        assert sdk._PolicyAnalyzerServicer is not before
    assert sdk._PolicyAnalyzerServicer is before


def test_an_sdk_without_the_overridden_class_is_used_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sdk, "_PolicyAnalyzerServicer")
    with shared_evaluation():
        assert not hasattr(sdk, "_PolicyAnalyzerServicer"), "the pack works, more slowly"


def test_importing_the_pack_starts_nothing() -> None:
    code = "import eks_access_policies.pack, eks_access_cli.flows.policies, sys; sys.exit('grpc' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("heavy", ["pulumi_aws", "pulumi_kubernetes", "pydantic", "boto3"])
def test_the_pack_does_not_import_heavy_packages(heavy: str) -> None:
    code = f"import eks_access_policies.pack, sys; sys.exit({heavy!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == 0, f"importing {heavy} slows down every preview"


def test_the_vendor_of_an_integration_is_a_known_vendor() -> None:
    parsed = parse(CONDUCTORONE_ROLE)
    assert parsed is not None
    assert KNOWN_VENDORS[parsed.account].name == "ConductorOne"


def test_the_policies_can_be_part_of_another_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    server = _Server()
    monkeypatch.setattr("grpc.server", lambda *_, **__: server)
    monkeypatch.setattr("time.sleep", _interrupt)
    PolicyPack("mine", policies=create_policies())
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
    assert json.dumps([dict(created.properties) for case in CASES for created in (*case.bad, *case.good)])
