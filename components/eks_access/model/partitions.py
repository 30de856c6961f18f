"""AWS's partitions: their regions, domains and addresses. Data, and look-ups.

Ids, regions and domains are those of the SDKs' own table:
https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Partition:
    """A partition; its regions' names begin with one of `prefixes`. An address is None where AWS publishes none."""

    id: str
    prefixes: tuple[str, ...]
    domain: str
    """Of its services' hosts, as in `sts.<region>.<domain>`."""
    sign_in: str | None = None
    """The host that SAML assertions are addressed to. That of a region has the region's name before it.

    https://docs.aws.amazon.com/general/latest/gr/signin-service.html
    """
    home: str | None = None
    """The region whose sign-in host is `sign_in` itself; None where the hosts of other regions are not published."""
    console: str | None = None


COMMERCIAL = Partition("aws", (), "amazonaws.com", "signin.aws.amazon.com", "us-east-1", "console.aws.amazon.com")
"""The partition of every region that belongs to none of the others: it gets new ones each year."""
_OTHERS = (
    Partition("aws-cn", ("cn",), "amazonaws.com.cn", "signin.amazonaws.cn", console="console.amazonaws.cn"),
    Partition(
        "aws-us-gov",
        ("us-gov",),
        "amazonaws.com",
        "signin.amazonaws-us-gov.com",
        console="console.amazonaws-us-gov.com",
    ),
    Partition("aws-eusc", ("eusc-de",), "amazonaws.eu"),
    Partition("aws-iso", ("us-iso",), "c2s.ic.gov"),
    Partition("aws-iso-b", ("us-isob",), "sc2s.sgov.gov"),
    Partition("aws-iso-e", ("eu-isoe",), "cloud.adc-e.uk"),
    Partition("aws-iso-f", ("us-isof",), "csp.hci.ic.gov"),
)
PARTITIONS = {each.id: each for each in (COMMERCIAL, *_OTHERS)}
SERVICE_DOMAINS = tuple(dict.fromkeys(each.domain for each in PARTITIONS.values()))
_PREFIXES = {prefix: each for each in _OTHERS for prefix in each.prefixes}
_REGION = re.compile(rf"({'|'.join(_PREFIXES)})-[a-z]+-[0-9]+")


def partition_of(region: str) -> Partition:
    """The partition of a region, by the region's name."""
    match = _REGION.fullmatch(region)
    return _PREFIXES[match[1]] if match else COMMERCIAL


def service_host(service: str, region: str) -> str:
    """The host of a service's regional endpoint."""
    return f"{service}.{region}.{partition_of(region).domain}"
