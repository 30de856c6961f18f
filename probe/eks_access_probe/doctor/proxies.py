"""Proxies: which requests the environment's variables send where, and whether that fits the clusters' endpoints. Pure.

AWS's SDKs, the engine, its plugins and kubectl use the variables. This package's own connections to API servers do not:
they are direct.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .finding import Check, Finding, Status

VARIABLE, EXCEPTIONS = "HTTPS_PROXY", "NO_PROXY"


@dataclass(frozen=True)
class Endpoint:
    """The API server of a cluster; `private` where EKS serves it only inside of the cluster's VPC."""

    key: str
    url: str
    private: bool


def find_setting(environ: Mapping[str, str], variable: str) -> str:
    """The value of a variable, whose lower-case form takes precedence, as for curl and for Go."""
    return environ.get(variable.lower()) or environ.get(variable) or ""


def bypasses(no_proxy: str, host: str) -> bool:
    """Whether requests to this host are direct, by the common form of NO_PROXY: names, suffixes, addresses, networks.

    https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
    """
    host = host.lower().rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    for entry in (part.strip().lower() for part in no_proxy.split(",")):
        name = entry.rpartition(":")[0] if entry.count(":") == 1 else entry
        if name == "*" or (name and (host == name.lstrip(".") or host.endswith(f".{name.lstrip('.')}"))):
            return True
        if address is not None and "/" in entry:
            try:
                if address in ipaddress.ip_network(entry, strict=False):
                    return True
            except ValueError:
                continue
    return False


def check_proxies(
    environ: Mapping[str, str], aws_endpoint: str | None, endpoints: Iterable[Endpoint], kinds: frozenset[str]
) -> Iterable[Finding]:
    """
    Args:
        environ: the environment's variables.
        aws_endpoint: the endpoint of an environment on this machine; None for AWS itself.
        endpoints: those of the clusters that were read.
        kinds: the kinds of objects that Pulumi's own plugin for Kubernetes creates; it uses the proxy.
    """
    proxy, no_proxy = find_setting(environ, VARIABLE), find_setting(environ, EXCEPTIONS)
    if not proxy:
        yield Finding(Check.PROXY, Status.OK, f"{VARIABLE} is not set: every connection is direct")
        return
    host = _host_of(proxy)
    if host is None:
        yield Finding(
            Check.PROXY,
            Status.PROBLEM,
            f"{VARIABLE} is not the URL of a proxy",
            advice="Set it like `http://proxy.example.com:3128`, or unset it.",
        )
        return
    if aws_endpoint is not None and not bypasses(no_proxy, urlsplit(aws_endpoint).hostname or ""):
        yield Finding(
            Check.PROXY,
            Status.PROBLEM,
            f"{VARIABLE} sends calls to this environment's own endpoint through {host}",
            advice=f"Add the host of {aws_endpoint} to {EXCEPTIONS}.",
        )
        return
    sent = [each for each in endpoints if not bypasses(no_proxy, urlsplit(each.url).hostname or "")]
    for each in sent:
        if each.private:
            users = (
                f"Pulumi's plugin for Kubernetes, which creates {', '.join(sorted(kinds))}, and kubectl"
                if kinds
                else "kubectl"
            )
            yield Finding(
                Check.PROXY,
                Status.PROBLEM if kinds else Status.UNKNOWN,
                f"the endpoint is private, and {VARIABLE} sends {users} to it through {host}; whether that proxy"
                " reaches the VPC is not known here",
                each.key,
                advice=f"Unless it does, add {urlsplit(each.url).hostname} to {EXCEPTIONS}.",
            )
    direct = "" if not sent else "; this package's own connections to clusters are direct and need a route to them"
    yield Finding(Check.PROXY, Status.OK, f"AWS is called through {host}{direct}")


def _host_of(proxy: str) -> str | None:
    """Host and port of a proxy, which is all of it that is shown: the URL may contain a password."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    return f"{parts.hostname}{port}" if parts.hostname and parts.scheme in ("http", "https") else None
