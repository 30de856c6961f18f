"""Groups effective rules into sets that are compared as a whole: the rules of an access policy, or of a role. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ...access import EffectiveRules, Permission, Rules, Subject, default_subjects
from ...access.model import ANONYMOUS
from ...finding import Severity
from ...rules import rbac as pack
from ..formatting import quote_name
from ..side import RuleSet

_Place = tuple[str, ...] | None
_EVERYONE = (Subject("Group", "system:authenticated"), Subject("Group", "system:serviceaccounts"))


class RuleSetBuilder:
    """Builds rule sets, once for all principals and bindings that share rules."""

    def __init__(self) -> None:
        self._normalized: dict[Rules, frozenset[Permission]] = {}
        self._built: dict[tuple[int, ...], tuple[RuleSet, ...]] = {}
        self._unknown: dict[int, tuple[str, ...]] = {}

    def build(self, shared: Sequence[Sequence[EffectiveRules]]) -> tuple[RuleSet, ...]:
        """The rule sets of all these rules: one tuple for the same sequences."""
        key = tuple(map(id, shared))
        if key not in self._built:
            self._built[key] = tuple(self._group([held for some in shared for held in some]))
        return self._built[key]

    def build_rules(self, label: str, rules: Rules, namespaces: _Place = None) -> RuleSet:
        return RuleSet(label, self._normalize(rules), namespaces)

    def list_unknown(self, shared: Sequence[EffectiveRules]) -> tuple[str, ...]:
        """What is not known of the roles that give these rules, as phrases."""
        if id(shared) not in self._unknown:
            roles = dict.fromkeys(str(held.role) for held in shared if held.role and not held.role.is_whole)
            self._unknown[id(shared)] = tuple(
                f"not all of {quote_name(role)} is known before the deployment" for role in roles
            )
        return self._unknown[id(shared)]

    def _group(self, held: Sequence[EffectiveRules]) -> Iterator[RuleSet]:
        """The rules by their source; equal rules in several namespaces are one set."""
        is_anonymous = any(not each.entries and each.subject in ANONYMOUS for each in held)
        least = max(map(_find_least, held), default=Severity.LOW)
        sources: dict[tuple[str, bool, bool, _Place], dict[Rules, None]] = defaultdict(dict)
        for each in held:
            sources[*_describe_source(each), each.namespaces][each.rules] = None
        places: dict[tuple[str, bool, bool, frozenset[Permission]], list[_Place]] = defaultdict(list)
        for (label, is_policy, is_elsewhere, namespaces), rules in sources.items():
            permissions = frozenset().union(*map(self._normalize, rules)) if len(rules) > 1 else self._normalize(*rules)
            if permissions:
                places[label, is_policy, False, permissions].append(namespaces)
            if is_elsewhere:
                places[label, is_policy, True, frozenset()].append(namespaces)
        for (label, is_policy, is_elsewhere, permissions), where in places.items():
            names = None if None in where else tuple(sorted({name for each in where for name in each or ()}))
            yield RuleSet(label, permissions, names, is_policy, is_anonymous, least, is_elsewhere)

    def _normalize(self, rules: Rules) -> frozenset[Permission]:
        if rules not in self._normalized:
            self._normalized[rules] = frozenset(map(_normalize_rule, rules))
        return self._normalized[rules]


def _find_least(held: EffectiveRules) -> Severity:
    """The severity of giving anything to everyone, as the policy pack has it, but for what Kubernetes gives them."""
    if held.subject is None or held.entries or (held.role and held.subject in default_subjects(held.role.name)):
        return Severity.LOW
    if held.subject in ANONYMOUS:
        return pack.ANONYMOUS.severity
    return pack.AUTHENTICATED.severity if held.subject in _EVERYONE else Severity.LOW


def _describe_source(held: EffectiveRules) -> tuple[str, bool, bool]:
    """The name of what gives the rules, whether it is an access policy, and whether others decide about its rules."""
    if held.association is not None:
        return held.association.policy, True, False
    assert held.role is not None, "rules come from an association or a role"
    assert held.binding is not None, "a role is given by a binding"
    if held.binding.is_elsewhere:
        return f"the role of {held.binding}", False, True
    return str(held.role), False, held.role.is_elsewhere and "role" not in held.binding.unknown_fields


def _normalize_rule(rule: Permission) -> Permission:
    """The rule in sorted order without duplicates, neither of which has a meaning in RBAC."""
    return Permission(
        tuple(sorted({*rule.verbs})),
        tuple(sorted({*rule.groups})),
        tuple(sorted({*rule.resources})),
        tuple(sorted({*rule.names})),
        tuple(sorted({*rule.urls})),
        rule.is_whole,
    )
