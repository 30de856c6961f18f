"""The inventory as one self-contained HTML page, in the style of the probe's report.

Its content security policy allows only its own script and style, by their hashes, and no requests.
"""

from eks_access_probe.report import html as shared
from eks_access_probe.report.html.assembly import (
    content_security_policy,
    create_environment,
    enclose_script,
    load_assets,
)

from ...inventory import AccessInventory
from ..view import (
    METHODS,
    PROBLEMS,
    STATES,
    build_cluster_rows,
    build_rows,
    describe_owners,
    describe_rights,
    format_right,
    list_facts,
    list_few,
    list_unread,
    summarize,
)

_SHARED_STYLES = ("page.css", "parts.css")
_SHARED_SCRIPTS = ("dom.js", "page.js")
_STYLES = ("inventory.css",)
_SCRIPTS = ("inventory.js",)


def render_page(inventory: AccessInventory) -> str:
    style = load_assets(shared.__name__, _SHARED_STYLES) + "\n" + load_assets(__name__, _STYLES)
    script = enclose_script(load_assets(shared.__name__, _SHARED_SCRIPTS) + "\n" + load_assets(__name__, _SCRIPTS))
    rows = build_rows(inventory)
    return (
        create_environment(__name__)
        .get_template("inventory.html.j2")
        .render(
            inventory=inventory,
            style=style,
            script=script,
            policy=content_security_policy(style, script),
            verdict=_find_verdict(inventory),
            summary=summarize(inventory),
            owners_in_words=describe_owners(inventory),
            unread=list(list_unread(inventory)),
            rows=rows,
            clusters=build_cluster_rows(inventory),
            owners=sorted({row.principal.owner.kind for row in rows}),
            kinds=[kind for kind in PROBLEMS if any(kind in row.kinds for row in rows)],
            METHODS=METHODS,
            PROBLEMS=PROBLEMS,
            STATES=STATES,
            describe_rights=describe_rights,
            format_right=format_right,
            list_facts=list_facts,
            list_few=list_few,
        )
    )


def _find_verdict(inventory: AccessInventory) -> str:
    """The class of the verdict's box, as in the probe's report."""
    if inventory.summary.by_problem.get("dangerous"):
        return "mismatch"
    return "not-proven" if inventory.unread or inventory.summary.by_problem else "as-expected"
