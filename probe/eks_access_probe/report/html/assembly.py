"""Assembles a self-contained page: its template, its style and script inline, and a policy that allows nothing else."""

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from eks_access.text_layout import format_count


@cache
def create_environment(package: str) -> Environment:
    """The templates in a package's folder `assets`; every value is escaped."""
    environment = Environment(
        loader=PackageLoader(package, "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["format_count"] = format_count
    return environment


@cache
def load_assets(package: str, names: tuple[str, ...]) -> Markup:
    """The contents of these files in a package's folder `assets`."""
    assets = resources.files(package) / "assets"
    return Markup("\n".join((assets / name).read_text(encoding="utf-8") for name in names))


def enclose_script(script: Markup) -> Markup:
    """The script with names of its own."""
    return Markup('(() => {\n"use strict";\n%s})();') % script


def content_security_policy(style: str, script: str) -> str:
    """https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy"""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
