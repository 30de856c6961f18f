"""The deployer's AWS credentials: whether there are any, who they are of, and of which account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from eks_access.endpoint import LoopbackError
from eks_access.model.arn import Arn, parse
from eks_access.redaction import redacted

from ..checks.aws_errors import parse_error
from ..identity.aws_clients import Aws, CredentialsUnavailableError, Keys
from .clock import read_date
from .finding import Check, Finding, Status

CLIENT_ERRORS = (BotoCoreError, ResponseParserError, LoopbackError)
"""Errors without a response of the service; the second is another server's, such as the page of a portal."""
SIGN_IN = (
    "Sign in (`aws sso login`, or your organization's way), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` then shows who you are."
)
_ADVICE = {
    "ExpiredToken": f"They have expired. {SIGN_IN}",
    "ExpiredTokenException": f"They have expired. {SIGN_IN}",
    "InvalidClientTokenId": f"The access key does not exist any more, or is of another partition. {SIGN_IN}",
    "SignatureDoesNotMatch": f"The secret access key is not that of the access key, or the clock is wrong. {SIGN_IN}",
    "RequestTimeTooSkewed": "The clock is wrong: see below.",
}
_UNREACHABLE_ADVICE = (
    "Check the network, and HTTPS_PROXY and NO_PROXY; an endpoint may also be set by AWS_ENDPOINT_URL or in the AWS"
    " configuration."
)


@dataclass(frozen=True)
class Caller:
    """Who the credentials are of."""

    keys: Keys
    arn: str
    account: str

    @property
    def parsed(self) -> Arn | None:
        return parse(self.arn)

    @property
    def partition(self) -> str:
        return self.parsed.partition if self.parsed else "aws"


@dataclass(frozen=True)
class CredentialsResult:
    """What was found; `caller` is None where the credentials are of no use, `date` the time at AWS."""

    findings: tuple[Finding, ...]
    caller: Caller | None = None
    date: datetime | None = None


def check_credentials(aws: Aws, profile: str | None, region: str, declared: str | None) -> CredentialsResult:
    """Asks AWS who the caller is, which needs no permission.

    Args:
        aws: creates clients.
        profile: the AWS profile; None for the environment's credentials.
        region: the region to ask in.
        declared: the account of the environment; None where there is none to compare with.
    """
    try:
        keys = aws.own_credentials(profile)
        sts: Any = aws.client("sts", region, keys)
        response = sts.get_caller_identity()
    except CredentialsUnavailableError as error:
        return CredentialsResult((_problem(redacted(str(error)), SIGN_IN),), date=_ask_time(aws, region))
    except ClientError as error:
        parsed = parse_error(error)
        advice = _ADVICE.get(parsed.code, SIGN_IN)
        date = _date_of(error)
        return CredentialsResult(
            (_problem(f"AWS refuses them: {parsed.code}: {redacted(parsed.message)}", advice),), date=date
        )
    except CLIENT_ERRORS as error:
        return CredentialsResult((_problem(f"AWS cannot be asked: {redacted(str(error))}", _UNREACHABLE_ADVICE),))
    except KeyError:
        # The SDK's own, for XML that is not STS's: the page of a portal.
        return CredentialsResult((_problem("what answers in the place of AWS is another server", _UNREACHABLE_ADVICE),))
    caller = Caller(keys, response["Arn"], response["Account"])
    findings = [Finding(Check.CREDENTIALS, Status.OK, caller.arn)]
    if declared is not None:
        findings.append(_compare_accounts(caller.account, declared))
    return CredentialsResult(tuple(findings), caller, read_date(response["ResponseMetadata"]["HTTPHeaders"]))


def _compare_accounts(found: str, declared: str) -> Finding:
    if found == declared:
        return Finding(Check.ACCOUNT, Status.OK, f"{found}, the environment's")
    return Finding(
        Check.ACCOUNT,
        Status.PROBLEM,
        f"the credentials are of account {found}, and the environment is account {declared}",
        advice="Sign in to that account (or choose its AWS_PROFILE), or correct `aws.account`. Nothing is deployed to"
        " another account.",
    )


def _ask_time(aws: Aws, region: str) -> datetime | None:
    """The time at AWS, from its refusal of an unsigned request."""
    try:
        aws.client("sts", region, None).get_caller_identity()
    except ClientError as error:
        return _date_of(error)
    except CLIENT_ERRORS:
        return None
    return None


def _date_of(error: ClientError) -> datetime | None:
    return read_date(error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}))


def _problem(summary: str, advice: str) -> Finding:
    return Finding(Check.CREDENTIALS, Status.PROBLEM, summary, advice=advice)
