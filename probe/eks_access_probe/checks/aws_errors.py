"""Classifies the errors of AWS services and of their client: whether the caller was authorized.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from eks_access.endpoint import LoopbackError

from ..identity.assume_role import AssumeRoleError
from ..outcome import Answer, Verdict

AUTHENTICATION_CODES = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
INCONCLUSIVE_CODES = frozenset(
    {
        # The request was validated before the caller was authorized, or the operation does not exist.
        "InvalidAction",
        "MalformedInput",
        "MissingAction",
        "MissingParameter",
        "NotImplemented",
        "OptInRequired",
        "RegionDisabledException",
        "SerializationException",
        "UnknownOperationException",
        "UnsupportedOperation",
        "ValidationError",
        "ValidationException",
    }
)


_REFUSING_POLICY = re.compile(
    r"because (?:no|the) (?P<silent>[\w -]+?) allows? the"
    r"|with an explicit deny(?: in (?:an?|the) (?P<denying>[\w -]+))?",
    re.IGNORECASE,
)
"""How a refusal names the kind of policy that is its cause.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
_ENDPOINT_POLICY = "vpc endpoint policy"
UNNAMED_POLICY = "a policy that the message does not name"


def find_refusing_policy(message: str) -> str | None:
    """The kind of policy that a refusal names as its cause, in lower case; None if it names no cause at all."""
    match = _REFUSING_POLICY.search(message)
    if match is None:
        return None
    return (match["silent"] or match["denying"] or UNNAMED_POLICY).strip().lower()


def is_denial(code: str) -> bool:
    """Whether the error code is a refusal by IAM."""
    return code.startswith("AccessDenied") or code in ("UnauthorizedOperation", "Client.UnauthorizedOperation")


@dataclass(frozen=True)
class ServiceError:
    """The parts of a service's error response."""

    status: int | None
    code: str
    message: str

    @property
    def is_throttling(self) -> bool:
        return self.code in THROTTLING_CODES or self.status == 429

    def answer(self, verdict: Verdict, prefix: str = "") -> Answer:
        """The error as an answer; `prefix` explains the verdict before the service's message."""
        return Answer(verdict, self.status, self.code, f"{prefix}{self.message}")


def parse_error(error: ClientError) -> ServiceError:
    """The status, code and message of a service's error response."""
    details = error.response.get("Error", {})
    return ServiceError(
        error.response.get("ResponseMetadata", {}).get("HTTPStatusCode"),
        str(details.get("Code", "")),
        str(details.get("Message", "")),
    )


def classify_service_error(error: ClientError) -> Answer:
    """The answer in an error of any service but STS's AssumeRole family."""
    parsed = parse_error(error)
    code, status = parsed.code, parsed.status or 0
    if is_denial(code) and find_refusing_policy(parsed.message) == _ENDPOINT_POLICY:
        return parsed.answer(Verdict.COULD_NOT_ASK, "refused by the network that the probe runs in, not by IAM: ")
    if is_denial(code):
        return parsed.answer(Verdict.DENIED)
    if code in AUTHENTICATION_CODES:
        return parsed.answer(Verdict.NOT_AUTHENTICATED)
    if parsed.is_throttling:
        return parsed.answer(Verdict.THROTTLED)
    if code in INCONCLUSIVE_CODES or not 400 <= status < 500 or code.isdigit():
        return parsed.answer(Verdict.COULD_NOT_ASK)
    # IAM authorizes the caller before the service looks up what the parameters name.
    return parsed.answer(Verdict.ALLOWED, "authorized; the service then said: ")


def classify_client_error(error: BotoCoreError | LoopbackError) -> Answer:
    """The answer in an error of the client, which has no response of a service: unreachable or inconclusive."""
    is_unreachable = isinstance(error, HTTPClientError | ConnectionError)
    verdict = Verdict.UNREACHABLE if is_unreachable else Verdict.COULD_NOT_ASK
    return Answer(verdict, None, type(error).__name__, str(error))


def call_aws(call: Callable[[], Answer], classify_error: Callable[[ClientError], Answer]) -> Answer:
    """The answer of an AWS call, whose errors are classified instead of raised."""
    try:
        return call()
    except ClientError as error:
        return classify_error(error)
    except AssumeRoleError as cause:
        return Answer(Verdict.COULD_NOT_ASK, None, "", str(cause))
    except (BotoCoreError, LoopbackError) as error:
        return classify_client_error(error)
