"""Evaluates all rules over a stack; rules with the same settings share one evaluation. Pure."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from .. import iam
from ..access import Access
from ..access.accounts import find_own_accounts
from ..access.eks.aws_auth import CONFIG_MAP
from ..finding import Finding, Rule
from ..rules import eks as eks_rules
from ..stack import Resource, Stack
from ..stack.model import RBAC_TYPES
from . import eks, not_evaluated, rbac
from .documents import evaluate_documents
from .exemptions import EXEMPTED, Exemption, find_exemptions
from .identities import evaluate_identities
from .settings import Settings

RESOURCE_RULES: tuple[Rule, ...] = (
    *iam.RULES,
    eks_rules.WHOLE_AWS_AUTH,
    eks_rules.BROKEN_AWS_AUTH,
    eks_rules.MAP_ACCOUNTS,
    eks_rules.CLUSTER_REPLACED,
    eks_rules.ACCESS_CONFIG,
    eks_rules.MODE_CHANGE,
    eks_rules.CONFIG_MAP_MODE,
    eks_rules.CREATOR_ADMIN,
    eks_rules.IDENTITY_PROVIDER,
    eks_rules.POD_IDENTITY,
)
"""Rules about one resource by itself: evaluated before the engine creates or updates the resource."""
STACK_RULES: tuple[Rule, ...] = (
    *(rule for rule in eks.RULES if rule not in RESOURCE_RULES),
    *rbac.RULES,
    *not_evaluated.RULES,
    EXEMPTED,
)
"""Rules about several resources together: evaluated at the end of a preview, and of an update."""
RULES: tuple[Rule, ...] = (*RESOURCE_RULES, *STACK_RULES)


def has_resource_rules(type: str) -> bool:
    """Whether a resource rule applies to this type: of the types in clusters, only to ConfigMap, for aws-auth."""
    is_in_cluster = type.startswith("kubernetes:") or type in RBAC_TYPES
    return not is_in_cluster or CONFIG_MAP.fullmatch(type) is not None


class Evaluator:
    """Evaluates all rules. `by_rule` has the settings of single rules, by rule id; all others have `default`."""

    def __init__(self, default: Settings | None = None, by_rule: Mapping[str, Settings] | None = None) -> None:
        default = default or Settings()
        self._rules_by_settings: dict[Settings, set[str]] = defaultdict(set)
        for rule in RULES:
            self._rules_by_settings[(by_rule or {}).get(rule.id, default)].add(rule.id)

    def stack(self, stack: Stack) -> list[Finding]:
        """All findings about a stack, the most severe first."""
        accounts = find_own_accounts(stack.resources)
        findings = [finding for each in stack.resources for finding in self.resource(each, stack, accounts)]
        return sorted([*findings, *self.together(stack, accounts)], key=_sort_key)

    def resource(self, resource: Resource, stack: Stack, accounts: frozenset[str]) -> list[Finding]:
        """The findings of the resource rules. `stack` has the other resources, as far as they are known."""
        return self._evaluate(lambda settings: _evaluate_resource(resource, settings, accounts, stack), stack)

    def together(self, stack: Stack, accounts: frozenset[str]) -> list[Finding]:
        """The findings of the stack rules."""
        access = Access(stack)
        return self._evaluate(
            lambda settings: _evaluate_stack(access, settings.with_accounts(accounts), accounts), stack
        )

    def find_exemptions(self, stack: Stack, accounts: frozenset[str]) -> list[Exemption]:
        """Every exemption of the settings with the findings that it takes away, none if it is not used."""
        access = Access(stack)

        def find(settings: Settings) -> Iterator[Finding]:
            for resource in stack.resources:
                if has_resource_rules(resource.type):
                    yield from _evaluate_resource(resource, settings, accounts, stack)
            yield from _evaluate_stack(access, settings.with_accounts(accounts), accounts)

        found: dict[tuple[str, str], list[Finding]] = {}
        for settings, rules in self._rules_by_settings.items():
            for each in find_exemptions(settings, rules, find, stack):
                found.setdefault((each.setting, each.entry), []).extend(each.findings)
        return [
            Exemption(setting, entry, tuple(_redact(finding, stack) for finding in findings))
            for (setting, entry), findings in found.items()
        ]

    def _evaluate(self, find: Callable[[Settings], Iterable[Finding]], stack: Stack) -> list[Finding]:
        """The findings under each rule's settings, without exempted resources, and with secrets redacted."""
        return [
            _redact(finding, stack)
            for settings, rules in self._rules_by_settings.items()
            for finding in find(settings)
            if finding.rule.id in rules
            if not settings.exempts(stack.by_urn.get(finding.urn), stack)
        ]


def _evaluate_resource(
    resource: Resource, settings: Settings, accounts: frozenset[str], stack: Stack
) -> Iterator[Finding]:
    yield from evaluate_documents(resource, settings, accounts, stack)
    yield from eks.evaluate_resource(resource)


def _evaluate_stack(access: Access, settings: Settings, accounts: frozenset[str]) -> Iterator[Finding]:
    yield from eks.evaluate(access, settings, accounts)
    yield from rbac.evaluate(access, settings)
    yield from evaluate_identities(access.stack, settings, accounts)
    yield from not_evaluated.find_not_evaluated(access, settings)


def _redact(finding: Finding, stack: Stack) -> Finding:
    return dataclasses.replace(finding, message=stack.redact(finding.message)) if stack.secret_texts else finding


def _sort_key(finding: Finding) -> tuple[int, str, str, str]:
    return (-finding.rule.severity, finding.rule.id, finding.urn, finding.message)
