"""`eks-access token`: an exec credential for kubectl and other clients."""

from pathlib import Path

import click

from .. import exit_codes
from ..options import IDENTITIES_VARIABLE
from ..output import print_document
from . import Command

SESSION_NAME = "EKSGetTokenAuth"
"""The session name of `aws eks get-token`: https://docs.aws.amazon.com/cli/latest/reference/eks/get-token.html"""


@click.command("token", cls=Command, error_code=exit_codes.FAILED)
@click.option("--cluster-name", required=True, metavar="NAME", help="The EKS cluster's name.")
@click.option("--region", metavar="REGION", help="The cluster's region.  [default: $AWS_REGION or the profile's]")
@click.option("--profile", metavar="NAME", help="The AWS profile to sign with.")
@click.option("--role-arn", metavar="ARN", help="A role to assume first.")
@click.option("--external-id", metavar="ID", help="The ExternalId to assume it with.")
@click.option("--session-name", metavar="NAME", help=f"The session's name.  [default: {SESSION_NAME}]")
@click.option("--as", "integration", metavar="INTEGRATION", help="Act as this integration of an access manifest.")
@click.option("--stack", metavar="NAME", help="With --as: read the access manifest from this Pulumi stack.")
@click.option("--manifest", metavar="FILE", help="With --as: read the access manifest from a file (faster).")
@click.option(
    "--identities",
    "identities_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=f"With --as: where to get credentials for each integration.  [default: ${IDENTITIES_VARIABLE}]",
)
def command(
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
    identities_file: Path | None,
) -> None:
    """Print a token for an EKS cluster, as an ExecCredential (client.authentication.k8s.io/v1).

    Without options it is signed with the credentials of the environment, as `aws eks get-token` does. With --as it is
    signed with an integration's, as the probe does, so that kubectl can show what that integration sees.

    \b
    Examples:
      eks-access token --cluster-name prod-1 --region eu-west-1
      eks-access token --cluster-name prod-1 --role-arn arn:aws:iam::111122223333:role/Reader
      eks-access token --cluster-name dev-api --as opentrace --manifest access.json

    \b
    Exit codes:
      0  the token was printed
      1  no token could be created; standard error has the reason
      2  bad usage
    """
    if integration is None and (stack or manifest or identities_file):
        raise click.UsageError("--stack, --manifest and --identities go with --as INTEGRATION")
    if integration is not None and (profile or role_arn or external_id or session_name):
        raise click.UsageError(
            "--as selects the credentials: leave out --profile, --role-arn, --external-id and --session-name"
        )
    if integration is not None and (stack is None) == (manifest is None):
        raise click.UsageError("with --as give either --stack NAME or --manifest FILE")
    if external_id and not role_arn:
        raise click.UsageError("--external-id goes with --role-arn")

    from eks_access.kubernetes.token import presigned_token

    if integration is None:
        from ..flows.own_credentials import load_own_credentials

        credentials, region = load_own_credentials(region, profile, role_arn, external_id, session_name or SESSION_NAME)
    else:
        from ..flows.integration_credentials import load_integration_credentials

        credentials, region = load_integration_credentials(
            integration, cluster_name, region, stack, manifest, identities_file
        )
    print_document(presigned_token(credentials, cluster_name=cluster_name, region=region).exec_credential())
