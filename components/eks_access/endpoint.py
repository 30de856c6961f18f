"""Ensures that no AWS call of an environment with `endpoint: loopback` leaves this machine, whatever the shell has set.

The AWS SDKs read endpoints from several variables, some for single services, and fall back to AWS itself. So such an
environment requires the one variable that covers every service, and rejects those that override it.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from .errors import EksAccessError

VARIABLE = "AWS_ENDPOINT_URL"
IGNORE_VARIABLE = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
ADVICE = "Run `make up`, or run this command in the sandbox's environment: `python -m sandbox run -- COMMAND`."


class LoopbackError(EksAccessError, ValueError):
    """The environment variables would let AWS calls leave this machine.

    Attributes:
        variable: the environment variable that is missing or wrong.
        problem: what is wrong with it.
    """

    def __init__(self, variable: str, problem: str) -> None:
        self.variable = variable
        self.problem = problem
        super().__init__(
            f"this environment has `endpoint: loopback`, so no AWS call may leave this machine,"
            f" but {variable} {problem}. {ADVICE}"
        )


def loopback_endpoint(environ: Mapping[str, str]) -> str:
    """The URL that every AWS client of a loopback environment uses.

    Raises:
        LoopbackError: the variables set no endpoint, one that is not on this machine, or one that is overridden.
    """
    endpoint = environ.get(VARIABLE, "")
    if not endpoint:
        raise LoopbackError(VARIABLE, "is not set, so calls would go to AWS itself")
    if not is_loopback(endpoint):
        raise LoopbackError(VARIABLE, f"is {_redact_url(endpoint)}, which is not a loopback address")
    if environ.get(IGNORE_VARIABLE, "").lower() not in ("", "false"):
        raise LoopbackError(IGNORE_VARIABLE, "is set, so calls would go to AWS itself")
    for variable, value in sorted(environ.items()):
        if variable.startswith(f"{VARIABLE}_") and value and not is_loopback(value):
            raise LoopbackError(variable, f"is {_redact_url(value)}, which is not a loopback address")
    return endpoint


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine itself: `localhost` or a loopback address, never a name to look up."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        # Clients parse user information and backslashes differently: none may choose another host.
        if parts.scheme not in ("http", "https") or "@" in url or "\\" in url:
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _redact_url(url: str) -> str:
    """The URL without the parts that may contain a secret."""
    try:
        parts = urlsplit(url)
        return repr(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl())
    except ValueError:
        return "not a URL"
