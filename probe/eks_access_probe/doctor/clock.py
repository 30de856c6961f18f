"""This machine's clock against the `Date` header of a response of AWS, or of a cluster."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from .finding import Check, Finding, Status

TOLERANCE = timedelta(minutes=5)
"""Within which AWS accepts a request. https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html"""


def read_date(headers: Mapping[str, str]) -> datetime | None:
    """The time in the header `Date`; None if there is none that can be read."""
    text = next((value for name, value in headers.items() if name.lower() == "date"), None)
    try:
        found = None if text is None else parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def check_clock(now: datetime, server: datetime | None, where: str) -> Finding:
    """
    Args:
        now: this machine's time, when the response came.
        server: the time in it; None if there was no response with one.
        where: the server that responded.
    """
    if server is None:
        return Finding(Check.CLOCK, Status.UNKNOWN, "no server's response had the time to compare with")
    apart = now - server
    seconds = round(abs(apart).total_seconds())
    words = f"{seconds} seconds {'ahead of' if apart > timedelta() else 'behind'} {where}"
    if abs(apart) >= TOLERANCE:
        return Finding(
            Check.CLOCK,
            Status.PROBLEM,
            f"this machine's clock is {words}, and AWS rejects requests that are off by"
            f" {TOLERANCE.total_seconds() / 60:g} minutes",
            advice="Set the clock, and keep it set by NTP (`timedatectl set-ntp true`).",
        )
    # The header has whole seconds, and the response took time.
    return Finding(Check.CLOCK, Status.OK, f"that of {where}" if seconds <= 2 else words)
