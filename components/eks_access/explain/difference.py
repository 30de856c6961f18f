"""What one set of rights has beyond another, so that a reviewer sees what profile `vendor` would add to `least`.

Pure: two `Rights` of the manifest in, words out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..manifest.models import AccessPolicy, Rights
from ..model import aws_actions
from ..model.access_policies import describe_access_policy
from ..model.kubernetes_rights import describe_right
from ..model.rbac import own_group
from ..model.risk import Risk

ANYWHERE = "everywhere"


@dataclass(frozen=True)
class Gain:
    """Rights that one side has and the other has not, or not as widely."""

    plane: str
    """`aws` or `kubernetes`."""
    what: tuple[str, ...]
    where: str
    """On what or in which namespaces; and what the other side has instead, if it has something of the kind."""
    risk: Risk


@dataclass(frozen=True)
class Difference:
    gained: tuple[Gain, ...]
    lost: tuple[Gain, ...]

    @property
    def actions(self) -> tuple[str, ...]:
        """The IAM actions gained."""
        return tuple(what for gain in self.gained if gain.plane == "aws" for what in gain.what)


def difference(least: Rights, vendor: Rights) -> Difference:
    """What `vendor` allows and `least` does not, the gravest first; and what only `least` allows."""
    # An access policy gives rules that are not listed one by one, so rules that it replaces are no loss.
    replaced = bool(_added_policies(least, vendor))
    lost = (*_actions(vendor, least), *(() if replaced else _rules(vendor, least)))
    gained = (
        *_actions(least, vendor),
        *_denials(least, vendor),
        *_added_policies(least, vendor),
        *_rules(least, vendor),
    )
    return Difference(_gravest_first(gained), _gravest_first(lost))


def _gravest_first(gains: Sequence[Gain]) -> tuple[Gain, ...]:
    return tuple(sorted(gains, key=lambda gain: not gain.risk.is_severe))


def _actions(before: Rights, after: Rights) -> list[Gain]:
    had, has = _allowed(before), _allowed(after)
    together: dict[tuple[str, Risk], list[str]] = {}
    for action, resources in has.items():
        if action not in had:
            where = on(resources)
        elif not all(_is_within(resource, had[action]) for resource in resources):
            where = f"{on(resources)}, instead of only {on(had[action])}"
        else:
            continue
        together.setdefault((where, aws_actions.describe_action(action)), []).append(action)
    return [Gain("aws", tuple(actions), where, risk) for (where, risk), actions in together.items()]


def _is_within(resource: str, patterns: Sequence[str]) -> bool:
    """Whether a statement about the patterns is about the resource, itself perhaps a pattern, too."""
    wildcards = (re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") for pattern in patterns)
    return any(re.fullmatch(wildcard, resource) for wildcard in wildcards)


def _denials(before: Rights, after: Rights) -> list[Gain]:
    """What `before` denies outright and `after` does not."""
    denied = [statement for statement in before.statements if statement["Effect"] == "Deny"]
    return [
        Gain(
            "aws",
            tuple(listed(statement["Action"])),
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
            for action in listed(statement["Action"]):
                allowed.setdefault(action, []).extend(listed(statement["Resource"]))
    return allowed


def _added_policies(before: Rights, after: Rights) -> list[Gain]:
    had = [(policy.arn, policy.namespaces) for policy in before.access_policies]
    return [
        Gain("kubernetes", (policy_name(policy),), within(policy.namespaces or None), of_policy(policy))
        for policy in after.access_policies
        if (policy.arn, policy.namespaces) not in had
    ]


def policy_name(policy: AccessPolicy) -> str:
    return policy.arn.rpartition("/")[2]


def of_policy(policy: AccessPolicy) -> Risk:
    return describe_access_policy(policy_name(policy))


@dataclass(frozen=True)
class _Held:
    """One verb on one resource, on some names or all, in some namespaces or all."""

    group: str
    resource: str
    verb: str
    names: frozenset[str]
    namespaces: frozenset[str] | None
    user: str = ""
    """Who holds it, where that is not the integration itself but a user whom it lets in."""

    def is_of_the_kind_of(self, other: "_Held") -> bool:
        return self.user == other.user and all(
            mine in ("*", theirs)
            for mine, theirs in ((self.group, other.group), (self.resource, other.resource), (self.verb, other.verb))
        )

    def covers(self, other: "_Held") -> bool:
        names = not self.names or (bool(other.names) and other.names <= self.names)
        places = self.namespaces is None or (other.namespaces is not None and other.namespaces <= self.namespaces)
        return self.is_of_the_kind_of(other) and names and places

    @property
    def where(self) -> str:
        named = f"named {', '.join(sorted(self.names))}, " if self.names else ""
        user = f", for user {self.user}" if self.user else ""
        return named + within(None if self.namespaces is None else sorted(self.namespaces)) + user

    @property
    def kind(self) -> str:
        return f"{self.resource}.{self.group}" if self.group and self.group != "*" else self.resource


def _rules(before: Rights, after: Rights) -> list[Gain]:
    had = list(_held(before))
    verbs: dict[tuple[str, str, Risk], list[str]] = {}
    for held in _held(after):
        if any(other.covers(held) for other in had):
            continue
        instead = [other.where for other in had if other.is_of_the_kind_of(held)]
        where = held.where + (f", instead of only {' and '.join(dict.fromkeys(instead))}" if instead else "")
        verbs.setdefault(
            (held.kind, where, describe_right(held.resource, held.verb, named=bool(held.names))), []
        ).append(held.verb)
    together: dict[tuple[tuple[str, ...], str, Risk], list[str]] = {}
    for (kind, where, risk), of_kind in verbs.items():
        together.setdefault((tuple(dict.fromkeys(of_kind)), where, risk), []).append(kind)
    return [
        Gain("kubernetes", (f"{', '.join(of_kinds)} {', '.join(kinds)}",), where, risk)
        for (of_kinds, where, risk), kinds in together.items()
    ]


def _held(rights: Rights) -> Iterator[_Held]:
    for grant in rights.grants:
        if grant.namespaces == []:
            continue  # bound nowhere: without effect
        namespaces = None if grant.namespaces is None else frozenset(grant.namespaces)
        user = grant.group if grant.kind == "User" else ""
        for rule in grant.rules:
            names = frozenset(rule.get("resourceNames", ()))
            for resource in rule.get("resources", ()):
                for group in _groups(rule, resource):
                    for verb in rule["verbs"]:
                        yield _Held(group, resource, verb, names, namespaces, user)


def _groups(rule: Mapping[str, Any], resource: str) -> list[str]:
    """A rule is each of its groups with each of its resources; where the resource's own is known, it is that one."""
    groups: list[str] = rule.get("apiGroups", [""])
    own = own_group(resource.partition("/")[0])
    return [own] if own in groups else groups


def on(resources: Sequence[str]) -> str:
    """The resources of a statement in words."""
    return "on everything" if "*" in resources else "on " + ", ".join(dict.fromkeys(resources))


def within(namespaces: Sequence[str] | None) -> str:
    """Where a rule holds, in words."""
    if namespaces is None:
        return ANYWHERE
    if not namespaces:
        return "nowhere yet: bound in no namespace"
    return f"in {'namespace' if len(namespaces) == 1 else 'namespaces'} {', '.join(namespaces)}"


def listed(value: str | list[str]) -> list[str]:
    """IAM allows a single text in the place of a list."""
    return [value] if isinstance(value, str) else value
