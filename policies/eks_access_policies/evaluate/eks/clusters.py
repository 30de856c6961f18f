"""The rules about a cluster's own settings, and what is beside it: identity providers, pod identities, aws-auth."""

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
_LADDER = tuple(AuthenticationMode)
_REPLACES = ("replace", "create-replacement", "delete-replaced")
_PROVIDER = "aws:eks/identityProviderConfig:IdentityProviderConfig"
_POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"


def evaluate_resource(resource: Resource) -> Iterator[Finding]:
    """What can be said of one resource without the others."""
    if resource.type in CLUSTER:
        yield from _cluster(resource)
    elif resource.type == _PROVIDER:
        yield from _identity_provider(resource)
    elif resource.type == _POD_IDENTITY:
        if resource.get("serviceAccount") == "default":
            namespace = text(resource.get("namespace")) or "a namespace not known yet"
            message = f"{resource.name} gives its role to every pod of {namespace} that names no service account."
            yield Finding(POD_IDENTITY, message, urn=resource.urn)
    elif is_aws_auth(resource):
        yield from _aws_auth(resource)


def _cluster(resource: Resource) -> Iterator[Finding]:
    config = access_config(resource.properties)
    mode = text(get(config, "authenticationMode"))
    name = text(resource.get("name")) or resource.name
    yield from _changes(resource, name, mode)
    if mode == AuthenticationMode.CONFIG_MAP:
        yield Finding(
            CONFIG_MAP_MODE, f"cluster {name} has authentication mode {mode}: aws-auth alone.", urn=resource.urn
        )
    if not mapping(config):
        return
    if get(config, _BOOTSTRAP) is None and not resource.is_protected:
        message = f"cluster {name} has an access configuration without {_BOOTSTRAP}, and is not protected."
        yield Finding(ACCESS_CONFIG, message, urn=resource.urn)
    elif get(config, _BOOTSTRAP) is True:
        yield Finding(
            CREATOR_ADMIN, f"whoever makes cluster {name} is its administrator from then on.", urn=resource.urn
        )


def _changes(resource: Resource, name: str, mode: str | None) -> Iterator[Finding]:
    """What a preview shows of a change."""
    because = [reason for reason in resource.replaced_for if reason.startswith("accessConfig")]
    if because and resource.operation in _REPLACES:
        message = f"cluster {name} is replaced, with everything in it, for {', '.join(because)}."
        yield Finding(CLUSTER_REPLACED, message, urn=resource.urn)
    before = text(get(access_config(resource.before or {}), "authenticationMode"))
    if before in _LADDER and mode in _LADDER and before != mode:
        steps = _LADDER.index(AuthenticationMode(mode)) - _LADDER.index(AuthenticationMode(before))
        if steps != 1:
            message = f"cluster {name} goes from authentication mode {before} to {mode}, which EKS refuses."
            yield Finding(MODE_CHANGE, message, urn=resource.urn)


def access_config(properties: Mapping[str, Value]) -> Value:
    given = get(properties, "accessConfig")
    blocks = items(given)
    return blocks[0] if blocks else given


def _identity_provider(resource: Resource) -> Iterator[Finding]:
    oidc = get(resource.properties, "oidc")
    oidc = oidc if isinstance(oidc, Mapping) else next(iter(items(oidc)), None)
    if oidc is None:
        return
    issuer = text(get(oidc, "issuerUrl")) or "an issuer not known yet"
    wanted = {"groupsPrefix": get(oidc, "groupsClaim") is not None, "usernamePrefix": True}
    for prefix, is_wanted in wanted.items():
        given = get(oidc, prefix)
        if is_wanted and not is_unknown(given) and given in (None, "", "-"):
            # Without a prefix for usernames the issuer's own address is one, unless the claim is the e-mail address.
            if prefix == "usernamePrefix" and given is None and get(oidc, "usernameClaim") != "email":
                continue
            message = f"{resource.name} lets {issuer} name users of the cluster without {prefix}."
            yield Finding(IDENTITY_PROVIDER, message, urn=resource.urn)


def _aws_auth(resource: Resource) -> Iterator[Finding]:
    what = "patches" if resource.type.endswith("Patch") else "owns"
    message = (
        f"{resource.name} {what} the ConfigMap kube-system/aws-auth: its mapRoles is one text, which this writes as a"
        " whole, whatever others have put there."
    )
    yield Finding(WHOLE_AWS_AUTH, message, urn=resource.urn)
    reading = parse_aws_auth(resource.get("data"))
    if reading.errors:
        message = f"{resource.name}: the authenticator drops what it cannot read: {_first(reading.errors)}."
        yield Finding(BROKEN_AWS_AUTH, message, urn=resource.urn)
    if reading.accounts:
        accounts = ", ".join(sorted(reading.accounts))
        yield Finding(
            MAP_ACCOUNTS, f"{resource.name} lets every principal of account {accounts} sign in.", urn=resource.urn
        )


def _first(errors: tuple[str, ...]) -> str:
    """The first complaint, of which a line is enough."""
    return errors[0].splitlines()[0][:160] if errors[0] else "an error"
