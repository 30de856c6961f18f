"""Inserts an integration into the text of `Pulumi.<environment>.yaml`, so that comments and layout stay. Pure.

What comes out is parsed and compared with what went in and what was to be added: a layout that this does not understand
is refused, and never changed.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from ..errors import EksAccessError

CLUSTERS = "clusters"
INTEGRATIONS = "integrations"


class InsertionError(EksAccessError):
    """The text was not changed, since what would come out is not certain."""


def insert_integration(
    text: str, project: str, name: str, integration: Mapping[str, Any], clusters: Mapping[str, Any]
) -> str:
    """The text with an integration more, and with clusters that it does not have yet.

    Raises:
        InsertionError: there is one of that name, or the layout is not understood.
    """
    config = _parse(text).get("config")
    own = config.get(f"{project}:{INTEGRATIONS}") if isinstance(config, Mapping) else None
    if isinstance(own, Mapping) and name in own:
        raise InsertionError(f"there is an integration {name!r} already, and it is never overwritten")
    for section, entries in ((CLUSTERS, clusters), (INTEGRATIONS, {name: integration})):
        if entries:
            text = _insert(text, f"{project}:{section}", entries)
    return text


def format_block(project: str, name: str, integration: Mapping[str, Any], clusters: Mapping[str, Any]) -> str:
    """What is inserted, as YAML that can be pasted into the file."""
    sections = {CLUSTERS: clusters, INTEGRATIONS: {name: integration}}
    lines = ["config:"]
    for section, entries in sections.items():
        if entries:
            lines += [f"  {project}:{section}:", *_format_entries(entries, 4)]
    return "\n".join([*lines, ""])


def _insert(text: str, key: str, entries: Mapping[str, Any]) -> str:
    before = _parse(text)
    node = _compose(text)
    config = _find(node, "config")
    if config is None or not isinstance(config[1], yaml.MappingNode) or config[1].flow_style or not config[1].value:
        raise InsertionError("`config` is not a mapping with a line for each key")
    found = _find(config[1], key)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    if found is None:
        column = config[1].value[0][0].start_mark.column
        added = [f"{'':{column}}{_flow(key)}:", *_format_entries(entries, column + 2)]
        position = _find_end(lines, config[1])
    else:
        position, added = _place(lines, key, *found, entries)
    changed = newline.join([*lines[:position], *added, *lines[position:]])
    _validate(changed, before, key, entries)
    return changed


def _place(
    lines: list[str], key: str, name: yaml.Node, section: yaml.Node, entries: Mapping[str, Any]
) -> tuple[int, list[str]]:
    """Where the entries go, and their lines. An empty section's `{}` is taken out of `lines`."""
    if isinstance(section, yaml.MappingNode) and section.value and not section.flow_style:
        column = section.value[0][0].start_mark.column
        return _find_end(lines, section), _format_entries(entries, column)
    is_empty = isinstance(section, yaml.MappingNode) and not section.value
    is_null = isinstance(section, yaml.ScalarNode) and section.tag == "tag:yaml.org,2002:null"
    line = name.start_mark.line
    if not (is_empty or is_null) or section.end_mark.line != line:
        raise InsertionError(f"{key} is not a mapping with a line for each entry")
    head, tail = lines[line][: name.end_mark.column + 1], lines[line][section.end_mark.column :]
    lines[line] = f"{head}{tail}".rstrip() if tail.strip() else head
    return line + 1, _format_entries(entries, name.start_mark.column + 2)


def _find_end(lines: list[str], node: yaml.Node) -> int:
    """The line after the last one of a block: its end, without the comments and empty lines that follow it."""
    end = min(node.end_mark.line, len(lines))
    if node.end_mark.column > 0 and end < len(lines) and lines[end][: node.end_mark.column].strip():
        end += 1
    while end > node.start_mark.line + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _format_entries(entries: Mapping[str, Any], indent: int) -> list[str]:
    lines = []
    for name, value in entries.items():
        if isinstance(value, Mapping) and value and any(isinstance(each, Mapping | list) for each in value.values()):
            lines.append(f"{'':{indent}}{_flow(name)}:")
            lines += [f"{'':{indent + 2}}{_flow(key)}: {_flow(each)}" for key, each in value.items()]
        else:
            lines.append(f"{'':{indent}}{_flow(name)}: {_flow(value)}")
    return lines


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.removesuffix("...\n").strip()


def _validate(text: str, before: Mapping[str, Any], key: str, entries: Mapping[str, Any]) -> None:
    config = before["config"]
    wanted = {**before, "config": {**config, key: {**(config.get(key) or {}), **entries}}}
    try:
        after = yaml.safe_load(text)
    except yaml.YAMLError:
        after = None
    if after != wanted:
        raise InsertionError(f"the layout of {key} is not understood")


def _find(node: yaml.Node, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next(((name, value) for name, value in pairs if name.value == key), None)


def _compose(text: str) -> yaml.Node:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        raise InsertionError("the file is empty")
    return node


def _parse(text: str) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        raise InsertionError("the file is not YAML") from None
    if not isinstance(content, Mapping):
        raise InsertionError("the file is not a mapping")
    return content
