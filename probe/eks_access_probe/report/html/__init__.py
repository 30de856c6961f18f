"""The report as one self-contained HTML page, without network requests, other files or a server.

The page's content security policy allows only its own script and style, by their hashes, and no requests. So a name
that contains markup or a script is harmless, even if its escaping were forgotten.
"""

from typing import TextIO

from ..changes_table import FLIPS, format_seen_change
from ..interface import FullReport, ReportFormat
from . import drawing, topology, view, visibility
from .assembly import content_security_policy, create_environment, enclose_script, load_assets
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
    style = load_assets(__name__, STYLES)
    script = enclose_script(load_assets(__name__, SCRIPTS))
    graphs = [] if full.inventory is None else topology.build_topologies(full.inventory)
    return (
        create_environment(__name__)
        .get_template("page.html.j2")
        .render(
            report=report,
            style=style,
            script=script,
            policy=content_security_policy(style, script),
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
            format_seen_change=format_seen_change,
        )
    )
