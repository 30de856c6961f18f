from datetime import UTC, datetime, timedelta

import pytest

from eks_access_probe.doctor.clock import check_clock, read_date
from eks_access_probe.doctor.finding import Status
from eks_access_probe.doctor.proxies import Endpoint, bypasses, check_proxies

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PRIVATE = Endpoint("prod", "https://abc.gr7.eu-west-1.eks.amazonaws.com", private=True)
PUBLIC = Endpoint("prod", PRIVATE.url, private=False)
PROXY = {"HTTPS_PROXY": "http://user:hunter2@proxy.example.com:3128"}


@pytest.mark.parametrize(
    ("seconds", "status", "words"),
    [
        (0, Status.OK, "that of AWS"),
        (2, Status.OK, "that of AWS"),
        (120, Status.OK, "120 seconds ahead of AWS"),
        (-299, Status.OK, "299 seconds behind AWS"),
        (300, Status.PROBLEM, "300 seconds ahead of AWS"),
        (-86400, Status.PROBLEM, "86400 seconds behind AWS"),
    ],
)
def test_the_clock_is_compared_with_the_time_of_a_response(seconds: int, status: Status, words: str) -> None:
    finding = check_clock(NOW + timedelta(seconds=seconds), NOW, "AWS")
    assert (finding.status, words in finding.summary) == (status, True)
    assert bool(finding.advice) is (status is Status.PROBLEM)


def test_without_a_response_the_clock_is_unknown() -> None:
    assert check_clock(NOW, None, "AWS").status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"date": "Fri, 02 Jan 2026 03:04:05 GMT"}, NOW),
        ({"Date": "Fri, 02 Jan 2026 03:04:05 GMT"}, NOW),
        ({"Date": "Fri, 02 Jan 2026 05:04:05 +0200"}, NOW),
        ({"Date": "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_time_is_read_from_the_header(headers: dict[str, str], expected: datetime | None) -> None:
    assert read_date(headers) == expected


@pytest.mark.parametrize(
    ("no_proxy", "host", "expected"),
    [
        ("", "eks.amazonaws.com", False),
        ("amazonaws.com", "eks.eu-west-1.amazonaws.com", True),
        (".amazonaws.com", "eks.eu-west-1.amazonaws.com", True),
        ("amazonaws.com", "notamazonaws.com", False),
        ("a.com, .eks.amazonaws.com", "x.eks.amazonaws.com", True),
        ("*", "anything", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("not/a-network", "10.1.2.3", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("x.com:443", "x.com", True),
        ("", "127.0.0.1", True),
        ("", "localhost", True),
    ],
)
def test_hosts_bypass_the_proxy_by_name_suffix_address_or_network(no_proxy: str, host: str, expected: bool) -> None:
    assert bypasses(no_proxy, host) is expected


def test_without_a_proxy_everything_is_direct() -> None:
    (finding,) = check_proxies({}, None, [PRIVATE], frozenset())
    assert finding.status is Status.OK


def test_a_private_endpoint_behind_a_proxy_is_a_problem_where_the_official_plugin_uses_it() -> None:
    first, last = check_proxies(PROXY, None, [PRIVATE], frozenset({"Secret"}))
    assert (first.status, first.subject) == (Status.PROBLEM, "prod")
    assert first.advice == "Unless it does, add abc.gr7.eu-west-1.eks.amazonaws.com to NO_PROXY."
    assert last.status is Status.OK
    first, _ = check_proxies(PROXY, None, [PRIVATE], frozenset())
    assert first.status is Status.UNKNOWN, "only kubectl uses it"
    (only,) = check_proxies(PROXY | {"no_proxy": ".eks.amazonaws.com"}, None, [PRIVATE], frozenset({"Secret"}))
    assert only.status is Status.OK
    (only,) = check_proxies(PROXY, None, [PUBLIC], frozenset({"Secret"}))
    assert (only.status, "connections to clusters are direct" in only.summary) == (Status.OK, True)


def test_a_password_in_the_proxys_address_is_not_shown() -> None:
    for finding in check_proxies(PROXY, None, [PRIVATE, PUBLIC], frozenset({"Secret"})):
        assert "hunter2" not in f"{finding}"


@pytest.mark.parametrize("value", ["http://[", "ftp://proxy", "http://"])
def test_what_is_no_proxy_is_a_problem(value: str) -> None:
    (finding,) = check_proxies({"https_proxy": value}, None, [], frozenset())
    assert (finding.status, value in finding.summary) == (Status.PROBLEM, False)


def test_an_endpoint_of_ones_own_must_bypass_the_proxy() -> None:
    (finding,) = check_proxies(PROXY, "http://emulator.example.com", [], frozenset())
    assert finding.status is Status.PROBLEM
    (finding,) = check_proxies(
        PROXY | {"NO_PROXY": "emulator.example.com"}, "http://emulator.example.com", [], frozenset()
    )
    assert finding.status is Status.OK
