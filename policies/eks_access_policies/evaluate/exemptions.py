"""Finds which findings the user's settings exempt, entry by entry, so that no exemption is used in silence. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..finding import Finding, Rule, Severity
from ..stack import Stack
from .settings import Settings, to_camel_case

EXEMPTED = Rule(
    "exempted",
    "Findings that the settings exempt are meant to be",
    Severity.LOW,
    "Check that each exempted finding is still meant, and remove the exemption from the configuration if it is not.",
    "https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/",
)
RULES = (EXEMPTED,)

_BY_RESOURCE = ("exempt_resources", "exempt_integrations")
_BY_HOLDER = ("allowed_principals", "allowed_groups", "namespaces")
_MAX_LISTED = 5


@dataclass(frozen=True)
class Exemption:
    """One entry of a setting, such as `exemptIntegrations: cado`, and the findings that it takes away."""

    setting: str
    entry: str
    findings: tuple[Finding, ...] = ()


def find_exemptions(
    settings: Settings, rules: Collection[str], find: Callable[[Settings], Iterable[Finding]], stack: Stack
) -> Iterator[Exemption]:
    """Every entry of the settings with the findings of these rules that it takes away by itself.

    `find` evaluates all rules. Findings that only several entries together take away belong to each entry that is
    needed for it.
    """
    entries = [(name, entry) for name in (*_BY_RESOURCE, *_BY_HOLDER) for entry in getattr(settings, name)]
    if not entries:
        return
    none = replace(settings, **dict.fromkeys((*_BY_RESOURCE, *_BY_HOLDER), ()))

    def evaluate(chosen: Settings) -> dict[Finding, None]:
        return dict.fromkeys(finding for finding in find(chosen) if finding.rule.id in rules)

    everything = evaluate(none)
    holders = replace(settings, **dict.fromkeys(_BY_RESOURCE, ()))
    left = evaluate(holders) if holders != none else everything
    for name, entry in entries:
        only = replace(none, **{name: (entry,)})
        if name in _BY_RESOURCE:
            taken = [each for each in everything if only.exempts(stack.by_urn.get(each.urn), stack)]
        else:
            others = tuple(each for each in getattr(holders, name) if each != entry)
            without, alone = evaluate(replace(holders, **{name: others})), evaluate(only)
            taken = [each for each in everything if each not in alone or (each in without and each not in left)]
        yield Exemption(to_camel_case(name), entry, tuple(taken))


def report_exemptions(exemptions: Iterable[Exemption]) -> Iterator[Finding]:
    """One finding for each exemption that is used: what it takes away, and where."""
    for each in exemptions:
        if each.findings:
            urns = list(dict.fromkeys(finding.urn for finding in each.findings))
            ids = _list_few(list(dict.fromkeys(finding.rule.id for finding in each.findings)))
            count = f"{len(each.findings)} findings are" if len(each.findings) > 1 else "1 finding is"
            message = f"{count} exempted by the setting {each.setting} {each.entry!r} ({ids}): {_list_few(urns)}."
            yield Finding(EXEMPTED, message, urn=urns[0])


def _list_few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more
