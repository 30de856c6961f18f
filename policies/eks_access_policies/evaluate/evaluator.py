"""All rules over a stack: each is judged with its own settings, and everything that can be judged once is. Pure."""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from eks_access.model import arn as arns

from .. import iam
from ..access import Access
from ..access.clusters import CLUSTER
from ..access.entries import CONFIG_MAP
from ..access.principals import ROLE, USER
from ..finding import Finding, Rule
from ..rules import eks as eks_rules
from ..stack import Resource, Stack
from ..stack.values import text, texts
from . import eks, not_evaluated, rbac
from .documents import evaluate_documents
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
"""Rules about one resource by itself: the engine asks them before it makes the resource."""
STACK_RULES: tuple[Rule, ...] = (
    *(rule for rule in eks.RULES if rule not in RESOURCE_RULES),
    *rbac.RULES,
    *not_evaluated.RULES,
)
"""Rules about how resources go together: the engine asks them at the end of a preview, and of an update."""
RULES: tuple[Rule, ...] = (*RESOURCE_RULES, *STACK_RULES)


def is_evaluated_alone(type: str) -> bool:
    """Whether a resource of this type may have findings by itself: of Kubernetes' kinds only aws-auth has."""
    return not type.startswith("kubernetes:") or CONFIG_MAP.fullmatch(type) is not None


class Evaluator:
    """The rules, with the settings of each."""

    def __init__(self, default: Settings | None = None, by_rule: Mapping[str, Settings] | None = None) -> None:
        default = default or Settings()
        self._rules_by_settings: dict[Settings, set[str]] = defaultdict(set)
        for rule in RULES:
            self._rules_by_settings[(by_rule or {}).get(rule.id, default)].add(rule.id)

    def stack(self, stack: Stack) -> list[Finding]:
        """Everything that there is to say about a stack, the gravest first."""
        accounts = own_accounts(stack.resources)
        alone = [finding for each in stack.resources for finding in self.resource(each, stack, accounts)]
        return sorted([*alone, *self.together(stack, accounts)], key=_gravest_first)

    def resource(self, resource: Resource, stack: Stack, accounts: frozenset[str]) -> list[Finding]:
        """What there is to say about a resource by itself. `stack` is what is known of the others."""
        return self._of_each(lambda settings: _alone(resource, settings, accounts, stack), stack)

    def together(self, stack: Stack, accounts: frozenset[str]) -> list[Finding]:
        """What there is to say about how a stack's resources go together."""
        access = Access(stack)
        return self._of_each(lambda settings: _together(access, settings, accounts), stack)

    def _of_each(self, evaluated: Callable[[Settings], Iterable[Finding]], stack: Stack) -> list[Finding]:
        """What is found with the settings of each rule, without what they exempt and without any secret."""
        return [
            _redacted(finding, stack)
            for settings, rules in self._rules_by_settings.items()
            for finding in evaluated(settings)
            if finding.rule.id in rules
            if not settings.exempts(stack.by_urn.get(finding.urn), stack)
        ]


def _alone(resource: Resource, settings: Settings, accounts: frozenset[str], stack: Stack) -> Iterator[Finding]:
    yield from evaluate_documents(resource, settings, accounts, stack)
    yield from eks.evaluate_resource(resource)


def _together(access: Access, settings: Settings, accounts: frozenset[str]) -> Iterator[Finding]:
    yield from eks.evaluate(access, settings, accounts)
    yield from rbac.evaluate(access, settings)
    yield from evaluate_identities(access.stack, settings, accounts)
    yield from not_evaluated.find_not_evaluated(access)
    for resource in access.stack.resources:
        yield from not_evaluated.find_documents_not_evaluated(resource)


def own_accounts(resources: Iterable[Resource]) -> frozenset[str]:
    """The accounts that a stack shows to be its own: those of its roles, users and clusters, and of its provider."""
    return frozenset(account for resource in resources for account in _accounts(resource))


def _accounts(resource: Resource) -> Iterator[str]:
    if resource.type in (*ROLE, *USER, *CLUSTER):
        parsed = arns.parse(text(resource.get("arn")) or "")
        if parsed is not None:
            yield parsed.account
    elif resource.type == "pulumi:providers:aws":
        allowed = resource.get("allowedAccountIds")
        yield from filter(arns.ACCOUNT_ID.fullmatch, re.findall(r"\d+", text(allowed) or " ".join(texts(allowed))))


def _redacted(finding: Finding, stack: Stack) -> Finding:
    return dataclasses.replace(finding, message=stack.redacted(finding.message)) if stack.secret_texts else finding


def _gravest_first(finding: Finding) -> tuple[int, str, str, str]:
    return (-finding.rule.severity, finding.rule.id, finding.urn, finding.message)
