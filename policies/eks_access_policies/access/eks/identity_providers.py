"""Finds the OpenID Connect providers whose users may sign in to a cluster, and the names that they can have there.

https://docs.aws.amazon.com/eks/latest/APIReference/API_OidcIdentityProviderConfigRequest.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...stack import Resource, Stack, Value
from ...stack.values import contains_unknown, get, items, mapping, text
from ..clusters import Clusters

PROVIDER_CONFIG = (
    "aws:eks/identityProviderConfig:IdentityProviderConfig",
    "aws-native:eks:IdentityProviderConfig",
)
_COMPONENT_PREFIXES = ("system:", "eks:")
"""Prefixes of the names of components, some of which are bound in every cluster: `system:masters`,
`eks:addon-manager`."""
_NO_PREFIX = (None, "", "-")


@dataclass(frozen=True, eq=False)
class IdentityProvider:
    """Who may sign in to a cluster with a token of an issuer. Texts are empty where absent or unknown."""

    resource: Resource
    cluster: str
    issuer: str = ""
    audience: str = ""
    username_claim: str = "sub"
    username_prefix: str = ""
    groups_claim: str = ""
    groups_prefix: str = ""
    required_claims: tuple[tuple[str, str], ...] = ()
    unknown_fields: tuple[str, ...] = ()
    """The properties that are unknown until the deployment."""

    def __str__(self) -> str:
        return f"the identity provider {self.issuer or self.resource.name}"


def find_identity_providers(stack: Stack, clusters: Clusters) -> Iterator[IdentityProvider]:
    for resource in stack.of_type(*PROVIDER_CONFIG):
        yield read_identity_provider(resource, clusters.of(resource))


def read_identity_provider(resource: Resource, cluster: str = "") -> IdentityProvider:
    """The identity provider of a resource, with the defaults of EKS for what is not given."""
    value = resource.get("oidc")
    block = value if isinstance(value, Mapping) else next(iter(items(value)), value)
    issuer, claim = text(get(block, "issuerUrl")) or "", text(get(block, "usernameClaim")) or "sub"
    given = get(block, "usernamePrefix")
    # Without a prefix, usernames have the issuer's URL in front, unless they are e-mail addresses.
    default = "" if claim == "email" or given is not None else f"{issuer}#"
    unknown = [name for name, part in mapping(block).items() if contains_unknown(part)]
    return IdentityProvider(
        resource,
        cluster,
        issuer,
        text(get(block, "clientId")) or "",
        claim,
        default if given in _NO_PREFIX else text(given) or "",
        text(get(block, "groupsClaim")) or "",
        _read_prefix(get(block, "groupsPrefix")),
        tuple(sorted(_read_claims(get(block, "requiredClaims")))),
        tuple(unknown) if isinstance(block, Mapping) else ("oidc",),
    )


def _read_prefix(value: Value) -> str:
    return "" if value in _NO_PREFIX else text(value) or ""


def _read_claims(value: Value) -> Iterator[tuple[str, str]]:
    """The required claims: a mapping, or a list of keys and values as CloudFormation has it."""
    if isinstance(value, Mapping):
        yield from ((name, text(part) or "") for name, part in value.items())
    else:
        yield from ((text(get(each, "key")) or "", text(get(each, "value")) or "") for each in items(value))


def can_name_components(prefix: str) -> bool:
    """Whether a name with this prefix may be that of a component: EKS asks for none of `system:`, nor a part of it."""
    return any(each.startswith(prefix) or prefix.startswith(each) for each in _COMPONENT_PREFIXES)
