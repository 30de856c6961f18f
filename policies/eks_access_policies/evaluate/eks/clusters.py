"""Evaluates the rules about a cluster's settings, identity providers, pod identities and aws-auth ConfigMap."""

from collections.abc import Iterator, Mapping

from eks_access.model.identity import AuthenticationMode

from ...access.clusters import CLUSTER
from ...access.entries import is_aws_auth, parse_aws_auth
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
from ...stack import Resource, Value, is_unknown
from ...stack.values import get, items, mapping, text

_BOOTSTRAP = "bootstrapClusterCreatorAdminPermissions"
_MODE_ORDER = tuple(AuthenticationMode)
"""EKS switches to the next mode only: https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html"""
_REPLACE_OPERATIONS = ("replace", "create-replacement", "delete-replaced")
_PROVIDER = "aws:eks/identityProviderConfig:IdentityProviderConfig"
_POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"


def evaluate_resource(resource: Resource) -> Iterator[Finding]:
    """Findings about one resource by itself."""
    if resource.type in CLUSTER:
        yield from _check_cluster(resource)
    elif resource.type == _PROVIDER:
        yield from _check_identity_provider(resource)
    elif resource.type == _POD_IDENTITY:
        if resource.get("serviceAccount") == "default":
            namespace = text(resource.get("namespace")) or "a namespace not known yet"
            message = f"{resource.name} gives its role to every pod of {namespace} that names no service account."
            yield Finding(POD_IDENTITY, message, urn=resource.urn)
    elif is_aws_auth(resource):
        yield from _check_aws_auth(resource)


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
    if get(config, _BOOTSTRAP) is None and not resource.is_protected:
        message = f"cluster {name} has an access configuration without {_BOOTSTRAP}, and is not protected."
        yield Finding(ACCESS_CONFIG, message, urn=resource.urn)
    elif get(config, _BOOTSTRAP) is True:
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


def find_access_config(properties: Mapping[str, Value]) -> Value:
    """The cluster's `accessConfig`, which some providers have as a block and others as a list of one."""
    value = get(properties, "accessConfig")
    blocks = items(value)
    return blocks[0] if blocks else value


def _check_identity_provider(resource: Resource) -> Iterator[Finding]:
    oidc = get(resource.properties, "oidc")
    oidc = oidc if isinstance(oidc, Mapping) else next(iter(items(oidc)), None)
    if oidc is None:
        return
    issuer = text(get(oidc, "issuerUrl")) or "an issuer not known yet"
    required = {"groupsPrefix": get(oidc, "groupsClaim") is not None, "usernamePrefix": True}
    for prefix, is_required in required.items():
        value = get(oidc, prefix)
        if is_required and not is_unknown(value) and value in (None, "", "-"):
            # The username prefix defaults to the issuer's URL, unless the claim is the e-mail address.
            if prefix == "usernamePrefix" and value is None and get(oidc, "usernameClaim") != "email":
                continue
            message = f"{resource.name} has no {prefix}, so {issuer} can choose any name in the cluster."
            yield Finding(IDENTITY_PROVIDER, message, urn=resource.urn)


def _check_aws_auth(resource: Resource) -> Iterator[Finding]:
    verb = "patches" if resource.type.endswith("Patch") else "owns"
    message = (
        f"{resource.name} {verb} the ConfigMap kube-system/aws-auth: mapRoles is a single string, so this overwrites"
        " the mappings of others."
    )
    yield Finding(WHOLE_AWS_AUTH, message, urn=resource.urn)
    reading = parse_aws_auth(resource.get("data"))
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
