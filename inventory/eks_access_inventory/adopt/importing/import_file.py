"""The import file: the one that the engine wrote for all that it would create, with the ids of what exists. Pure.

https://www.pulumi.com/docs/iac/cli/commands/pulumi_import/
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eks_access.errors import EksAccessError

from .existing import ROLE, Answer, Match, Place, find_existing
from .extras import Extra, Left, find_extras
from .lookups import Lookups
from .steps import PROVIDER_PREFIX, Planned, Step, parse_urn, select_below

PACKAGE = "eks-access"
BY_HAND = "-by-hand-"
"""What the names of resources have that are imported to be removed, after the name of their component."""
Spec = dict[str, Any]


class ImportFileError(EksAccessError):
    """The engine's import file or preview has another form than is known here."""


@dataclass(frozen=True)
class Found:
    """A resource of the program, and what was found in its place."""

    planned: Planned
    match: Match


@dataclass(frozen=True)
class ImportPlan:
    """What is imported, and what is not.

    Attributes:
        content: the import file.
        found: every resource of the integration that is not in the stack yet, with what was found in its place.
        extras: what is imported so that it is removed.
        left: what stays as it is.
    """

    content: Mapping[str, Any]
    found: tuple[Found, ...]
    extras: tuple[Extra, ...]
    left: tuple[Left, ...]

    @property
    def is_blocked(self) -> bool:
        """Whether the role itself cannot be taken over, and so nothing is: all else belongs to the role."""
        return _is_blocked(self.found)

    @property
    def imports(self) -> bool:
        """Whether there is anything to import: providers and components alone are no reason to."""
        return any(spec.get("id") for spec in self.content.get("resources") or ())

    def select(self, answer: Answer) -> tuple[Found, ...]:
        return tuple(each for each in self.found if each.match.answer is answer)


def match_removed(integration: str) -> str:
    """The pattern, for `pulumi up --exclude`, of the URNs of all that is imported to be removed."""
    return f"**::{integration}*{BY_HAND}*"


def _is_blocked(found: Iterable[Found]) -> bool:
    return any(each.planned.step.type == ROLE and each.match.answer is Answer.KEPT_BY_OTHERS for each in found)


def build_import_plan(
    generated: Mapping[str, Any],
    steps: Sequence[Step],
    integration: str,
    place: Place,
    version: str,
    lookups: Lookups = Lookups(),  # noqa: B008, it is immutable
) -> ImportPlan:
    """The import plan of an integration.

    Args:
        generated: the import file that `pulumi preview --import-file` wrote.
        steps: the steps of the same preview.
        integration: its name.
        place: what was found.
        version: of this package, for resources of its plugin that the program has none of.
        lookups: what was looked up by name.

    Raises:
        ImportFileError: the file and the steps do not fit together.
    """
    below = select_below(steps, integration)
    if not below:
        raise ImportFileError(f"the program has no component of the integration {integration!r}")
    custom = [each for each in below if not each.step.is_component and not each.step.is_provider]
    creates = [each for each in custom if each.step.op == "create"]
    found = tuple(Found(each, lookups.find(each, place) or find_existing(each, place)) for each in creates)
    usable = () if _is_blocked(found) else found
    known = {each.planned.step.urn: each.match.id for each in usable if each.match.answer is Answer.EXISTS}
    present = frozenset(_identify_present(each) for each in custom if each.step.op != "create")
    taken = frozenset((each.planned.step.type, each.match.id) for each in usable if each.match.answer is Answer.EXISTS)
    keys = frozenset(each.cluster for each in below if each.cluster)
    has_role = any(each.step.type == ROLE for each in custom)
    others = () if _is_blocked(found) else tuple(find_extras(place, taken, keys, has_role=has_role))
    extras = tuple(
        each
        for each in others
        if isinstance(each, Extra) and (each.type, each.cluster, _strip_region(each.id)) not in present
    )
    builder = _Builder(generated, steps, below, version)
    content = builder.build({each.step.urn for each in below}, known, extras)
    blocked = [
        Left(each.planned.step.name, each.match.why, each.match.advice, is_blocking=True)
        for each in found
        if each.match.answer is Answer.KEPT_BY_OTHERS
    ]
    return ImportPlan(content, found, extras, (*blocked, *(each for each in others if isinstance(each, Left))))


def _identify_present(planned: Planned) -> tuple[str, str, str]:
    """What the stack has already: its type, the key of its cluster, and its id, which a new state may not have yet."""
    step = planned.step
    return step.type, planned.cluster, _strip_region(step.old.get("id") or step.new.get("id"))


def _strip_region(identifier: object) -> str:
    """An id as the state has it: without the context and the region that only an import's id may have."""
    return re.sub(r"@[a-z0-9-]+\Z", "", str(identifier or "").rpartition("//")[2])


class _Builder:
    """Selects and completes the specs of the engine's import file."""

    def __init__(
        self, generated: Mapping[str, Any], steps: Sequence[Step], below: Sequence[Planned], version: str
    ) -> None:
        self._names: dict[str, str] = dict(generated.get("nameTable") or {})
        self._specs: list[Spec] = [dict(each) for each in generated.get("resources") or ()]
        self._by_urn = {urn: spec for spec, urn in zip(self._specs, self._resolve(steps), strict=True)}
        self._steps, self._below, self._version = steps, below, version
        self._component = below[0].step

    def build(self, ours: set[str], known: Mapping[str, str], extras: Iterable[Extra]) -> dict[str, Any]:
        resources = [self._complete(urn, spec, known) for urn, spec in self._by_urn.items() if urn in ours]
        chosen = [spec for spec in resources if spec is not None]
        chosen += self._build_extras(extras)
        used = {str(spec[key]) for spec in chosen for key in ("parent", "provider") if spec.get(key)}
        providers = [spec for spec in self._specs if _is_provider(spec) and spec["name"] in used]
        parents = [spec for spec in chosen if spec.get("component")]
        others = [spec for spec in chosen if not spec.get("component")]
        table = {name: urn for name, urn in self._names.items() if name in used}
        return {"nameTable": table, "resources": [*providers, *parents, *others]}

    def _complete(self, urn: str, spec: Spec, known: Mapping[str, str]) -> Spec | None:
        if spec.get("component"):
            return spec
        return {**spec, "id": known[urn]} if urn in known else None

    def _resolve(self, steps: Sequence[Step]) -> Iterator[str]:
        """The URN of each spec, in their order: the one of the steps that has its types and its name."""
        urns = {parse_urn(step.urn): step.urn for step in steps}
        types = {name: parse_urn(urn)[0] for name, urn in self._names.items()}
        by_name = {str(spec.get("name")): spec for spec in self._specs}

        def find_types(spec: Spec) -> str:
            parent = str(spec.get("parent") or "")
            if not parent:
                return str(spec["type"])
            above = types.get(parent) or (find_types(by_name[parent]) if parent in by_name else "")
            return f"{above}${spec['type']}"

        for spec in self._specs:
            key = find_types(spec), str(spec.get("logicalName") or spec.get("name"))
            if key not in urns:
                raise ImportFileError(f"the engine's import file has {key[1]!r} ({key[0]}), and its preview has not")
            yield urns[key]

    def _build_extras(self, extras: Iterable[Extra]) -> Iterator[Spec]:
        names: dict[str, str] = {}
        for extra in extras:
            component = self._find_parent(extra.cluster)
            parent = names[extra.under] if extra.under else self._name_of(component)
            base = f"{component.name}{BY_HAND}{extra.name}".replace(":", "-")
            name = self._choose_name(f"{base}-attachment" if extra.under else base)
            names[extra.id] = name
            yield {"type": extra.type, "name": name, "id": extra.id, "parent": parent, **self._provide(extra.type)}

    def _choose_name(self, name: str) -> str:
        taken = {*self._names, *(str(spec.get("name")) for spec in self._specs)}
        number = 1
        chosen = name
        while chosen in taken:
            number += 1
            chosen = f"{name}-{number}"
        self._specs.append({"name": chosen, "type": ""})
        return chosen

    def _find_parent(self, cluster: str) -> Step:
        """The component of the integration in a cluster; for IAM the integration's own."""
        inside = [each.step for each in self._below if each.cluster == cluster and each.step.is_component]
        return inside[0] if cluster and inside else self._component

    def _name_of(self, step: Step) -> str:
        """The name by which specs refer to a resource: its spec's, or one that the table gets for it."""
        if step.urn in self._by_urn:
            return str(self._by_urn[step.urn]["name"])
        known = next((name for name, urn in self._names.items() if urn == step.urn), "")
        if not known:
            known = self._choose_name(step.name)
            self._names[known] = step.urn
        return known

    def _provide(self, resource_type: str) -> Spec:
        """The provider and version of an extra: those of a resource of the program of the same package."""
        package = resource_type.split(":")[0]
        alike = [
            spec for spec in self._specs if str(spec.get("type")).startswith(f"{package}:") and spec.get("version")
        ]
        if alike:
            keys = ("provider", "version", "pluginDownloadUrl")
            return {key: alike[0][key] for key in keys if alike[0].get(key)}
        if package == PACKAGE:
            return {"version": self._version}
        return self._provide_from_state(package)

    def _provide_from_state(self, package: str) -> Spec:
        """The provider that the integration's resources have in the stack."""
        for each in self._below:
            urn = str(each.step.state.get("provider") or "").rpartition("::")[0]
            if each.step.type.startswith(f"{package}:") and urn:
                if parse_urn(urn)[1].startswith("default"):
                    return {}
                return {"provider": self._name_of(replace(each.step, urn=urn))}
        raise ImportFileError(f"the program has no resource of the package {package!r}, whose provider could be used")


def _is_provider(spec: Spec) -> bool:
    return str(spec.get("type")).startswith(PROVIDER_PREFIX)
