"""Which parts of a kubeconfig are known to be no secret. Pure.

All others count as one: an argument of a credential command, a URL with user information, a field of another tool. So a
new way to write a credential is a secret from the beginning.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..redaction import redacted

_IsPlain = Callable[[Any], bool]

_PLAIN_WORDS = frozenset(("token", "eks", "get-token", "json", "--no-cli-pager"))
"""Subcommands and values of the commands by which users sign in to EKS."""
_PLAIN_OPTIONS = frozenset(
    (
        "--cluster",
        "--cluster-id",
        "--cluster-name",
        "--output",
        "--profile",
        "--region",
        "--role",
        "--role-arn",
        "-i",
        "-r",
    )
)
"""Options of the same commands whose values are names."""
_PLAIN_VARIABLES = frozenset(
    (
        "AWS_CONFIG_FILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_SDK_LOAD_CONFIG",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_STS_REGIONAL_ENDPOINTS",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT",
        "NO_COLOR",
    )
)


def is_plain_kubeconfig(content: Mapping[str, Any]) -> bool:
    """Is everything in a parsed kubeconfig known to be no secret?"""
    return _has_plain(content, _TOP)


def list_secret_values(command: Mapping[str, Any]) -> Iterator[str]:
    """The arguments and variables of a credential command that may be secrets."""
    yield from _find_secret_arguments(_texts(command.get("args")))
    for variable in command.get("env") or ():
        if not _is_plain_variable(variable) and isinstance(variable, Mapping):
            yield str(variable.get("value", ""))


def is_plain_url(value: Any) -> bool:
    """Is it a URL without user information, query and fragment, each of which may be a credential?"""
    try:
        parts = urlsplit(str(value))
        return bool(parts.hostname) and "@" not in parts.netloc and not (parts.query or parts.fragment)
    except ValueError:
        return False


def _is_program(value: Any) -> bool:
    """The name or path of a program, and no command line."""
    return isinstance(value, str) and not re.search(r"[\s=@]|://", value)


def _is_prose(value: Any) -> bool:
    return isinstance(value, str) and redacted(value, limit=None) == value


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | bool | int | float)


def _is_public_data(value: Any) -> bool:
    """Base64 of a certificate; some tools put the private key into the same text."""
    try:
        return b"PRIVATE KEY" not in base64.b64decode(str(value))
    except (binascii.Error, ValueError):
        return False


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)] if value else []


def _find_secret_arguments(arguments: Iterable[str]) -> Iterator[str]:
    """The arguments that are neither a known option nor its value."""
    is_value = False
    for argument in arguments:
        option, _, value = argument.partition("=")
        if is_value:
            is_value = False
        elif argument in _PLAIN_OPTIONS:
            is_value = True
        elif argument not in _PLAIN_WORDS and not (value and option in _PLAIN_OPTIONS):
            yield argument


def _are_plain_arguments(value: Any) -> bool:
    return isinstance(value, list | tuple) and not any(_find_secret_arguments(_texts(value)))


def _is_plain_variable(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("name") in _PLAIN_VARIABLES and set(value) <= {"name", "value"}


def _are_plain_variables(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_plain_variable, value))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_scalar, value))


def _has_plain(content: Any, fields: Mapping[str, _IsPlain]) -> bool:
    """Has a mapping these fields only, each of them plain or empty?"""
    return isinstance(content, Mapping) and all(
        not value or (key in fields and fields[key](value)) for key, value in content.items()
    )


def _entries(key: str, fields: Mapping[str, _IsPlain]) -> _IsPlain:
    named: Mapping[str, _IsPlain] = {"name": _is_scalar, key: lambda part: _has_plain(part, fields)}
    return lambda entries: isinstance(entries, list | tuple) and all(_has_plain(each, named) for each in entries)


_EXEC: Mapping[str, _IsPlain] = {
    "apiVersion": _is_scalar,
    "command": _is_program,
    "args": _are_plain_arguments,
    "env": _are_plain_variables,
    "installHint": _is_prose,
    "interactiveMode": _is_scalar,
    "provideClusterInfo": _is_scalar,
}
_USER: Mapping[str, _IsPlain] = {
    "as": _is_scalar,
    "as-groups": _are_texts,
    "as-uid": _is_scalar,
    "client-certificate": _is_scalar,
    "client-certificate-data": _is_public_data,
    "client-key": _is_scalar,
    "exec": lambda value: _has_plain(value, _EXEC),
    "tokenFile": _is_scalar,
    "username": _is_scalar,
}
_CLUSTER: Mapping[str, _IsPlain] = {
    "certificate-authority": _is_scalar,
    "certificate-authority-data": _is_public_data,
    "disable-compression": _is_scalar,
    "insecure-skip-tls-verify": _is_scalar,
    "proxy-url": is_plain_url,
    "server": is_plain_url,
    "tls-server-name": _is_scalar,
}
_CONTEXT: Mapping[str, _IsPlain] = dict.fromkeys(("cluster", "user", "namespace"), _is_scalar)
_TOP: Mapping[str, _IsPlain] = {
    "apiVersion": _is_scalar,
    "kind": _is_scalar,
    "current-context": _is_scalar,
    "preferences": lambda value: _has_plain(value, {"colors": _is_scalar}),
    "clusters": _entries("cluster", _CLUSTER),
    "users": _entries("user", _USER),
    "contexts": _entries("context", _CONTEXT),
}
