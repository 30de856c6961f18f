"""What acting as an integration needs: AWS clients and the identities file."""

import os
from pathlib import Path

from eks_access.endpoint import loopback_endpoint
from eks_access.manifest.models import Manifest
from eks_access_probe.identity import identities
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import Identities


def create_aws(manifest: Manifest) -> Aws:
    """AWS clients for the manifest's environment; for a loopback environment, of its endpoint alone.

    Raises:
        LoopbackError: it is a loopback environment, and its endpoint is not set.
    """
    return Aws(loopback_endpoint(os.environ) if manifest.endpoint == "loopback" else None)


def load_identities(file: Path | None) -> Identities:
    """The identities in this file, or in the one that the environment variable names.

    Raises:
        IdentitiesError: it cannot be read.
    """
    return identities.load_identities(identities.find_identities_file(file, os.environ))
