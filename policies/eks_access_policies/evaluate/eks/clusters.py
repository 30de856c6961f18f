"""Evaluates the rules about a cluster's settings, identity providers, pod identities and aws-auth ConfigMap."""

from collections.abc import Iterator

from eks_access.model.identity import AuthenticationMode

from ...access.clusters import CLUSTER, CREATOR_ADMIN_FLAG, find_access_config
from ...access.eks.aws_auth import AwsAuth, read_resource
from ...access.eks.identity_providers import PROVIDER_CONFIG, can_name_components, read_identity_provider
from ...access.eks.workload_roles import POD_IDENTITY_ASSOCIATION
from ...finding import Finding
from ...rules.eks import (
    ACCESS_CONFIG,
    BROKEN_AWS_AUTH,
    CLUSTER_REPLACED,
    CONFIG_MAP_MODE,
    CREATOR_ADMIN,
    IDENTITY_PROVIDER,
    MAP_ACCOUNTS,
    MODE_CHANGE,
    POD_IDENTITY,
    WHOLE_AWS_AUTH,
)
from ...stack import Resource
from ...stack.values import get, mapping, text

_MODE_ORDER = tuple(AuthenticationMode)
"""EKS switches to the next mode only: https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html"""
_REPLACE_OPERATIONS = ("replace", "create-replacement", "delete-replaced")


def evaluate_resource(resource: Resource) -> Iterator[Finding]:
    """Findings about one resource by itself."""
    if resource.type in CLUSTER:
        yield from _check_cluster(resource)
    elif resource.type in PROVIDER_CONFIG:
        yield from _check_identity_provider(resource)
    elif resource.type in POD_IDENTITY_ASSOCIATION:
        if resource.get("serviceAccount") == "default":
            namespace = text(resource.get("namespace")) or "a namespace not known yet"
            message = f"{resource.name} gives its role to every pod of {namespace} that names no service account."
            yield Finding(POD_IDENTITY, message, urn=resource.urn)
    elif (aws_auth := read_resource(resource)) is not None:
        yield from _check_aws_auth(aws_auth)


def _check_cluster(resource: Resource) -> Iterator[Finding]:
    config = find_access_config(resource.properties)
    mode = text(get(config, "authenticationMode"))
    name = text(resource.get("name")) or resource.name
    yield from _check_planned_change(resource, name, mode)
    if mode == AuthenticationMode.CONFIG_MAP:
        message = f"cluster {name} has authentication mode {mode}: it supports aws-auth only."
        yield Finding(CONFIG_MAP_MODE, message, urn=resource.urn)
    if not mapping(config):
        return
    if get(config, CREATOR_ADMIN_FLAG) is None and not resource.is_protected:
        message = f"cluster {name} has an access configuration without {CREATOR_ADMIN_FLAG}, and is not protected."
        yield Finding(ACCESS_CONFIG, message, urn=resource.urn)
    elif get(config, CREATOR_ADMIN_FLAG) is True:
        message = f"the principal that creates cluster {name} stays its administrator."
        yield Finding(CREATOR_ADMIN, message, urn=resource.urn)


def _check_planned_change(resource: Resource, name: str, mode: str | None) -> Iterator[Finding]:
    """Findings about a change that a preview shows."""
    reasons = [path for path in resource.replaced_for if path.startswith("accessConfig")]
    if reasons and resource.operation in _REPLACE_OPERATIONS:
        message = f"a change of {', '.join(reasons)} replaces cluster {name}, with everything in it."
        yield Finding(CLUSTER_REPLACED, message, urn=resource.urn)
    before = text(get(find_access_config(resource.before or {}), "authenticationMode"))
    if before in _MODE_ORDER and mode in _MODE_ORDER and before != mode:
        steps = _MODE_ORDER.index(AuthenticationMode(mode)) - _MODE_ORDER.index(AuthenticationMode(before))
        if steps != 1:
            message = f"cluster {name} changes from authentication mode {before} to {mode}, which EKS rejects."
            yield Finding(MODE_CHANGE, message, urn=resource.urn)


def _check_identity_provider(resource: Resource) -> Iterator[Finding]:
    provider = read_identity_provider(resource)
    if "oidc" in provider.unknown_fields:
        return
    issuer = provider.issuer or "an issuer not known yet"
    prefixes = {"usernamePrefix": provider.username_prefix}
    if provider.groups_claim or "groupsClaim" in provider.unknown_fields:
        prefixes["groupsPrefix"] = provider.groups_prefix
    for name, prefix in prefixes.items():
        if name in provider.unknown_fields or not can_name_components(prefix):
            continue
        if not prefix:
            message = f"{resource.name} has no {name}, so {issuer} can choose any name in the cluster."
        else:
            message = (
                f"{resource.name} has {name} {prefix!r}, so {issuer} can choose the names of components, such as"
                " system:masters."
            )
        yield Finding(IDENTITY_PROVIDER, message, urn=resource.urn)


def _check_aws_auth(aws_auth: AwsAuth) -> Iterator[Finding]:
    resource, reading = aws_auth.resource, aws_auth.reading
    verb = "patches" if resource.type.endswith("Patch") else "owns"
    if aws_auth.is_certain:
        message = (
            f"{resource.name} {verb} the ConfigMap kube-system/aws-auth: mapRoles is a single string, so this"
            " overwrites the mappings of others."
        )
        yield Finding(WHOLE_AWS_AUTH, message, urn=resource.urn)
    if reading.errors:
        message = f"{resource.name}: the authenticator ignores mappings that it cannot parse: {_first(reading.errors)}."
        yield Finding(BROKEN_AWS_AUTH, message, urn=resource.urn)
    if reading.accounts:
        accounts = ", ".join(sorted(reading.accounts))
        yield Finding(
            MAP_ACCOUNTS, f"{resource.name} lets every principal of account {accounts} sign in.", urn=resource.urn
        )


def _first(errors: tuple[str, ...]) -> str:
    """The first line of the first error."""
    return errors[0].splitlines()[0][:160] if errors[0] else "an error"
