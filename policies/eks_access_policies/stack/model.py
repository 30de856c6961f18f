"""A stack's resources in one form, whether from the engine, an exported state, a preview or an access manifest."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from eks_access.exact.kinds import KINDS

from .values import Value, get, leaves

HIDDEN = "[secret]"
_SHORTEST_SECRET = 4
"""Characters. Shorter texts (`true`, `1`) reveal nothing, and redacting them would make messages unreadable."""

INTEGRATION_PREFIX = "eks-access:index:"
VENDOR_TYPES = tuple(
    f"{INTEGRATION_PREFIX}{name}"
    for name in ("Apono", "Cado", "ConductorOne", "CustomIntegration", "EksConnector", "OpenTrace")
)
"""The components of this package's vendors."""
EXACT_TYPES = tuple(kind.token for kind in KINDS)
"""This package's own resources for objects of a cluster."""
_PARTS = (
    *(
        f"{INTEGRATION_PREFIX}{part}"
        for part in ("ClusterAccess", "AwsAuthMapping", "ConnectedCluster", "ConnectorRegistration")
    ),
    *EXACT_TYPES,
)


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource. `properties` are its outputs and inputs, or only its inputs if it is planned.

    `parent`, `dependencies` and `property_dependencies` are URNs. `secrets` are the top-level properties that are
    secret as a whole: they are evaluated like any other, and never shown.
    """

    urn: str
    type: str
    name: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    parent: str | None = None
    provider: str | None = None
    """The provider's URN."""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    id: str = ""
    secrets: frozenset[str] = frozenset()
    is_protected: bool = False
    before: Mapping[str, Value] | None = None
    """Its properties before a planned change; None outside of previews."""
    operation: str = ""
    """The planned operation of a preview (`create`, `update`, `replace`, `same`, …); empty outside of previews."""
    replaced_for: tuple[str, ...] = ()
    """The properties whose change replaces it, according to a preview."""
    inputs: Mapping[str, Value] | None = None
    """What the program set; None where it is not distinguished from what the provider computed."""
    is_component: bool = False
    """Whether it only groups other resources."""

    def get(self, *path: str | int) -> Value:
        return get(self.properties, *path)


@dataclass(frozen=True, eq=False)
class Stack:
    """The resources of a stack, or of several. `name` is `<project>/<stack>`; of several stacks, their list."""

    resources: tuple[Resource, ...]
    name: str = ""
    secret_texts: frozenset[str] = frozenset()
    """Every secret text: none of them may appear in a message."""

    @cached_property
    def by_urn(self) -> Mapping[str, Resource]:
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def _by_type(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            found[resource.type].append(resource)
        return found

    def of_type(self, *types: str) -> Iterator[Resource]:
        for kind in types:
            yield from self._by_type.get(kind, ())

    @property
    def types(self) -> Iterable[str]:
        return self._by_type.keys()

    @cached_property
    def parents(self) -> frozenset[str]:
        """The URNs of the resources that have others below them."""
        return frozenset(resource.parent for resource in self.resources if resource.parent)

    def sources(self, resource: Resource, name: str) -> Iterator[Resource]:
        """The resources of this stack that a property's value comes from."""
        for urn in resource.property_dependencies.get(name, ()):
            if urn in self.by_urn:
                yield self.by_urn[urn]

    def ancestors(self, resource: Resource) -> Iterator[Resource]:
        """Its parent, the parent's parent, and so on."""
        seen = {resource.urn}
        urn = resource.parent
        while urn and urn not in seen and urn in self.by_urn:
            seen.add(urn)
            yield self.by_urn[urn]
            urn = self.by_urn[urn].parent

    def integration(self, resource: Resource) -> Resource | None:
        """The integration of eks-access that a resource belongs to, if it does."""
        return next((each for each in (resource, *self.ancestors(resource)) if is_integration(each)), None)

    def redact(self, message: str) -> str:
        """The message without any secret text."""
        for secret in self._secrets_longest_first:
            message = message.replace(secret, HIDDEN)
        return message

    @cached_property
    def _secrets_longest_first(self) -> tuple[str, ...]:
        return tuple(sorted(self.secret_texts, key=len, reverse=True))


def is_integration(resource: Resource) -> bool:
    """Whether this is an integration's component, and not a part of one."""
    return resource.type.startswith(INTEGRATION_PREFIX) and resource.type not in _PARTS


def find_secret_texts(value: Value) -> Iterator[str]:
    """The texts in a secret value that are long enough to be redacted."""
    for leaf in leaves(value):
        if isinstance(leaf, str) and len(leaf) >= _SHORTEST_SECRET:
            yield leaf


def join_stacks(stacks: Iterable[Stack]) -> Stack:
    """Several stacks as one: an integration's role may be in one stack, and the RBAC of its clusters in others."""
    parts = list(stacks)
    if len(parts) == 1:
        return parts[0]
    return Stack(
        tuple(resource for part in parts for resource in part.resources),
        ", ".join(part.name for part in parts if part.name),
        frozenset().union(*(part.secret_texts for part in parts)),
    )


def parse_name(urn: str) -> str:
    return urn.rpartition("::")[2]


def parse_type(urn: str) -> str:
    """The resource's own type in a URN, without its parents' types."""
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 3 else ""


def parse_stack_name(urn: str) -> str:
    """`<project>/<stack>` in a URN."""
    parts = urn.removeprefix("urn:pulumi:").split("::")
    return f"{parts[1]}/{parts[0]}" if len(parts) > 2 else ""
