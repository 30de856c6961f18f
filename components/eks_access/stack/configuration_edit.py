"""Takes an integration out of the text of `Pulumi.<environment>.yaml`: whole lines, and nothing else. Pure.

What remains stays byte for byte, comments included. The edit is accepted only if the edited text, parsed, is the old
one without the integration and without the secrets that only it referred to, since unused ones are refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ..errors import EksAccessError
from .configuration import SECTIONS

SECTION = "integrations"


class ConfigurationEditError(EksAccessError):
    """The text cannot be edited line by line. Nothing was changed."""


@dataclass(frozen=True)
class ConfigurationEdit:
    """The text without the integration, and what was taken out of it."""

    text: str
    lines: tuple[tuple[int, int], ...]
    """The first and last line of each part that goes, in the old text, counted from 1."""
    secrets: tuple[str, ...]
    """Names of the secrets that only this integration referred to."""


def declares_integration(text: str, project: str, integration: str) -> bool:
    """Whether the file's section `integrations` has the integration.

    Raises:
        ConfigurationEditError: it is not YAML.
    """
    config = _parse(text).get("config")
    section = config.get(f"{project}:{SECTION}") if isinstance(config, Mapping) else None
    return isinstance(section, Mapping) and integration in section


def remove_integration(text: str, project: str, integration: str) -> ConfigurationEdit:
    """The text of the file without the integration, which it declares.

    Raises:
        ConfigurationEditError: the lines of the integration hold something else as well, or the result would not be as
            it has to be; the message has what to delete by hand.
    """
    expected, secrets = _expect(_parse(text), project, integration)
    paths = [("config", f"{project}:{SECTION}", integration), *(("config", f"{project}:{name}") for name in secrets)]
    root = _compose(text)
    lines = text.splitlines(keepends=True)
    try:
        spans = sorted(_find_lines(root, path, lines) for path in paths)
        kept = _without(lines, spans)
        if not expected["config"][f"{project}:{SECTION}"]:
            kept = _with_empty_section(root, project, lines, spans)
        edited = "".join(kept)
        is_right = yaml.safe_load(edited) == expected
    except (ConfigurationEditError, yaml.YAMLError) as cause:
        raise ConfigurationEditError(_by_hand(project, integration, secrets)) from cause
    if not is_right:
        raise ConfigurationEditError(_by_hand(project, integration, secrets))
    return ConfigurationEdit(edited, tuple((first + 1, end) for first, end in spans), secrets)


def _by_hand(project: str, integration: str, secrets: tuple[str, ...]) -> str:
    names = "".join(f", and {project}:{name}, which only it refers to," for name in secrets)
    return (
        f"the file is not written so that {integration} could be taken out of it line by line: delete it from"
        f" {project}:{SECTION}{names} by hand, and run this again"
    )


def _parse(text: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as cause:
        # The parser's own message would quote the file.
        raise ConfigurationEditError("the stack's file is not YAML") from cause
    return content if isinstance(content, dict) else {}


def _compose(text: str) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode), "it was parsed as a mapping"
    return root


def _expect(content: dict[str, Any], project: str, integration: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the edited text has to be when it is parsed, and the names of the secrets that go."""
    config: dict[str, Any] = dict(content["config"])
    section = dict(config[f"{project}:{SECTION}"])
    removed = section.pop(integration)
    config[f"{project}:{SECTION}"] = section
    own = {key.removeprefix(f"{project}:"): value for key, value in config.items() if key.startswith(f"{project}:")}
    still = {name for part in SECTIONS for name in _list_secrets(own.get(part))}
    gone = tuple(dict.fromkeys(name for name in _list_secrets(removed) if name not in still and name in own))
    for name in gone:
        del config[f"{project}:{name}"]
    return {**content, "config": config}, gone


def _list_secrets(tree: object) -> Iterator[str]:
    if isinstance(tree, Mapping) and set(tree) == {"secret"} and isinstance(tree["secret"], str):
        yield tree["secret"]
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from _list_secrets(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _list_secrets(value)


def _find_lines(root: yaml.MappingNode, path: tuple[str, ...], lines: list[str]) -> tuple[int, int]:
    """The lines of a key with its value, which have nothing else on them: the first, and the one after the last."""
    mapping: yaml.Node = root
    for name in path[:-1]:
        mapping = _find_pair(mapping, name)[1]
    key, value = _find_pair(mapping, path[-1])
    assert isinstance(mapping, yaml.MappingNode), "a pair was found in it"
    first, last = key.start_mark.line, _find_last_line(value)
    is_alone = not lines[first][: key.start_mark.column].strip(" ")
    if mapping.flow_style or not is_alone:
        raise ConfigurationEditError("it is not on lines of its own")
    return first, max(last, key.end_mark.line) + 1


def _find_pair(node: yaml.Node, name: str) -> tuple[yaml.Node, yaml.Node]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    found: list[tuple[yaml.Node, yaml.Node]] = [(key, value) for key, value in pairs if key.value == name]
    if len(found) != 1:
        raise ConfigurationEditError("it is there twice, or by a reference")
    return found[0]


def _find_last_line(node: yaml.Node) -> int:
    """The last line that has something of the node. The end of a block is where the next one begins."""
    if isinstance(node, yaml.MappingNode | yaml.SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _find_last_line(last[1] if isinstance(last, tuple) else last)
    end = node.end_mark
    # A block scalar ends at the beginning of the line after it.
    return end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line


def _without(lines: list[str], spans: list[tuple[int, int]]) -> list[str]:
    gone = {number for first, end in spans for number in range(first, end)}
    return [line for number, line in enumerate(lines) if number not in gone]


def _with_empty_section(
    root: yaml.MappingNode, project: str, lines: list[str], spans: list[tuple[int, int]]
) -> list[str]:
    """The lines without the spans, with `{}` as the value of the section that has no integration left."""
    key = _find_pair(_find_pair(root, "config")[1], f"{project}:{SECTION}")[0]
    line = key.end_mark.line
    before, after = lines[line][: key.end_mark.column], lines[line][key.end_mark.column :]
    if not after.startswith(":"):
        raise ConfigurationEditError("its key is not followed by a colon")
    changed = [*lines]
    changed[line] = f"{before}: {{}}{after[1:]}"
    return _without(changed, spans)
