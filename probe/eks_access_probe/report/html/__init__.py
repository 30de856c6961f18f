"""The report as one page that needs nothing else: no network, no other file, no server.

The page's policy allows exactly the script and the style that were put in it, by their hashes, and no request at all;
so a name that would be markup or a script stays a name, even where escaping it had been forgotten.
"""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..changes_table import FLIPS, seen_words
from ..json import Document, DocumentFormat
from . import beside, drawing, topology, view
from .compact import script_json
from .words import counted, short_arn

STYLES = ("page.css", "parts.css")
SCRIPTS = ("dom.js", "page.js", "expectations.js", "layout.js", "topology.js", "start.js")


class HtmlReport(DocumentFormat):
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, document: Document) -> None:
        self._stream.write(page(document))


def page(document: Document) -> str:
    report = document.report
    lines = view.lines(report.checks)
    style = _inlined(STYLES)
    script = Markup('(() => {\n"use strict";\n%s})();') % _inlined(SCRIPTS)
    graphs = [] if document.inventory is None else topology.graphs(document.inventory)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            style=style,
            script=script,
            policy=_policy(style, script),
            headline=view.headline(report),
            matrix=view.matrix(report),
            findings=view.findings(lines),
            lines=lines,
            explorer=script_json(view.explorer(lines)),
            drawing=drawing.drawing(report),
            sights=beside.side_by_side(report),
            risks=[view.risks(integration) for integration in report.integrations],
            graphs=[
                (graph["integration"], graph["cluster"], len(graph["workloads"]), script_json(graph))
                for graph in graphs
            ],
            inventory=document.inventory,
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
    environment.filters |= {"counted": counted, "short_arn": short_arn, "seen_words": seen_words}
    return environment


@cache
def _inlined(names: tuple[str, ...]) -> Markup:
    """These files of the package, one after another."""
    assets = resources.files(__package__ or "") / "assets"
    return Markup("\n".join((assets / name).read_text(encoding="utf-8") for name in names))


def _policy(style: str, script: str) -> str:
    """https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy"""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
