"""Google's identity tokens: what IAM compares, by the kind of identity that a token is for.

A service account's token has the account's number as `azp` and as `sub`; IAM then compares `:aud` with that number, and
`:oaud` with the audience that was requested. Another token's `:aud` is an OAuth client's id.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from ...errors import InvalidInputError
from ..placeholders import is_known

GOOGLE = "accounts.google.com"
_CLIENT_ID_SUFFIX = ".apps.googleusercontent.com"


def validate_google_audience(path: str, value: str, *, requested: str) -> str:
    """Validates an OAuth client's id or a service account's number; `requested` is the argument for `:oaud`."""
    client = value.removesuffix(_CLIENT_ID_SUFFIX)
    if is_known(value) and not _is_number(value) and (client == value or not client or not _is_literal(client)):
        raise InvalidInputError(
            path,
            value,
            f"is neither an OAuth client id (…{_CLIENT_ID_SUFFIX}) nor a service account's numeric id",
            f"An audience that is requested for a service account's token belongs in {requested}.",
        )
    return value


def validate_google_subject(path: str, value: str, *, audience: str) -> str:
    """Validates a numeric Google id; of a service account, it is also the audience.

    Raises:
        InvalidInputError: no token has this subject, or none has it together with this audience.
    """
    if is_known(value) and not _is_number(value):
        raise InvalidInputError(
            path,
            value,
            "is not a numeric Google id",
            "An e-mail address can be given to someone else, and no token has it as its subject: ask for the numeric"
            " id.",
        )
    if is_known(value) and is_known(audience) and _is_number(audience) and audience != value:
        raise InvalidInputError(
            path,
            value,
            f"is another number than the audience, {audience}: a service account's token has its own number in both,"
            " so no token would be accepted",
            "Give the same number twice, or the id of the OAuth client that the token is for.",
        )
    return value


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _is_literal(value: str) -> bool:
    return not any(character in value for character in "*?${} ")
