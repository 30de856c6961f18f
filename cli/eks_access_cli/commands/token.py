"""`eks-access token`: an exec credential for kubectl and other clients.

It runs for every kubectl command, so it imports little: the AWS client only where there is a role to assume, and the
probe only for `--as`.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eks_access.kubernetes.token import Credentials

SESSION_NAME = "EKSGetTokenAuth"
"""What `aws eks get-token` calls its session: https://docs.aws.amazon.com/cli/latest/reference/eks/get-token.html"""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--cluster-name", required=True, metavar="NAME", help="The EKS cluster's name.")
@click.option("--region", metavar="REGION", help="The cluster's region. [default: $AWS_REGION or the profile's]")
@click.option("--profile", metavar="NAME", help="The AWS profile to sign with.")
@click.option("--role-arn", metavar="ARN", help="A role to assume first.")
@click.option("--external-id", metavar="ID", help="The ExternalId to assume it with.")
@click.option("--session-name", metavar="NAME", help=f"The session's name. [default: {SESSION_NAME}]")
@click.option("--as", "integration", metavar="INTEGRATION", help="Act as this integration of an access manifest.")
@click.option("--stack", metavar="NAME", help="With --as: read the access manifest from this Pulumi stack.")
@click.option("--manifest", metavar="FILE", help="With --as: read the access manifest from a file (faster).")
@click.option(
    "--identities",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --as: how to become each integration. [default: $EKS_ACCESS_IDENTITIES]",
)
def token(
    *,
    cluster_name: str,
    region: str | None,
    profile: str | None,
    role_arn: str | None,
    external_id: str | None,
    session_name: str | None,
    integration: str | None,
    stack: str | None,
    manifest: str | None,
    identities: Path | None,
) -> None:
    """Print a token for an EKS cluster, as an ExecCredential (client.authentication.k8s.io/v1).

    Without options it signs with the credentials of the environment, as `aws eks get-token` does. With --as it becomes
    an integration as the probe does, so that kubectl can show what that integration sees.

    \b
    Examples:
      eks-access token --cluster-name prod-1 --region eu-west-1
      eks-access token --cluster-name prod-1 --role-arn arn:aws:iam::111122223333:role/Reader
      eks-access token --cluster-name dev-api --as opentrace --manifest access.json

    Exit code 1 where no token could be made; the error stream says why.
    """
    if integration is None and (stack or manifest or identities):
        raise click.UsageError("--stack, --manifest and --identities go with --as INTEGRATION")
    if integration is not None and (profile or role_arn or external_id or session_name):
        raise click.UsageError("--as says who acts: leave out --profile, --role-arn, --external-id and --session-name")
    if integration is not None and (stack is None) == (manifest is None):
        raise click.UsageError("with --as give either --stack NAME or --manifest FILE")
    if external_id and not role_arn:
        raise click.UsageError("--external-id goes with --role-arn")
    if integration is None:
        credentials, region = _own(region, profile, role_arn, external_id, session_name or SESSION_NAME)
    else:
        credentials, region = _integration(integration, cluster_name, region, stack, manifest, identities)

    from eks_access.kubernetes.token import TokenTooLargeError, presigned_token

    try:
        click.echo(presigned_token(credentials, cluster_name=cluster_name, region=region).exec_credential())
    except TokenTooLargeError as error:
        raise click.ClickException(str(error)) from error


def _own(
    region: str | None, profile: str | None, role_arn: str | None, external_id: str | None, session_name: str
) -> "tuple[Credentials, str]":
    """The credentials of the environment, or of a role assumed with them, and the region."""
    import botocore.session
    from botocore.credentials import ReadOnlyCredentials
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = botocore.session.Session(profile=profile)
        region = region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        if not region:
            raise click.ClickException("no region: give --region or set AWS_REGION")
        found = session.get_credentials()
        if found is None:
            raise click.ClickException("no AWS credentials: set AWS_ACCESS_KEY_ID, or give --profile")
        if role_arn is None:
            return found.get_frozen_credentials(), region  # type: ignore[return-value]
        extra = {"ExternalId": external_id} if external_id else {}
        sts: Any = session.create_client("sts", region_name=region)
        keys = sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name, **extra)["Credentials"]
    except (BotoCoreError, ClientError) as error:
        raise click.ClickException(_told(error)) from error
    return ReadOnlyCredentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]), region  # type: ignore[return-value]


def _integration(
    name: str,
    cluster_name: str,
    region: str | None,
    stack: str | None,
    manifest: str | None,
    identities: Path | None,
) -> "tuple[Credentials, str]":
    """The credentials of an integration that the probe becomes, and the cluster's region."""
    from botocore.exceptions import BotoCoreError, ClientError

    from eks_access.endpoint import LoopbackError, loopback_endpoint
    from eks_access.manifest import source
    from eks_access_probe.identity import identities as known
    from eks_access_probe.identity.assume_role import Actor, AssumeRoleError
    from eks_access_probe.identity.aws_clients import Aws

    try:
        read = source.of_stack(stack, Path()) if stack else source.of_file(manifest or "")
        access = read.integrations.get(name)
        if access is None:
            has = ", ".join(sorted(read.integrations))
            raise click.ClickException(f"there is no integration {name!r}; the access manifest has {has}")
        cluster = next((c for c in access.clusters.values() if c.name == cluster_name), None)
        region = region or (cluster.region if cluster else os.environ.get("AWS_REGION"))
        if not region:
            raise click.ClickException(
                f"{name} has no cluster {cluster_name!r}, so its region is needed: give --region"
            )
        aws = Aws(loopback_endpoint(os.environ) if read.endpoint == "loopback" else None)
        actor = Actor(aws, name, access, known.load_identities(known.find_identities_file(identities, os.environ)))
        return actor.session().keys, region
    except (
        source.SourceError,
        known.IdentitiesError,
        LoopbackError,
        AssumeRoleError,
        ClientError,
        BotoCoreError,
    ) as error:
        raise click.ClickException(f"cannot become {name}: {_told(error)}") from error


def _told(error: Exception) -> str:
    """The error's own words, with nothing in them that grants access."""
    from eks_access.redaction import redacted

    return redacted(str(error))
