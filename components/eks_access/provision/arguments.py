"""The typed arguments that every integration has.

One definition serves as Python signature, as validation of an environment's configuration, and as the schema for other
languages and editors. All three must support the types used here: structure is plain, only leaves are `Input[str]`,
and there is no `Literal` and no union.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

import pulumi
from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from ..errors import InvalidInputError
from ..model.identity import AuthenticationMode
from ..model.integration import Profile

if TYPE_CHECKING:
    import pulumi_kubernetes as kubernetes


class ClusterArgs(TypedDict):
    """One EKS cluster that the integration gets access to."""

    name: pulumi.Input[str]
    """The cluster's name."""
    region: NotRequired[str]
    """The cluster's region; the AWS provider's region when left out."""
    authentication_mode: NotRequired[AuthenticationMode]
    """The cluster's authentication mode; read from EKS when left out.
    Required if the cluster is created in the same stack."""
    endpoint: NotRequired[pulumi.Input[str]]
    """The API server's address; read from EKS when left out."""
    certificate_authority: NotRequired[pulumi.Input[str]]
    """The API server's certificate authority (base64, as EKS gives it); read from EKS when left out."""
    oidc_issuer: NotRequired[pulumi.Input[str]]
    """The issuer of the tokens of its service accounts, without https://; read from EKS together with the others. What
    trusts such tokens is compared with it."""
    kubeconfig: NotRequired[pulumi.Input[str]]
    """A kubeconfig for the deployment itself; by default that of the `kubernetes_provider`, or else one that signs in
    with the deployer's AWS credentials."""
    kubernetes_provider: NotRequired["kubernetes.Provider"]
    """A Kubernetes provider for this cluster, for what an integration has in it besides RBAC, to share between
    integrations; created from the kubeconfig by default."""


class StatementArgs(TypedDict):
    """An additional statement of your own for the role's policy."""

    sid: str
    """Letters and digits; unique within the role's policy."""
    actions: list[str]
    """Single actions, without wildcards."""
    resources: list[pulumi.Input[str]]
    """ARNs, or `*` for actions without resource types."""
    why: str
    """What the integration needs it for, for reviewers."""


class IntegrationOptions(TypedDict):
    """Arguments of every integration, whatever its clusters are."""

    profile: NotRequired[Profile]
    """`least` (default): what the integration uses. `vendor`: all that the vendor's page asks for."""
    role_name: NotRequired[pulumi.Input[str]]
    """The IAM role's name; each vendor has a default."""
    existing_role_arn: NotRequired[pulumi.Input[str]]
    """The ARN, with its path, of an existing role managed by its owner: it is used as it is, neither created nor
    changed, and the hand-off has the trust policy and permissions it needs. Replaces the role's other options."""
    role_path: NotRequired[str]
    """The IAM role's path, `/` by default."""
    permissions_boundary: NotRequired[pulumi.Input[str]]
    """The ARN of the role's permissions boundary."""
    max_session_seconds: NotRequired[int]
    """The role's maximum session duration, 3600 (default) to 43200 seconds."""
    extra_statements: NotRequired[list[StatementArgs]]
    """Permissions of the role in addition to those that the integration needs."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags for all resources that support tags."""
    adopt: NotRequired[bool]
    """Take over RBAC objects, service accounts, network policies, aws-auth mappings and connected registrations of EKS
    Connector that exist already under the integration's names, instead of refusing: they are made what is declared, and
    deleted with the integration."""


class IntegrationArgs(IntegrationOptions):
    """Arguments of every integration with access to EKS clusters."""

    clusters: Mapping[str, ClusterArgs]
    """The clusters, by short names of your choice. The names become parts of resource names: keep them stable."""


def validate_arguments(arguments: object, kind: type, path: str = "") -> dict[str, Any]:
    """Validates arguments against the TypedDict `kind` and converts enums. Outputs are not changed.

    Raises:
        InvalidInputError: an unknown key, a missing one, or a value of the wrong type; the first one found, with its
            path.
    """
    try:
        validated: dict[str, Any] = adapter(kind).validate_python(arguments)
    except ValidationError as invalid:
        raise _to_input_error(invalid, path, kind) from None
    return validated


@cache
def adapter(kind: type) -> TypeAdapter[Any]:
    """The validator of a TypedDict of arguments."""
    adapter: TypeAdapter[Any] = TypeAdapter(
        with_config(ConfigDict(extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True))(kind),
        _parent_depth=0,
    )
    # `pulumi.Input` holds forward references to the first two names.
    adapter.rebuild(_types_namespace={"Output": pulumi.Output, "T": object, "kubernetes": _ANY_PACKAGE})
    return adapter


def resolve_provider_types(kinds: Iterable[type]) -> None:
    """Put the class of Kubernetes providers in place of its name, as the package schema needs it."""
    import pulumi_kubernetes

    for kind in kinds:
        if "kubernetes_provider" in kind.__annotations__:
            kind.__annotations__["kubernetes_provider"] = NotRequired[pulumi_kubernetes.Provider]


def _validate_package(provider: pulumi.ProviderResource) -> pulumi.ProviderResource:
    if provider.package != "kubernetes":
        raise ValueError(f"it is a provider of the package {provider.package}")
    return provider


_ANY_PACKAGE = SimpleNamespace(Provider=Annotated[pulumi.ProviderResource, AfterValidator(_validate_package)])
"""Stands in for `pulumi_kubernetes`, which most stacks have no other use for, in the validation of arguments."""


_UNION_MEMBERS = ("str", "int", "bool", "is-instance[Awaitable]", "is-instance[Output]")


def _to_input_error(invalid: ValidationError, path: str, kind: type) -> InvalidInputError:
    error = invalid.errors(include_url=False)[0]
    location = [str(part) for part in error["loc"] if part not in _UNION_MEMBERS]
    name = ".".join([*([path] if path else []), *location])
    if error["type"] == "extra_forbidden":
        return InvalidInputError(
            name, None, "is not a known property", f"{kind.__name__} takes {', '.join(known_arguments(kind))}."
        )
    if error["type"] == "missing":
        return InvalidInputError(name, None, "is required")
    # The value itself may be a secret, so the message has only its type.
    actual = type(error["input"]).__name__
    return InvalidInputError(name, None, f"has a value of type {actual} that does not fit: {error['msg']}")


def known_arguments(kind: type) -> list[str]:
    """The names of the arguments that `kind` declares."""
    return sorted(kind.__annotations__)
