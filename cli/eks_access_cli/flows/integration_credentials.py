"""The AWS credentials of an integration, as the probe gets them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.errors import EksAccessError
from eks_access.redaction import redacted
from eks_access_probe.identity.assume_role import Actor

from ..options import find_integration, read_manifest
from .acting import create_aws, load_identities
from .own_credentials import CredentialsError

if TYPE_CHECKING:
    from eks_access.kubernetes.token import Credentials


def load_integration_credentials(
    name: str,
    cluster_name: str,
    region: str | None,
    stack: str | None,
    manifest: str | None,
    identities_file: Path | None,
) -> "tuple[Credentials, str]":
    """The credentials of an integration, and the cluster's region.

    Raises:
        CredentialsError: it cannot be acted as, or the region is not known.
    """
    try:
        read = read_manifest(stack, manifest, Path(), secrets=True)
        access = find_integration(read, name)
        cluster = next((each for each in access.clusters.values() if each.name == cluster_name), None)
        region = region or (cluster.region if cluster else os.environ.get("AWS_REGION"))
        if not region:
            raise CredentialsError(f"{name} has no cluster {cluster_name!r}, so its region is needed: give --region")
        actor = Actor(create_aws(read), name, access, load_identities(identities_file))
        return actor.session().keys, region
    except CredentialsError:
        raise
    except (EksAccessError, ClientError, BotoCoreError) as error:
        raise CredentialsError(f"cannot act as {name}: {redacted(str(error))}") from error
