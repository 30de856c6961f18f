"""Builds, reads and parses kubeconfigs. Nothing else in the product does.

Messages name a kubeconfig's contexts, clusters and files, and never quote its text: it may contain a credential.
"""

import base64
import binascii
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from ..errors import EksAccessError, InvalidInputError
from .plain_kubeconfig import is_plain_kubeconfig, is_plain_url

TOKEN_COMMAND = "eks-access"
INSTALL_HINT = "eks-access signs in to the cluster: install it with `pip install eks-access` and have it on the PATH."

_CLUSTER_FIELDS = (
    "server",
    "certificate-authority",
    "certificate-authority-data",
    "insecure-skip-tls-verify",
    "tls-server-name",
    "disable-compression",
    "extensions",
)
_USER_FIELDS = (
    "exec",
    "token",
    "tokenFile",
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "extensions",
)
_EXEC_FIELDS = ("apiVersion", "command", "args", "env", "installHint", "interactiveMode", "provideClusterInfo")
"""The fields that are followed, or change nothing about a request; others are refused."""
_CLUSTER_NAME_OPTIONS = ("--cluster-name", "--cluster-id", "-i")
_CLUSTER_ARN = re.compile(r"arn:[^:]+:eks:[^:]+:\d{12}:cluster/(?P<name>[^/]+)")
_EKSCTL_NAME = re.compile(r"(?:.*@)?(?P<name>[^.@]+)\.[a-z0-9-]+\.eksctl\.io")
_MAX_SEARCHED_SIZE = 200_000
"""Characters of a kubeconfig that is searched for its cluster's name."""
_MAX_SEARCHED_BRACKETS = 1_000
"""More than any kubeconfig written as YAML has; the parser takes quadratic time for them."""


class KubeconfigError(EksAccessError, ValueError):
    """The kubeconfig cannot be used. The message names the part that is wrong and what to do."""


@dataclass(frozen=True)
class Context:
    """A context of a kubeconfig with the cluster and the user that it refers to, as they are written there."""

    cluster: Mapping[str, Any]
    user: Mapping[str, Any]

    @property
    def server(self) -> str:
        """The API server's address."""
        return str(self.cluster["server"])

    @property
    def certificate_authority(self) -> bytes | None:
        """The certificate authority in PEM; None where the system's authorities apply.

        Raises:
            OSError: the file that it names cannot be read.
        """
        return read_data_or_file(self.cluster, "certificate-authority")


def build_kubeconfig(*, cluster_name: str, region: str, endpoint: str, certificate_authority: str) -> str:
    """A kubeconfig for an EKS cluster, as JSON (which is YAML), that contains no credential.

    Its user is an exec credential plugin, `eks-access token`, which signs with the caller's AWS credentials. The
    command is named without a path, so that the text is the same on every machine.
    """
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": cluster_name,
                    "cluster": {"server": endpoint, "certificate-authority-data": certificate_authority},
                }
            ],
            "users": [
                {
                    "name": cluster_name,
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1",
                            "command": TOKEN_COMMAND,
                            "args": ["token", "--cluster-name", cluster_name, "--region", region],
                            "interactiveMode": "Never",
                            "installHint": INSTALL_HINT,
                        }
                    },
                }
            ],
            "contexts": [{"name": cluster_name, "context": {"cluster": cluster_name, "user": cluster_name}}],
            "current-context": cluster_name,
        },
        ensure_ascii=False,
    )


def read_kubeconfig_file(path: str, file: str) -> str:
    """The text of a kubeconfig file; `~` and `$VARIABLES` in its name are replaced.

    Args:
        path: the argument that names the file, for the message.
        file: the file's name.

    Raises:
        InvalidInputError: a variable is not set, or the file cannot be read.
    """
    expanded = os.path.expandvars(Path(file).expanduser())
    if "$" in expanded:
        raise InvalidInputError(path, file, "names a variable that is not set", "Set it, or give the path in full.")
    try:
        return Path(expanded).read_text()
    except OSError as error:
        raise InvalidInputError(path, file, f"cannot be read ({error.strerror})") from error


def read_environment_kubeconfig() -> str:
    """The text of the file that the environment variable KUBECONFIG names.

    Raises:
        KubeconfigError: it names no readable file, or several.
    """
    file = os.environ.get("KUBECONFIG", "")
    try:
        return Path(file).expanduser().read_text()
    except OSError as error:
        raise KubeconfigError(
            f"KUBECONFIG is {file!r}: {error.strerror}."
            " Set KUBECONFIG to one file whose current context is the cluster."
        ) from error


def parse_kubeconfig(kubeconfig: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The content of a kubeconfig's text (or the content itself, unchanged).

    Raises:
        KubeconfigError: the text is not YAML, or not a mapping.
    """
    return kubeconfig if isinstance(kubeconfig, Mapping) else _parse_text(kubeconfig)


@lru_cache(maxsize=1_000)
def _parse_text(text: str) -> Mapping[str, Any]:
    """The content, parsed once: each resource in a cluster has the same text, and YAML takes ten milliseconds."""
    try:
        # JSON is YAML, and read a hundred times faster.
        content = json.loads(text)
    except (ValueError, RecursionError):
        try:
            content = yaml.safe_load(text)
        except yaml.YAMLError as cause:
            # The parser's own message would quote the text.
            raise KubeconfigError("kubeconfig: not valid YAML") from cause
    if not isinstance(content, dict):
        raise KubeconfigError("kubeconfig: expected a mapping with clusters, contexts and users")
    return content


def resolve_context(kubeconfig: str | Mapping[str, Any], name: str | None = None) -> Context:
    """The context of this name, or the current one.

    Raises:
        KubeconfigError: the text is no kubeconfig, refers to an entry that it does not have, the cluster has no
            server, or a field is not supported.
    """
    content = parse_kubeconfig(kubeconfig)
    context = _find_entry(content, "contexts", name or content.get("current-context"), "context")
    cluster = _find_entry(content, "clusters", context.get("cluster"), "cluster")
    user = _find_entry(content, "users", context["user"], "user") if context.get("user") else {}
    if not cluster.get("server"):
        raise KubeconfigError(f"kubeconfig: cluster {context.get('cluster')!r} has no 'server'")
    if not is_plain_url(cluster["server"]):
        raise KubeconfigError(
            f"kubeconfig: the 'server' of cluster {context.get('cluster')!r} is no URL, or one with a user, password or"
            " query in it"
        )
    _refuse_unknown(f"cluster {context.get('cluster')!r}", cluster, _CLUSTER_FIELDS)
    _refuse_unknown(f"user {context.get('user')!r}", user, _USER_FIELDS)
    _refuse_unknown(f"'exec' of user {context.get('user')!r}", user.get("exec") or {}, _EXEC_FIELDS)
    return Context(cluster, user)


def select_context(kubeconfig: str, name: str) -> str:
    """A kubeconfig with this context alone, as its current one.

    Raises:
        KubeconfigError: the text is no kubeconfig, or has no such context.
    """
    content = parse_kubeconfig(kubeconfig)
    context = _find_entry(content, "contexts", name, "context")
    parts = {"clusters": "cluster", "users": "user"}
    named = {
        section: [{"name": context[key], key: _find_entry(content, section, context[key], key)}]
        for section, key in parts.items()
        if context.get(key)
    }
    contexts = [{"name": name, "context": context}]
    head = {"apiVersion": "v1", "kind": "Config"}
    return json.dumps({**head, **named, "contexts": contexts, "current-context": name}, ensure_ascii=False)


def join_contexts(kubeconfigs: Mapping[str, str]) -> str:
    """One kubeconfig with the current context of each, under the names that they are given by.

    Raises:
        KubeconfigError: one of them is no kubeconfig, or has no current context.
    """
    clusters, users, contexts = [], [], []
    for name, text in kubeconfigs.items():
        content = parse_kubeconfig(text)
        context = _find_entry(content, "contexts", content.get("current-context"), "context")
        clusters.append({"name": name, "cluster": _find_entry(content, "clusters", context.get("cluster"), "cluster")})
        user = _find_entry(content, "users", context["user"], "user") if context.get("user") else {}
        users.append({"name": name, "user": user})
        contexts.append({"name": name, "context": {**context, "cluster": name, "user": name}})
    head = {"apiVersion": "v1", "kind": "Config"}
    joined = {**head, "clusters": clusters, "users": users, "contexts": contexts}
    return json.dumps(joined, indent=2, ensure_ascii=False) + "\n"


def _refuse_unknown(what: str, part: Any, known: Collection[str]) -> None:
    """Refuse fields that would change how, or as which user, a cluster is reached, and that are not followed."""
    if not isinstance(part, Mapping):
        raise KubeconfigError(f"kubeconfig: {what} is not a mapping")
    unknown = sorted(str(key) for key, value in part.items() if value and key not in known)
    if unknown:
        raise KubeconfigError(
            f"kubeconfig: {what} has {', '.join(map(repr, unknown))}, which is not supported here: requests would be"
            " sent another way, or as another user, than it says. Use a context without it."
        )


def resolve_cluster_address(path: str, kubeconfig: str) -> tuple[str, str]:
    """The current context's server and certificate authority (base64; empty where the kubeconfig has none).

    Args:
        path: the argument that the kubeconfig comes from, for the message.
        kubeconfig: its text.

    Raises:
        InvalidInputError: the text is no kubeconfig, or its current context cannot be resolved.
    """
    try:
        context = resolve_context(kubeconfig)
        authority = context.certificate_authority
    except (KubeconfigError, OSError) as error:
        raise InvalidInputError(path, None, f"leads to no cluster ({error})") from None
    return context.server, base64.b64encode(authority or b"").decode()


def read_data_or_file(entry: Mapping[str, Any], key: str) -> bytes | None:
    """The value of `<key>-data` (base64), or the content of the file that `<key>` names; None where neither is set.

    Raises:
        KubeconfigError: `<key>-data` is not base64.
        OSError: the file cannot be read.
    """
    if data := entry.get(f"{key}-data"):
        try:
            return base64.b64decode(data)
        except (binascii.Error, TypeError) as cause:
            raise KubeconfigError(f"kubeconfig: '{key}-data' is not base64") from cause
    return Path(entry[key]).read_bytes() if entry.get(key) else None


def is_kubeconfig(text: str) -> bool:
    """Is the text a mapping that names at least one cluster?"""
    try:
        return bool(parse_kubeconfig(text).get("clusters"))
    except KubeconfigError:
        return False


def has_secret(text: str) -> bool:
    """May the kubeconfig contain a credential, rather than only the command or the file to get one?

    It may unless all of it is known to be none: a text that is no kubeconfig counts as secret too.
    """
    return not is_kubeconfig(text) or not is_plain_kubeconfig(parse_kubeconfig(text))


def is_same_cluster(one: str, other: str) -> bool:
    """Do the current contexts have the same server and certificate authority? Credentials are not compared."""
    return _cluster_address(one) == _cluster_address(other)


def _cluster_address(text: str) -> tuple[Any, ...]:
    if not is_kubeconfig(text):
        return (None, None, None)
    content = parse_kubeconfig(text)
    context = dict(_entries(content, "contexts", "context")).get(content.get("current-context")) or {}
    cluster = dict(_entries(content, "clusters", "cluster")).get(context.get("cluster")) or {}
    return tuple(map(cluster.get, ("server", "certificate-authority-data", "certificate-authority")))


@lru_cache(maxsize=256)
def find_cluster_name(text: str) -> str:
    """The EKS cluster's name, from a user's exec arguments or from the name of a context or cluster; "" if not there.

    Takes any text, of any size, and never raises: the text comes from a stack that is only inspected.
    """
    content = _load_untrusted(text)
    for _, user in _entries(content, "users", "user"):
        command = user.get("exec")
        arguments = command.get("args") if isinstance(command, Mapping) else None
        for option, name in pairwise(each for each in arguments or () if isinstance(each, str)):
            if option in _CLUSTER_NAME_OPTIONS:
                return name
    named = [content.get("current-context")]
    for section, key in (("clusters", "cluster"), ("contexts", "context")):
        named += [name for name, _ in _entries(content, section, key)]
    for text_name in map(str, named):
        if match := _CLUSTER_ARN.fullmatch(text_name) or _EKSCTL_NAME.fullmatch(text_name):
            return match["name"]
    return ""


def find_current_context(text: str) -> tuple[str, str]:
    """The API server's address, and the namespace, that a client uses by default; "" for what is not there.

    Takes any text and never raises, as `find_cluster_name`. A kubeconfig that names no namespace has `default`:
    https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces
    """
    content = _load_untrusted(text)
    if not content:
        return "", ""
    contexts = dict(_entries(content, "contexts", "context"))
    current = content.get("current-context")
    context = contexts.get(current, {}) if isinstance(current, str) else {}
    cluster = context.get("cluster")
    servers = dict(_entries(content, "clusters", "cluster"))
    server = servers.get(cluster, {}).get("server") if isinstance(cluster, str) else None
    namespace = context.get("namespace")
    return (
        server if isinstance(server, str) else "",
        namespace if isinstance(namespace, str) and namespace else "default",
    )


def _load_untrusted(text: str) -> Mapping[str, Any]:
    if len(text) > _MAX_SEARCHED_SIZE:
        return {}
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        if text.count("[") + text.count("{") > _MAX_SEARCHED_BRACKETS:
            return {}
        try:
            content = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError):
            return {}
    return content if isinstance(content, dict) else {}


def _entries(content: Mapping[str, Any], section: str, key: str) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """The name and the `key` part of each entry of a section. What has another shape is left out."""
    entries = content.get(section)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping):
            part = entry.get(key)
            yield entry.get("name"), part if isinstance(part, Mapping) else {}


def _find_entry(content: Mapping[str, Any], section: str, name: Any, key: str) -> Mapping[str, Any]:
    entries = dict(_entries(content, section, key))
    if name not in entries:
        raise KubeconfigError(f"kubeconfig: no {key} named {name!r}; it has {sorted(map(str, entries))}")
    part: Mapping[str, Any] = entries[name]
    return part
