"""A servicer that evaluates each request once for all policies of a pack, instead of once per policy.

The policy SDK decodes every resource again for every policy (pulumi_policy 1.21: `_PolicyAnalyzerServicer`), which for
dozens of policies costs far more than the evaluation itself. `SharedEvaluationServicer` decodes and evaluates each
request once and reports the findings under each policy's own name and enforcement level. If a version of the SDK lacks
the methods that are overridden here, the SDK's own servicer runs instead, with the same findings, more slowly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel, Policy
from pulumi_policy import policy as sdk

from eks_access.text_layout import show_controls

from ..access.accounts import find_own_accounts
from ..evaluate.configuration import SHARED
from ..evaluate.documents import ACCOUNT_RULES
from ..evaluate.evaluator import Evaluator, has_resource_rules
from ..evaluate.exemptions import report_exemptions
from ..evaluate.settings import parse_settings
from ..finding import Finding
from ..stack import Resource, Stack
from ..stack.model import parse_stack_name
from ..stack.property_reader import PropertyReader
from ..stack.state import merge_properties

_NAME = "_PolicyAnalyzerServicer"
_REQUIRED_METHODS = ("_create_report_violation", "_get_enforcement_level", "_get_policy_config")
_SdkServicer: Any = getattr(sdk, _NAME, object)


@contextmanager
def shared_evaluation() -> Iterator[None]:
    """Make a pack that is started in this context, and has only this package's policies, evaluate each request once."""
    original = getattr(sdk, _NAME, None)
    if original is None or not all(hasattr(original, method) for method in _REQUIRED_METHODS):
        yield
        return
    setattr(sdk, _NAME, SharedEvaluationServicer)
    try:
        yield
    finally:
        setattr(sdk, _NAME, original)


class SharedEvaluationServicer(_SdkServicer):  # type: ignore[misc]  # the SDK's class is private and untyped
    """Serves the engine's requests to the pack, with one evaluation per request for all policies.

    Resources arrive one by one (`Analyze`), from several threads, and then all together (`AnalyzeStack`). What the
    single resources show is kept for the whole stack: the account, secrets, and a component's inputs.
    """

    def __init__(self, name: str, version: str, policies: list[Policy], *options: Any) -> None:
        super().__init__(name, version, policies, *options)
        self._policies = {policy.name: policy for policy in policies}
        self._evaluator = Evaluator()
        self._planned: dict[str, Resource] = {}
        """The resources of `Analyze`, by URN."""
        self._accounts: frozenset[str] = frozenset()
        self._providers: set[str] = set()
        """Providers whose accounts were read: every request repeats its provider, kubeconfig included."""
        self._secret_texts: set[str] = set()
        self._deferred: set[str] = set()
        """Resources whose trust is evaluated only with the whole stack, since the account is not known before."""

    def Configure(self, request: Any, context: Any) -> Any:
        """Read the settings of every policy, and those that all share."""
        response = super().Configure(request, context)
        configs = {name: self._get_policy_config(name) for name in self._policies}
        shared = parse_settings(configs.pop(SHARED, None))
        self._evaluator = Evaluator(shared, {name: parse_settings(config, shared) for name, config in configs.items()})
        return response

    def Analyze(self, request: Any, _context: Any) -> Any:
        """Evaluate one resource by itself, before it is deployed."""
        if not has_resource_rules(request.type):
            return proto.AnalyzeResponse()
        reader = PropertyReader()
        resource = _decode_resource(request, request.options.parent, reader)
        accounts = find_own_accounts([resource]) | self._find_provider_accounts(request, reader)
        # Requests come from several threads: each of these is one atomic step, and nothing is ever removed.
        self._accounts |= accounts
        self._secret_texts |= reader.secret_texts
        self._planned[resource.urn] = resource
        stack = Stack(tuple(self._with_ancestors(resource)), secret_texts=frozenset(reader.secret_texts))
        findings = self._evaluator.resource(resource, stack, self._accounts)
        if not self._accounts and any(finding.rule in ACCOUNT_RULES for finding in findings):
            # In the whole stack, roles that exist already show which account is its own.
            self._deferred.add(resource.urn)
            findings = [finding for finding in findings if finding.rule not in ACCOUNT_RULES]
        return self._respond(findings)

    def Remediate(self, _request: Any, _context: Any) -> Any:
        """Remediate nothing.

        The engine sends this for every resource before `Analyze`, and the SDK decodes the resource before it checks
        whether any policy remediates.
        """
        return proto.RemediateResponse()

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:
        """Evaluate all resources together, at the end of a preview and of an update."""
        reader = PropertyReader()
        resources = tuple(
            _decode_resource(each, each.parent, reader, self._planned.get(each.urn)) for each in request.resources
        )
        name = parse_stack_name(resources[0].urn) if resources else ""
        # A component's inputs are merged in, so their secrets have to be redacted as well.
        stack = Stack(resources, name, frozenset(reader.secret_texts | self._secret_texts))
        accounts = find_own_accounts(resources) | self._accounts
        deferred = [
            finding
            for resource in resources
            if resource.urn in self._deferred
            for finding in self._evaluator.resource(resource, stack, accounts)
            if finding.rule in ACCOUNT_RULES
        ]
        exempted = report_exemptions(self._evaluator.find_exemptions(stack, accounts))
        return self._respond([*deferred, *self._evaluator.together(stack, accounts), *exempted])

    def _find_provider_accounts(self, request: Any, reader: PropertyReader) -> frozenset[str]:
        if not request.HasField("provider") or request.provider.urn in self._providers:
            return frozenset()
        self._providers.add(request.provider.urn)
        return find_own_accounts([_decode_provider(request.provider, reader)])

    def _with_ancestors(self, resource: Resource) -> Iterator[Resource]:
        current: Resource | None = resource
        while current is not None:
            yield current
            current = self._planned.get(current.parent or "")

    def _respond(self, findings: list[Finding]) -> Any:
        response = proto.AnalyzeResponse()
        for finding in findings:
            policy = self._policies.get(finding.rule.id)
            level = self._get_enforcement_level(policy) if policy else EnforcementLevel.DISABLED
            if policy is None or level is EnforcementLevel.DISABLED:
                continue
            if level is EnforcementLevel.REMEDIATE:
                level = EnforcementLevel.MANDATORY  # no policy of this pack remediates
            report = self._create_report_violation(response, policy.name, policy.description, level, policy.severity)
            report(show_controls(finding.message), finding.urn)
        return response


def _decode_resource(message: Any, parent: str, reader: PropertyReader, planned: Resource | None = None) -> Resource:
    """The resource in a request.

    `planned` is the same resource as `Analyze` received it: a component has only its inputs there, and only its outputs
    in the whole stack.
    """
    properties, secrets = reader.read_properties(json_format.MessageToDict(message.properties))
    dependencies = getattr(message, "propertyDependencies", None) or {}
    return Resource(
        urn=message.urn,
        type=message.type,
        name=message.name,
        properties=merge_properties(planned.properties, properties) if planned else properties,
        parent=parent or None,
        provider=message.provider.urn if message.HasField("provider") else None,
        dependencies=tuple(getattr(message, "dependencies", ())),
        property_dependencies={name: tuple(sources.urns) for name, sources in dependencies.items()},
        secrets=secrets | (planned.secrets if planned else frozenset()),
        is_protected=message.options.protect,
        inputs=planned.properties if planned else None,
        is_component=not message.HasField("provider"),
    )


def _decode_provider(message: Any, reader: PropertyReader) -> Resource:
    properties, _ = reader.read_properties(json_format.MessageToDict(message.properties))
    return Resource(message.urn, message.type, message.name, properties)
