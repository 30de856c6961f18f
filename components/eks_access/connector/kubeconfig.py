"""The way into a cluster outside of EKS: a kubeconfig, as text or in a file."""

import base64
import os
from pathlib import Path
from typing import Any

import yaml

from ..errors import Refused


def read_file(property: str, path: str) -> str:
    """The kubeconfig in a file; `~` and `$VARIABLES` in its path are replaced.

    Raises:
        Refused: a variable is not set, or the file cannot be read.
    """
    expanded = os.path.expandvars(Path(path).expanduser())
    if "$" in expanded:
        raise Refused(property, path, "names a variable that is not set", "Set it, or give the path in full.")
    try:
        return Path(expanded).read_text()
    except OSError as error:
        raise Refused(property, path, f"cannot be read ({error.strerror})") from error


def address(property: str, text: str) -> tuple[str, str]:
    """The API server's address and certificate authority (base64; empty where the kubeconfig has none).

    Raises:
        Refused: the text is no kubeconfig, or its current context leads nowhere. The text itself is never told.
    """
    try:
        config: Any = yaml.safe_load(text)
        contexts = {each["name"]: each["context"] for each in config["contexts"]}
        clusters = {each["name"]: each["cluster"] for each in config["clusters"]}
        cluster = clusters[contexts[config["current-context"]]["cluster"]]
        server = str(cluster["server"])
    except (yaml.YAMLError, KeyError, TypeError):
        raise Refused(property, None, "is no kubeconfig whose current context leads to a cluster") from None
    if cluster.get("certificate-authority"):
        return server, base64.b64encode(Path(cluster["certificate-authority"]).read_bytes()).decode()
    return server, str(cluster.get("certificate-authority-data", ""))
