"""How long a session may be, for the STS calls that the front answers itself."""

import pytest

from sandbox.aws.sessions import SessionDurationError, seconds


@pytest.mark.parametrize(
    ("longest", "asked", "granted"), [(3600, None, 3600), (7200, "7200", 7200), (3600, "900", 900)]
)
def test_a_session_lasts_as_long_as_was_asked_or_an_hour(longest: int, asked: str | None, granted: int) -> None:
    assert seconds({"MaxSessionDuration": longest}, asked) == granted


@pytest.mark.parametrize("asked", ["3601", "899", "0"])
def test_a_session_beyond_what_the_role_allows_is_refused(asked: str) -> None:
    with pytest.raises(SessionDurationError):
        seconds({"MaxSessionDuration": 3600}, asked)
