"""The way into a cluster outside of EKS: a kubeconfig, as text or in a file."""

import base64
import os
from pathlib import Path

from ..errors import InvalidInputError
from . import client
from .client import KubeconfigError


def read_file(property: str, path: str) -> str:
    """The kubeconfig in a file; `~` and `$VARIABLES` in its path are replaced.

    Raises:
        InvalidInputError: a variable is not set, or the file cannot be read.
    """
    expanded = os.path.expandvars(Path(path).expanduser())
    if "$" in expanded:
        raise InvalidInputError(property, path, "names a variable that is not set", "Set it, or give the path in full.")
    try:
        return Path(expanded).read_text()
    except OSError as error:
        raise InvalidInputError(property, path, f"cannot be read ({error.strerror})") from error


def address(property: str, text: str) -> tuple[str, str]:
    """The API server's address and certificate authority (base64; empty where the kubeconfig has none).

    Raises:
        InvalidInputError: the text is no kubeconfig, or its current context leads nowhere. Of the text only names
            are told.
    """
    try:
        server, authority = client.address(text)
    except (KubeconfigError, OSError) as error:
        raise InvalidInputError(property, None, f"leads to no cluster ({error})") from None
    return server, base64.b64encode(authority or b"").decode()
