"""What an error of an AWS service or of its client says about whether the caller was allowed.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from eks_access.endpoint import LoopbackError

from ..identity.assume_role import AssumeRoleError
from ..outcome import Answer, Verdict

UNRECOGNISED = frozenset(
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
THROTTLING = frozenset(
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
UNDECIDED = frozenset(
    {
        # The request was judged before the caller, or the operation is not there.
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


def is_denial(code: str) -> bool:
    return code.startswith("AccessDenied") or code in ("UnauthorizedOperation", "Client.UnauthorizedOperation")


def classify(error: ClientError) -> Answer:
    """The answer in an error of any service but STS's AssumeRole family."""
    answer = answer_of(error)
    code, status = answer.reason, answer.status or 0
    if is_denial(code):
        return answer(Verdict.DENIED)
    if code in UNRECOGNISED:
        return answer(Verdict.NOT_AUTHENTICATED)
    if code in THROTTLING or status == 429:
        return answer(Verdict.THROTTLED)
    if code in UNDECIDED or not 400 <= status < 500 or code.isdigit():
        return answer(Verdict.COULD_NOT_ASK)
    # IAM decides before the service looks at what the parameters name.
    return answer(Verdict.ALLOWED, "authorized; the service then said: ")


class Said:
    """The parts of a service's error, waiting for the verdict on them."""

    def __init__(self, status: int | None, reason: str, message: str) -> None:
        self.status = status
        self.reason = reason
        self.message = message

    def __call__(self, verdict: Verdict, before: str = "") -> Answer:
        return Answer(verdict, self.status, self.reason, f"{before}{self.message}")


def answer_of(error: ClientError) -> Said:
    details = error.response.get("Error", {})
    return Said(
        error.response.get("ResponseMetadata", {}).get("HTTPStatusCode"),
        str(details.get("Code", "")),
        str(details.get("Message", "")),
    )


def without_answer(error: BotoCoreError | LoopbackError) -> Answer:
    """What it means that a client gave no service's answer."""
    reached = not isinstance(error, HTTPClientError | ConnectionError)
    verdict = Verdict.COULD_NOT_ASK if reached else Verdict.UNREACHABLE
    return Answer(verdict, None, type(error).__name__, str(error))


def asked(call: Callable[[], Answer], on_error: Callable[[ClientError], Answer]) -> Answer:
    """The answer of an AWS call, whatever came of it."""
    try:
        return call()
    except ClientError as error:
        return on_error(error)
    except AssumeRoleError as cause:
        return Answer(Verdict.COULD_NOT_ASK, None, "", str(cause))
    except (BotoCoreError, LoopbackError) as error:
        return without_answer(error)
