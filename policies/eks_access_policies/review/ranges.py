"""Conditions on numbers, dates and networks: whether the values that meet one all meet another. Pure."""

from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network

from ..iam.conditions import Family, Operator

RANGES = (Family.NUMERIC, Family.DATE, Family.IP)


def is_within(operator: Operator, value: str, wider: Operator, wide: str) -> bool:
    """Whether everything that meets the one meets the other. False if that cannot be determined."""
    if (operator.base, value) == (wider.base, wide):
        return True
    if operator.family is Family.IP:
        return _is_subnet(value, wide)
    own, limit = _parse(operator.family, value), _parse(wider.family, wide)
    if own is None or limit is None:
        return False
    comparison, limiting = _get_comparison(operator), _get_comparison(wider)
    direction = limiting.removesuffix("equals")
    if comparison.removesuffix("equals") not in ("", direction):
        return False
    if own == limit:
        return limiting != direction or comparison == limiting
    return own < limit if direction == "lessthan" else direction == "greaterthan" and own > limit


def is_whole_network(value: str) -> bool:
    """Whether it is the network of all addresses."""
    network = _parse_network(value)
    return network is not None and network.prefixlen == 0


def _get_comparison(operator: Operator) -> str:
    """`equals`, `lessthan`, `lessthanequals`, `greaterthan` or `greaterthanequals`."""
    return operator.base.removeprefix(operator.family.lower())


def _parse(family: Family, value: str) -> float | None:
    """A number, or the seconds of a date: as ISO 8601, or as seconds since 1970."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        date = datetime.fromisoformat(value) if family is Family.DATE else None
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() if date else None


def _is_subnet(one: str, other: str) -> bool:
    network, wider = _parse_network(one), _parse_network(other)
    if isinstance(network, IPv4Network) and isinstance(wider, IPv4Network):
        return network.subnet_of(wider)
    return isinstance(network, IPv6Network) and isinstance(wider, IPv6Network) and network.subnet_of(wider)


def _parse_network(value: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(value, strict=False)
    except ValueError:
        return None
