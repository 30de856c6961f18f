"""Edits the text of a list of mappings in place: only the characters of one item change.

Comments, order, quoting and indentation of all other items stay as they are. The caller verifies the result by reading
it again, so a form that is not handled here is refused and never changes its meaning.
"""

from collections.abc import Sequence

from .goyaml.parser import Document, Node, Position
from .mapping import RoleMapping, quote
from .reader import Section

EMPTY = "[]\n"
_BREAKS = "\n\r\x85\u2028\u2029"


def add_item(section: Section, mapping: RoleMapping) -> str:
    """The section's text with the mapping as its last item."""
    text, document = section.text or "", section.document
    root = _root(document)
    if section.is_empty or document is None:
        return _format_block_item(mapping, 0)
    if root is None:
        return _append_item(text, document.end, _format_block_item(mapping, 0))
    if root.kind == "scalar" or (not root.children and not _has_break(text[root.start : root.end])):
        # null, ~ or []: the list begins here, as a block; the comments around it are kept.
        before, after = text[: root.start], text[root.end :]
        rest = _join_without_blank_line(before, after)
        return _append_item(rest, document.end - len(text) + len(rest), _format_block_item(mapping, 0))
    if root.flow:
        return _add_to_flow(text, document, root, mapping)
    return _append_item(text, document.end, _format_block_item(mapping, document.dashes[0].column))


def replace_item(section: Section, index: int, mapping: RoleMapping) -> str:
    """The section's text with item `index` rewritten; comments inside the item are kept above it."""
    text, document = section.text or "", section.document
    root = _root(document)
    assert document is not None
    assert root is not None
    if root.flow:
        node = root.children[index]
        return text[: node.start] + _format_flow_item(mapping) + text[node.end :]
    start, end, kept = _find_block_span(text, document, root, index)
    body = kept + _format_block_item(mapping, _column(document, root))
    return text[:start] + (body if _ends_line(text[start:end]) else body.rstrip("\n")) + text[end:]


def remove_item(section: Section, index: int) -> str:
    """The section's text without item `index`; comments inside the item are kept in its place."""
    text, document = section.text or "", section.document
    root = _root(document)
    assert document is not None
    assert root is not None
    if root.flow:
        return _remove_from_flow(text, document, root, index)
    start, end, kept = _find_block_span(text, document, root, index)
    before, after = text[:start], text[end:]
    if not after and not _ends_line(text) and _ends_line(before) and not kept:
        # The text had no final line break before the item was appended.
        before = before[:-1]
    rest = before + kept + after
    return rest if rest.strip() else EMPTY


def _root(document: Document | None) -> Node | None:
    return document.root if document else None


def _format_block_item(mapping: RoleMapping, column: int) -> str:
    indent = " " * column
    lines = [f"- rolearn: {quote(mapping.rolearn)}", f"  username: {quote(mapping.username)}"]
    if mapping.groups:
        lines += ["  groups:", *(f"    - {quote(group)}" for group in mapping.groups)]
    else:
        lines.append("  groups: []")
    return "".join(f"{indent}{line}\n" for line in lines)


def _format_flow_item(mapping: RoleMapping) -> str:
    groups = ", ".join(map(quote, mapping.groups))
    return f'{{"rolearn": {quote(mapping.rolearn)}, "username": {quote(mapping.username)}, "groups": [{groups}]}}'


def _append_item(text: str, at: int, item: str) -> str:
    """Append an item to the document; the text ends with a line break if it did before."""
    before, after = text[:at], text[at:]
    if not before.strip():
        return before.strip(" \t" + _BREAKS) + item + after
    if _ends_line(before):
        return before + item + after
    return f"{before}\n{item if after else item.rstrip(chr(10))}{after}"


def _find_block_span(text: str, document: Document, root: Node, index: int) -> tuple[int, int, str]:
    """The whole lines of an item of a block list, and the comments among them as lines of their own."""
    dash = _find_dashes(document, root)[index]
    start = dash.index - dash.column
    content_end = max(root.children[index].content_end, dash.index + 1)
    end = content_end if _ends_line(text[:content_end]) else _line_end(text, content_end, past=True)
    indent = " " * dash.column
    kept = "".join(f"{indent}{text[a:b]}\n" for a, b in document.comments if start <= a < end)
    return start, end, kept


def _find_dashes(document: Document, root: Node) -> Sequence[Position]:
    column = _column(document, root)
    own = [dash for dash in document.dashes if dash.column == column]
    assert len(own) == len(root.children), "every item of a block list has its dash in the list's column"
    return own


def _column(document: Document, root: Node) -> int:
    assert not root.flow
    return document.dashes[0].column


def _add_to_flow(text: str, document: Document, root: Node, mapping: RoleMapping) -> str:
    item = _format_flow_item(mapping)
    if not root.children:
        opening = text.index("[", root.start)
        return text[: opening + 1] + item + text[opening + 1 :]
    last = root.children[-1].content_end
    trailing = next((comma for comma in document.commas if last <= comma < root.end), None)
    first = root.children[0].start
    margin = text[_line_start(text, first) : first]
    line_end = _line_end(text, last)
    if margin.strip() or not _has_break(text[root.start : first]):
        return _add_in_line(text, last, trailing, item)
    if line_end >= root.end:
        # The closing bracket is on the last item's line.
        at = last if trailing is None else trailing + 1
        return text[:at] + ("," if trailing is None else "") + f"\n{margin}{item}" + text[at:]
    if trailing is None:
        return text[:last] + "," + text[last:line_end] + f"\n{margin}{item}" + text[line_end:]
    line_end = _line_end(text, trailing)
    return text[:line_end] + f"\n{margin}{item}," + text[line_end:]


def _add_in_line(text: str, last: int, trailing: int | None, item: str) -> str:
    if trailing is None:
        return f"{text[:last]}, {item}{text[last:]}"
    return f"{text[: trailing + 1]} {item},{text[trailing + 1 :]}"


def _remove_from_flow(text: str, document: Document, root: Node, index: int) -> str:
    node = root.children[index]
    start, end = node.start, node.content_end
    following = root.children[index + 1].start if index + 1 < len(root.children) else root.end
    comma = next((c for c in document.commas if end <= c < following), None)
    if comma is not None:
        end = comma + 1
    line_start = _line_start(text, start)
    own_line = not text[line_start:start].strip() and line_start > root.start
    gap_start = line_start - 1 if own_line else start
    if own_line and gap_start > 0 and text[gap_start - 1 : gap_start + 1] == "\r\n":
        gap_start -= 1
    if comma is None and index:
        previous = root.children[index - 1].content_end
        before = next(c for c in document.commas if previous <= c < start)
        kept = text[before + 1 : gap_start] if own_line else ""
        return text[:before] + kept + text[end:]
    if not own_line and comma is not None:
        if index + 1 < len(root.children):
            end += len(text[end:following]) - len(text[end:following].lstrip(" \t"))
        else:
            gap_start -= len(text[:start]) - len(text[:start].rstrip(" \t"))
    return text[:gap_start] + text[end:]


def _join_without_blank_line(before: str, after: str) -> str:
    """Join the text around a removed scalar; drop its line if nothing else is on it."""
    start = _line_start(before, len(before))
    end = _line_end(after, 0)
    line = before[start:] + after[:end]
    if line.strip():
        return before[:start] + line.strip(" \t") + after[end:]
    return before[:start] + after[_line_end(after, 0, past=True) :]


def _has_break(text: str) -> bool:
    return any(c in _BREAKS for c in text)


def _ends_line(text: str) -> bool:
    return bool(text) and text[-1] in _BREAKS


def _line_start(text: str, at: int) -> int:
    while at > 0 and text[at - 1] not in _BREAKS:
        at -= 1
    return at


def _line_end(text: str, at: int, *, past: bool = False) -> int:
    """The offset of the end of the line's text, or (`past`) of the next line."""
    while at < len(text) and text[at] not in _BREAKS:
        at += 1
    if past and at < len(text):
        at += 2 if text[at : at + 2] == "\r\n" else 1
    return at
