"""Judge once for all policies of a pack, instead of once for each.

The policy SDK decodes every resource again for every policy (pulumi_policy 1.21: `_PolicyAnalyzerServicer`), which for
dozens of policies costs far more than judging. Here each request is decoded and judged once, and what is found is
reported under the policies' own names and levels. What is not there to be overridden in another version of the SDK
leaves the SDK's own way, which finds the same, more slowly.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel, Policy
from pulumi_policy import policy as sdk

from ..evaluate.configuration import SHARED
from ..evaluate.documents import BY_ACCOUNT
from ..evaluate.evaluator import Evaluator, is_evaluated_alone, own_accounts
from ..evaluate.settings import parse_settings
from ..finding import Finding
from ..stack import Resource, Stack
from ..stack.model import stack_in
from ..stack.serialized import Reader
from ..stack.state import merged

_SERVICER = "_PolicyAnalyzerServicer"
_NEEDED = ("_create_report_violation", "_get_enforcement_level", "_get_policy_config")


@contextmanager
def evaluated_once() -> Iterator[None]:
    """Within this, a pack of this package's policies alone judges each request once."""
    original = getattr(sdk, _SERVICER, None)
    if original is None or not all(hasattr(original, name) for name in _NEEDED):
        yield
        return
    setattr(sdk, _SERVICER, _sharing(original))
    try:
        yield
    finally:
        setattr(sdk, _SERVICER, original)


def _sharing(base: Any) -> Any:
    class Sharing(base):  # type: ignore[misc]  # a class that only the SDK knows
        def __init__(self, name: str, version: str, policies: list[Policy], *options: Any) -> None:
            super().__init__(name, version, policies, *options)
            self._policies = {policy.name: policy for policy in policies}
            self._evaluator = Evaluator()
            self._seen: dict[str, Resource] = {}
            self._accounts: frozenset[str] = frozenset()
            self._providers: set[str] = set()
            """The providers whose accounts were read: every resource comes with its provider, kubeconfig and all."""
            self._secret_texts: set[str] = set()
            self._later: set[str] = set()
            """The resources whose trust is judged when the account is known, or at the end."""

        def Configure(self, request: Any, context: Any) -> Any:
            answer = super().Configure(request, context)
            given = {name: self._get_policy_config(name) for name in self._policies}
            shared = parse_settings(given.pop(SHARED, None))
            self._evaluator = Evaluator(
                shared, {name: parse_settings(config, shared) for name, config in given.items()}
            )
            return answer

        def Analyze(self, request: Any, _context: Any) -> Any:
            if not is_evaluated_alone(request.type):
                return proto.AnalyzeResponse()
            reader = Reader()
            resource = self._resource(request, request.options.parent, reader)
            known = own_accounts([resource])
            if request.HasField("provider") and request.provider.urn not in self._providers:
                known |= own_accounts([_provider(request.provider, reader)])
                self._providers.add(request.provider.urn)
            # Resources come from several threads; each of these is one step, and neither is ever taken back.
            self._accounts |= known
            self._secret_texts |= reader.secret_texts
            self._seen[resource.urn] = resource
            stack = Stack(tuple(self._with_ancestors(resource)), secret_texts=frozenset(reader.secret_texts))
            found = self._evaluator.resource(resource, stack, self._accounts)
            if not self._accounts and any(finding.rule in BY_ACCOUNT for finding in found):
                # In the whole stack, roles that are made already say whose account this is.
                self._later.add(resource.urn)
                found = [finding for finding in found if finding.rule not in BY_ACCOUNT]
            return self._reported(found)

        def Remediate(self, _request: Any, _context: Any) -> Any:
            # The engine asks this of every resource before it asks Analyze, and the SDK decodes it before it looks
            # whether any policy remediates. None does.
            return proto.RemediateResponse()

        def AnalyzeStack(self, request: Any, _context: Any) -> Any:
            reader = Reader()
            resources = tuple(self._resource(each, each.parent, reader, self._seen) for each in request.resources)
            name = stack_in(resources[0].urn) if resources else ""
            # What a component was given is merged in, with its secrets.
            stack = Stack(resources, name, frozenset(reader.secret_texts | self._secret_texts))
            accounts = own_accounts(resources) | self._accounts
            again = (self._evaluator.resource(each, stack, accounts) for each in resources if each.urn in self._later)
            later = [finding for found in again for finding in found if finding.rule in BY_ACCOUNT]
            return self._reported([*later, *self._evaluator.together(stack, accounts)])

        def _resource(
            self, given: Any, parent: str, reader: Reader, seen: Mapping[str, Resource] | None = None
        ) -> Resource:
            properties, secrets = reader.properties(json_format.MessageToDict(given.properties))
            # A component is asked about with its inputs, and in the stack has its outputs only.
            planned = seen.get(given.urn) if seen else None
            dependencies = getattr(given, "propertyDependencies", None) or {}
            return Resource(
                urn=given.urn,
                type=given.type,
                name=given.name,
                properties=merged(planned.properties, properties) if planned else properties,
                parent=parent or None,
                provider=given.provider.urn if given.HasField("provider") else None,
                dependencies=tuple(getattr(given, "dependencies", ())),
                property_dependencies={name: tuple(found.urns) for name, found in dependencies.items()},
                secrets=secrets | (planned.secrets if planned else frozenset()),
                is_protected=given.options.protect,
            )

        def _with_ancestors(self, resource: Resource) -> Iterator[Resource]:
            above: Resource | None = resource
            while above is not None:
                yield above
                above = self._seen.get(above.parent or "")

        def _reported(self, found: list[Finding]) -> Any:
            response = proto.AnalyzeResponse()
            for finding in found:
                policy = self._policies.get(finding.rule.id)
                level = self._get_enforcement_level(policy) if policy else EnforcementLevel.DISABLED
                if policy is None or level is EnforcementLevel.DISABLED:
                    continue
                if level is EnforcementLevel.REMEDIATE:
                    level = EnforcementLevel.MANDATORY  # there is nothing that remediates
                report = self._create_report_violation(
                    response, policy.name, policy.description, level, policy.severity
                )
                report(finding.message, finding.urn)
            return response

    return Sharing


def _provider(given: Any, reader: Reader) -> Resource:
    properties, _ = reader.properties(json_format.MessageToDict(given.properties))
    return Resource(given.urn, given.type, given.name, properties)
