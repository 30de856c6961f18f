"""What an access entry of an existing role would take away: EKS reads no mapping in aws-auth of a role with an entry.

https://docs.aws.amazon.com/eks/latest/userguide/migrating-access-entries.html
"""

import asyncio
from collections.abc import Sequence

import pulumi

from ..aws_auth.errors import AwsAuthConflictError
from ..aws_auth.mapping import canonicalize_role, is_protected
from ..aws_auth.reader import ROLES, Identity, read, read_section
from ..errors import EksAccessError
from ..model.existing_role import ARGUMENT

_CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/aws-auth"


class ShadowingError(EksAccessError, pulumi.RunError):
    """The access entry would take a role's mapping in aws-auth away, or whether it would is not known."""


def validate_not_shadowed(
    cluster: str,
    kubeconfig: pulumi.Input[str],
    role_arn: pulumi.Output[str],
    username: pulumi.Input[str],
    groups: Sequence[str],
) -> pulumi.Output[str]:
    """The role's ARN, once it is known that its access entry takes no nodes out of the cluster.

    Raises, when the values are known:
        ShadowingError: aws-auth maps the role for nodes, or cannot be read. A preview warns where it cannot be read,
            because it must work where only the deployment itself can reach the cluster.
    """

    async def validate(known: list[str]) -> str:
        text, arn, name = known
        await asyncio.to_thread(_validate, cluster, text, arn, Identity(name, tuple(groups)))
        return arn

    return pulumi.Output.all(kubeconfig, role_arn, username).apply(validate)


def _validate(cluster: str, kubeconfig: str, arn: str, entry: Identity) -> None:
    try:
        data = _read_data(kubeconfig)
    except (EksAccessError, ValueError, OSError) as cause:
        problem = (
            f"{ARGUMENT}: aws-auth of cluster {cluster!r} cannot be read ({cause}). An access entry takes a mapping of"
            f" the role there away, and if {arn} is the role of nodes, the nodes leave the cluster."
        )
        if not pulumi.runtime.is_dry_run():
            raise ShadowingError(
                f"{problem} Let the deployer reach the cluster and get the ConfigMap aws-auth in kube-system."
            ) from cause
        pulumi.log.warn(problem)
        return
    try:
        key = canonicalize_role(arn)
    except AwsAuthConflictError as cause:
        raise ShadowingError(f"{ARGUMENT}: {cause}") from cause
    section = read_section(data, ROLES)
    if section.lost is not None and key.rpartition("/")[2].lower() in (section.text or "").lower():
        raise ShadowingError(
            f"{ARGUMENT}: mapRoles in aws-auth of cluster {cluster!r} names {key}, and cannot be parsed"
            f" ({section.lost}): whether the role is that of nodes is not known. Correct aws-auth first."
        )
    mapped = read(data).roles.get(key.lower())
    if mapped is None or mapped == entry:
        return
    if is_protected(mapped):
        raise ShadowingError(
            f"{ARGUMENT}: {arn} is mapped for nodes in aws-auth of cluster {cluster!r} (as {mapped.username!r}). An"
            " access entry takes the mapping's place, and the nodes would leave the cluster. Use another role."
        )
    pulumi.log.warn(
        f"{ARGUMENT}: the access entry of {arn} takes the place of its mapping in aws-auth of cluster {cluster!r}"
        f" (user {mapped.username!r} in {', '.join(mapped.groups) or 'no group'}), which has no effect from then on."
    )


def _read_data(kubeconfig: str) -> dict[str, str]:
    # Imported here: few stacks need an HTTP client.
    from ..kubernetes.client import ApiError, KubernetesApi

    try:
        found = KubernetesApi.from_kubeconfig(kubeconfig).json("GET", _CONFIG_MAP)
    except ApiError as error:
        if error.status == 404:
            return {}
        raise
    return dict(found.get("data") or {})
