"""Compares two sets of rights, so that a reviewer sees what profile `vendor` would add to `least`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..manifest.models import AccessPolicy, Rights
from ..model import aws_actions
from ..model.access_policies import describe_access_policy
from ..model.kubernetes_rights import describe_right
from ..model.rbac import api_group_of
from ..model.risk import Risk

ANYWHERE = "everywhere"


@dataclass(frozen=True)
class Gain:
    """Rights that one side has and the other lacks, or has only for a narrower scope."""

    plane: str
    """`aws` or `kubernetes`."""
    what: tuple[str, ...]
    where: str
    """The resources or namespaces; and those of the other side, if it has narrower rights of the same kind."""
    risk: Risk


@dataclass(frozen=True)
class Difference:
    gained: tuple[Gain, ...]
    lost: tuple[Gain, ...]

    @property
    def actions(self) -> tuple[str, ...]:
        """The IAM actions gained."""
        return tuple(what for gain in self.gained if gain.plane == "aws" for what in gain.what)


def compare_rights(least: Rights, vendor: Rights) -> Difference:
    """The rights that only `vendor` has, most severe first, and the rights that only `least` has."""
    # The rules of an access policy are not listed one by one, so rules that it replaces are not lost.
    replaced = bool(_added_policies(least, vendor))
    lost = (
        *_actions(vendor, least),
        *_managed_policies(vendor, least),
        *(() if replaced else _rules(vendor, least)),
    )
    gained = (
        *_actions(least, vendor),
        *_managed_policies(least, vendor),
        *_denials(least, vendor),
        *_added_policies(least, vendor),
        *_rules(least, vendor),
    )
    return Difference(_most_severe_first(gained), _most_severe_first(lost))


def _most_severe_first(gains: Sequence[Gain]) -> tuple[Gain, ...]:
    return tuple(sorted(gains, key=lambda gain: not gain.risk.is_severe))


def _actions(before: Rights, after: Rights) -> list[Gain]:
    had, has = _allowed(before), _allowed(after)
    together: dict[tuple[str, Risk], list[str]] = {}
    for action, resources in has.items():
        if action not in had:
            where = format_resources(resources)
        elif not all(_is_within(resource, had[action]) for resource in resources):
            where = f"{format_resources(resources)}, instead of only {format_resources(had[action])}"
        else:
            continue
        together.setdefault((where, aws_actions.describe_action(action)), []).append(action)
    return [Gain("aws", tuple(actions), where, risk) for (where, risk), actions in together.items()]


def _managed_policies(before: Rights, after: Rights) -> list[Gain]:
    had = {policy.arn for policy in before.managed_policies}
    names = [policy.arn.partition(":policy/")[2] for policy in after.managed_policies if policy.arn not in had]
    return [
        Gain("aws", (f"AWS's policy {name}",), "on what AWS names in it", describe_managed_policy(name))
        for name in names
    ]


def describe_managed_policy(name: str) -> Risk:
    """What a policy that AWS manages makes possible: what is in it is not in the description."""
    return Risk(f"can do all that AWS's policy {name} allows, and what AWS adds to it", True)


def _is_within(resource: str, patterns: Sequence[str]) -> bool:
    """Whether the patterns cover the resource, which may be a pattern itself."""
    wildcards = (re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") for pattern in patterns)
    return any(re.fullmatch(wildcard, resource) for wildcard in wildcards)


def _denials(before: Rights, after: Rights) -> list[Gain]:
    """Actions that `before` denies explicitly and `after` does not."""
    denied = [statement for statement in before.statements if statement["Effect"] == "Deny"]
    return [
        Gain(
            "aws",
            tuple(as_list(statement["Action"])),
            "no longer denied",
            aws_actions.describe_action(statement["Action"][0]),
        )
        for statement in denied
        if statement not in after.statements
    ]


def _allowed(rights: Rights) -> dict[str, list[str]]:
    allowed: dict[str, list[str]] = {}
    for statement in rights.statements:
        if statement["Effect"] == "Allow":
            for action in as_list(statement["Action"]):
                allowed.setdefault(action, []).extend(as_list(statement["Resource"]))
    return allowed


def _added_policies(before: Rights, after: Rights) -> list[Gain]:
    had = [(policy.arn, policy.namespaces) for policy in before.access_policies]
    return [
        Gain("kubernetes", (policy_name(policy),), format_namespaces(policy.namespaces or None), policy_risk(policy))
        for policy in after.access_policies
        if (policy.arn, policy.namespaces) not in had
    ]


def policy_name(policy: AccessPolicy) -> str:
    return policy.arn.rpartition("/")[2]


def policy_risk(policy: AccessPolicy) -> Risk:
    return describe_access_policy(policy_name(policy))


@dataclass(frozen=True)
class _ResourceVerb:
    """One verb on one resource, on some names or all, in some namespaces or all."""

    group: str
    resource: str
    verb: str
    names: frozenset[str]
    namespaces: frozenset[str] | None
    user: str = ""
    """The user that has it, if it is one that the integration impersonates rather than the integration itself."""

    def matches_kind(self, other: "_ResourceVerb") -> bool:
        return self.user == other.user and all(
            own in ("*", others)
            for own, others in ((self.group, other.group), (self.resource, other.resource), (self.verb, other.verb))
        )

    def covers(self, other: "_ResourceVerb") -> bool:
        names = not self.names or (bool(other.names) and other.names <= self.names)
        places = self.namespaces is None or (other.namespaces is not None and other.namespaces <= self.namespaces)
        return self.matches_kind(other) and names and places

    @property
    def where(self) -> str:
        named = f"named {', '.join(sorted(self.names))}, " if self.names else ""
        user = f", for user {self.user}" if self.user else ""
        return named + format_namespaces(None if self.namespaces is None else sorted(self.namespaces)) + user

    @property
    def kind(self) -> str:
        return f"{self.resource}.{self.group}" if self.group and self.group != "*" else self.resource


def _rules(before: Rights, after: Rights) -> list[Gain]:
    previous = list(_resource_verbs(before))
    verbs: dict[tuple[str, str, Risk], list[str]] = {}
    for right in _resource_verbs(after):
        if any(other.covers(right) for other in previous):
            continue
        narrower = [other.where for other in previous if other.matches_kind(right)]
        where = right.where + (f", instead of only {' and '.join(dict.fromkeys(narrower))}" if narrower else "")
        verbs.setdefault(
            (
                right.kind,
                where,
                describe_right(
                    right.resource,
                    right.verb,
                    group=right.group,
                    named=bool(right.names),
                    names=right.names,
                    namespaces=right.namespaces,
                ),
            ),
            [],
        ).append(right.verb)
    together: dict[tuple[tuple[str, ...], str, Risk], list[str]] = {}
    for (kind, where, risk), of_kind in verbs.items():
        together.setdefault((tuple(dict.fromkeys(of_kind)), where, risk), []).append(kind)
    return [
        Gain("kubernetes", (f"{', '.join(of_kinds)} {', '.join(kinds)}",), where, risk)
        for (of_kinds, where, risk), kinds in together.items()
    ]


def _resource_verbs(rights: Rights) -> Iterator[_ResourceVerb]:
    for grant in rights.grants:
        if grant.namespaces == []:
            continue  # bound nowhere: without effect
        namespaces = None if grant.namespaces is None else frozenset(grant.namespaces)
        user = grant.group if grant.kind == "User" else ""
        for rule in grant.rules:
            names = frozenset(rule.get("resourceNames", ()))
            for resource in rule.get("resources", ()):
                for group in find_api_groups(rule, resource):
                    for verb in rule["verbs"]:
                        yield _ResourceVerb(group, resource, verb, names, namespaces, user)


def find_api_groups(rule: Mapping[str, Any], resource: str) -> list[str]:
    """The API groups of a resource in a rule, which combines every group with every resource: its own, if known."""
    groups: list[str] = rule.get("apiGroups", [""])
    own = api_group_of(resource.partition("/")[0])
    return [own] if own in groups else groups


def format_resources(resources: Sequence[str]) -> str:
    """A statement's resources, as the end of a sentence."""
    return "on everything" if "*" in resources else "on " + ", ".join(dict.fromkeys(resources))


def format_namespaces(namespaces: Sequence[str] | None) -> str:
    """The scope of a rule, as the end of a sentence."""
    if namespaces is None:
        return ANYWHERE
    if not namespaces:
        return "nowhere yet: bound in no namespace"
    return f"in {'namespace' if len(namespaces) == 1 else 'namespaces'} {', '.join(namespaces)}"


def as_list(value: str | list[str]) -> list[str]:
    """The value as a list: IAM allows a single string instead."""
    return [value] if isinstance(value, str) else value
