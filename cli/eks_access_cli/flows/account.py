"""The operator's own account, for commands that read it without a stack."""

import os

from eks_access.endpoint import VARIABLE, is_loopback, loopback_endpoint
from eks_access_probe.identity.aws_clients import Aws, Keys


def connect_account(profile: str | None, connections: int) -> tuple[Aws, Keys, bool]:
    """AWS clients, keys, and whether the endpoint of AWS is on this machine, which no call may then leave.

    Raises:
        CredentialsUnavailableError: there are none.
        LoopbackError: the endpoint of AWS is on this machine, and is not usable.
    """
    only_loopback = is_loopback(os.environ.get(VARIABLE, ""))
    aws = Aws(loopback_endpoint(os.environ) if only_loopback else None, connections=connections)
    return aws, aws.own_credentials(profile), only_loopback
