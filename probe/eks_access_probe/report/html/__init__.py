"""The report as one self-contained HTML page, without network requests, other files or a server.

The page's content security policy allows only its own script and style, by their hashes, and no requests. So a name
that contains markup or a script is harmless, even if its escaping were forgotten.
"""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from eks_access.text_layout import format_count

from ..changes_table import FLIPS, format_seen_change
from ..interface import FullReport, ReportFormat
from . import drawing, topology, view, visibility
from .script_data import encode_script_data

STYLES = ("page.css", "parts.css")
SCRIPTS = ("dom.js", "page.js", "expectations.js", "layout.js", "topology.js", "start.js")


class HtmlReport(ReportFormat):
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, full: FullReport) -> None:
        self._stream.write(render_page(full))


def render_page(full: FullReport) -> str:
    report = full.report
    lines = view.group_checks(report.checks)
    style = _concatenate(STYLES)
    script = Markup('(() => {\n"use strict";\n%s})();') % _concatenate(SCRIPTS)
    graphs = [] if full.inventory is None else topology.build_topologies(full.inventory)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            style=style,
            script=script,
            policy=_content_security_policy(style, script),
            headline=view.build_headline(report),
            matrix=view.build_matrix(report),
            findings=view.select_findings(lines),
            lines=lines,
            explorer=encode_script_data(view.build_explorer(lines)),
            drawing=drawing.lay_out(report),
            visibility=visibility.build_tables(report),
            risks=[view.describe_risks(integration) for integration in report.integrations],
            graphs=[
                (graph["integration"], graph["cluster"], len(graph["workloads"]), encode_script_data(graph))
                for graph in graphs
            ],
            inventory=full.inventory,
            MARKS=view.MARKS,
            WORDS=view.WORDS,
            FLIPS={kind: words for kind, (words, _) in FLIPS.items()},
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__ or "", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"format_count": format_count, "format_seen_change": format_seen_change}
    return environment


@cache
def _concatenate(names: tuple[str, ...]) -> Markup:
    """The contents of these assets."""
    assets = resources.files(__package__ or "") / "assets"
    return Markup("\n".join((assets / name).read_text(encoding="utf-8") for name in names))


def _content_security_policy(style: str, script: str) -> str:
    """https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy"""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
