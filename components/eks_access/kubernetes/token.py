"""EKS bearer tokens: a presigned `sts:GetCallerIdentity` request that names its cluster.

The rules are those of aws-iam-authenticator's verifier (pkg/token/token.go): base64url without padding, at most 4096
bytes, `x-k8s-aws-id` among the signed headers, and an STS host of the cluster's own partition. Signing is local:
nothing is sent to AWS, and the host in the request does not depend on any endpoint setting.
"""

import base64
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlencode

from ..errors import EksAccessError
from ..model.partitions import service_host

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
PRESIGNED_SECONDS = 60
"""X-Amz-Expires. The authenticator demands 0..900 and then ignores it; 60 is what `aws eks get-token` sends."""
LIFETIME = timedelta(minutes=14)
"""The authenticator accepts a signature for 15 minutes; a client renews one minute earlier."""
MAX_TOKEN_BYTES = 4096
"""https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/token/token.go (maxTokenLenBytes)"""

log = logging.getLogger(__name__)


class TokenTooLargeError(EksAccessError, ValueError):
    """The authenticator would refuse the token for its size: session tokens with many tags or policies cause this."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(
            f"the EKS token is {size} bytes and the authenticator accepts at most {MAX_TOKEN_BYTES}:"
            " use a role session with fewer session tags or a shorter session policy"
        )


class Credentials(Protocol):
    """The part of botocore's frozen credentials that signing needs."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None: ...


@dataclass(frozen=True)
class EksToken:
    """A bearer token for an EKS cluster, and when to renew it."""

    value: str
    expires_at: datetime

    def exec_credential(self) -> str:
        """The ExecCredential object that kubectl and client libraries expect from a credential plugin."""
        return json.dumps(
            {
                "apiVersion": "client.authentication.k8s.io/v1",
                "kind": "ExecCredential",
                "spec": {},
                "status": {
                    "token": self.value,
                    "expirationTimestamp": self.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                },
            }
        )


def sts_host(region: str) -> str:
    """The regional STS host, in the domain of the region's partition."""
    return service_host("sts", region)


def presigned_token(credentials: Credentials, *, cluster_name: str, region: str) -> EksToken:
    """A token that authenticates the principal of `credentials` to the EKS cluster `cluster_name`.

    Raises:
        TokenTooLargeError: it is larger than the authenticator accepts.
    """
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest

    query = urlencode({"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    request: Any = AWSRequest(
        method="GET",
        url=f"https://{sts_host(region)}/?{query}",
        headers={CLUSTER_HEADER: cluster_name},
    )
    SigV4QueryAuth(cast("ReadOnlyCredentials", credentials), "sts", region, expires=PRESIGNED_SECONDS).add_auth(request)
    # The end of the access key's id is enough to tell which credentials were used.
    log.debug(
        "signing a token for cluster %s in %s with access key …%s", cluster_name, region, credentials.access_key[-4:]
    )
    value = PREFIX + base64.urlsafe_b64encode(request.url.encode()).decode().rstrip("=")
    if len(value) > MAX_TOKEN_BYTES:
        raise TokenTooLargeError(len(value))
    return EksToken(value, datetime.now(UTC) + LIFETIME)
