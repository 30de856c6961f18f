"""The inventory as Markdown, for a ticket or a page of a wiki. Names are between back-ticks, and cannot leave them."""

from collections.abc import Iterator

from eks_access.text_layout import escape_markdown, show_controls
from eks_access_policies.review.formatting import quote_name

from ..inventory import AccessInventory
from .view import (
    METHODS,
    PROBLEMS,
    Group,
    Row,
    build_cluster_rows,
    build_rows,
    describe_rights,
    list_facts,
    list_few,
    list_unread,
    summarize,
)

_LONGEST = 400
"""Characters of a sentence, which may contain names of any length."""


def format_markdown(inventory: AccessInventory) -> str:
    """The whole inventory: a summary, the clusters, the principals, their problems, and what could not be read."""
    return "\n".join(_list_lines(inventory)) + "\n"


def _list_lines(inventory: AccessInventory) -> Iterator[str]:
    rows = build_rows(inventory)
    yield f"# Access to EKS in account {_text(inventory.account)}"
    yield ""
    yield f"{_text(summarize(inventory))} Read on {inventory.started_at:%Y-%m-%d %H:%M} UTC by {inventory.made_by}."
    yield ""
    yield "## Clusters"
    yield ""
    yield from _table(("cluster", "mode", "version", "principals", "problems", "read"), _list_clusters(inventory))
    yield "## Principals"
    yield ""
    yield from _table(("principal", "of", "clusters", "by", "as", "may", "problems"), _list_principals(rows))
    yield from _list_problems(rows)
    facts = [(cluster.name, fact) for cluster in inventory.clusters for fact in list_facts(cluster)]
    yield from _section("Also to be known", [f"{quote_name(name)}: {_text(fact)}" for name, fact in facts])
    unread = [f"{_where(where)}{_text(what)}: {_text(why)}" for where, what, why in list_unread(inventory)]
    yield from _section("Could not be read", unread)


def _where(name: str) -> str:
    return f"{quote_name(name)}: " if name else ""


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield from (f"## {title}", "", *(f"- {line}" for line in lines), "")


def _table(columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    # A pipe ends a cell, also between back-ticks: https://github.github.com/gfm/#tables-extension-
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    yield ""


def _list_clusters(inventory: AccessInventory) -> Iterator[tuple[str, ...]]:
    for row in build_cluster_rows(inventory):
        problems = ", ".join(f"{count} {kind}" for kind, count in row.by_problem.items() if count)
        mode = "outside of EKS" if row.cluster.connected else row.cluster.authentication_mode or "not known"
        is_read = "not all of it" if row.cluster.unread else "completely"
        yield quote_name(row.name), _text(mode), _text(row.cluster.version), str(row.principals), problems, is_read


def _list_principals(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        for number, group in enumerate(row.groups):
            own = [problem.kind for problem in row.principal.problems] if number == 0 else []
            kinds = [kind for kind in PROBLEMS if kind in (*own, *group.kinds)]
            yield (
                quote_name(row.name) if number == 0 else "",
                _text(row.owner) if number == 0 else "",
                _text(list_few(group.clusters)),
                METHODS[group.way.method],
                _describe_identity(group),
                _text(describe_rights(group.way)) + ("" if group.way.effective else " (without effect)"),
                ", ".join(kinds),
            )


def _describe_identity(group: Group) -> str:
    way = group.way
    groups = f" in {', '.join(map(quote_name, way.groups))}" if way.groups else ""
    return f"{quote_name(way.username) if way.username else 'no username'}{groups}"


def _list_problems(rows: list[Row]) -> Iterator[str]:
    for kind, meaning in PROBLEMS.items():
        found = [(row, problem) for row in rows for problem in row.problems if problem.kind is kind]
        if found:
            yield from (f"## {kind.title()}", "", f"{meaning[0].upper()}{meaning[1:]}.", "")
            yield from (f"- {quote_name(row.name)}: {_text(problem.words)}" for row, problem in found)
            yield ""


def _text(text: str) -> str:
    """Text that has names from elsewhere in it, with nothing that Markdown or HTML would act on."""
    shown = show_controls(text)
    return escape_markdown(f"{shown[:_LONGEST]}…" if len(shown) > _LONGEST else shown)
