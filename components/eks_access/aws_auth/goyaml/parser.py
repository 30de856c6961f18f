"""Parses a section of aws-auth as go-yaml v2, the authenticator's parser, does, with the position of every node.

PyYAML's scanner and go-yaml's are ports of the same C library and differ in a few places: tabs, `:` and `?` inside
flow collections, escapes, block scalar headers, directives. Those places are overridden here after `scannerc.go`
(https://github.com/go-yaml/yaml/blob/v2.4.0/scannerc.go); `tests/oracle` compares the result with the real parser.
Scalars stay source text; `types.py` gives them the types of Go.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

import yaml
from yaml.error import Mark
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError
from yaml.tokens import DirectiveToken, ScalarToken

from ...errors import EksAccessError

_BREAKS = "\r\n\x85\u2028\u2029"
_BREAKS_END = "\0" + _BREAKS
_LINE = re.compile(f"[^{_BREAKS_END}]*")
_BLANKS_END = " \t" + _BREAKS_END
_DIRECTIVE_NAME = re.compile(r"[\w-]*", re.ASCII)
_DIGITS = re.compile("[0-9]*")
_MAX_VERSION_DIGITS = 9
_VERSION = (1, 1)
"""The only version of YAML that go-yaml v2 accepts in a %YAML directive."""


class YamlSyntaxError(EksAccessError):
    """go-yaml cannot parse the text. `line` counts from 1; `problem` is the parser's message."""

    def __init__(self, line: int, problem: str) -> None:
        self.line = line
        self.problem = problem
        super().__init__(f"line {line}: {problem}")


@dataclass(eq=False)
class Node:
    """A node of the document, with its position in the text: `start` and `end` are offsets, `line` counts from 1."""

    kind: Literal["scalar", "sequence", "mapping", "alias"]
    start: int
    end: int
    line: int
    tag: str = ""
    value: str = ""
    implicit: bool = False
    flow: bool = False
    anchor: str | None = None
    children: list["Node"] = field(default_factory=list)
    target: "Node | None" = None

    @property
    def content_end(self) -> int:
        """The offset after the last character of the content: a block collection's own end mark is the next token's."""
        if self.kind in ("scalar", "alias") or self.flow or not self.children:
            return self.end
        return max(child.content_end for child in self.children)


@dataclass(frozen=True)
class Position:
    """An offset in the text and its column."""

    index: int
    column: int


@dataclass(frozen=True)
class Document:
    """The first document of a text, the only one that the authenticator reads.

    Attributes:
        root: the top node; None if the text has no document (nothing but comments).
        dashes: the position of each `-` of a block sequence, in order.
        commas: the offset of each `,` of the outermost flow collection.
        comments: each comment's (start, end).
        end: the offset of the document's end: of `...`, or the text's length.
        rest: what follows the document: "", "document" (another `---`) or "junk" (text that is not part of one).
        rest_line: the line on which that begins.
    """

    root: Node | None
    dashes: tuple[Position, ...]
    commas: tuple[int, ...]
    comments: tuple[tuple[int, int], ...]
    end: int
    rest: Literal["", "document", "junk"]
    rest_line: int


def parse(text: str) -> Document:
    """Parse the first document.

    Raises:
        YamlSyntaxError: go-yaml would refuse the text, and the authenticator would then drop the whole section.
    """
    if (mark := text.find("\ufeff", 1)) > 0:
        # Invisible, and counted as a column by go-yaml but not by PyYAML.
        raise YamlSyntaxError(text.count("\n", 0, mark) + 1, "a byte order mark (U+FEFF) inside the text")
    try:
        return _compose_document(_Loader(text), text)
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        raise YamlSyntaxError(place.line + 1 if place else 1, error.problem or error.context or str(error)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlSyntaxError(line, "control characters are not allowed") from error
    except RecursionError as error:
        raise YamlSyntaxError(1, "nested too deeply") from error


class _Loader(Reader, Scanner, Parser):
    """PyYAML's reader, scanner and parser with go-yaml's rules; records the positions that splicing needs."""

    # go-yaml has \' and lacks \/ (scannerc.go, yaml_parser_scan_flow_scalar).
    ESCAPE_REPLACEMENTS = {  # type: ignore[misc]
        k: v for k, v in Scanner.ESCAPE_REPLACEMENTS.items() if k != "/"
    } | {"'": "'"}

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        self.dashes: list[Position] = []
        self.commas: list[int] = []
        self.comments: list[tuple[int, int]] = []

    def _fail(self, context: str, start: Mark, problem: str) -> NoReturn:
        raise ScannerError(context, start, problem, self.get_mark())

    # Positions that splicing needs.

    def fetch_block_entry(self) -> None:
        if not self.flow_level:
            self.dashes.append(Position(self.index, self.column))
        super().fetch_block_entry()

    def fetch_flow_entry(self) -> None:
        if self.flow_level == 1:
            self.commas.append(self.index)
        super().fetch_flow_entry()

    def _skip_comment(self) -> None:
        rest = _LINE.match(self.buffer, self.pointer)
        assert rest is not None
        length = rest.end() - self.pointer
        self.comments.append((self.index, self.index + length))
        # No line break among them, so there is nothing for PyYAML's forward() to count.
        self.pointer += length
        self.index += length
        self.column += length

    def _scan_line_break(self) -> str:
        text: str = self.scan_line_break()  # type: ignore[no-untyped-call]
        return text

    # go-yaml's rules.

    def scan_to_next_token(self) -> None:
        while True:
            if self.index == 0 and self.peek() == "\ufeff":
                self.forward()
            while self.peek() == " " or (self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)):
                self.forward()
            if self.peek() == "#":
                self._skip_comment()
            if not self._scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_directive(self) -> DirectiveToken:
        """go-yaml refuses a directive that it does not know, which PyYAML ignores; and it takes tabs for blanks."""
        start = self.get_mark()
        self.forward()
        name = self._scan_while(_DIRECTIVE_NAME)
        self._skip_blanks()
        value: tuple[Any, Any]
        if name == "YAML":
            value = (self._scan_version_number(start), self._scan_version_number(start, after="."))
        elif name == "TAG":
            handle = self.scan_tag_handle("directive", start)  # type: ignore[no-untyped-call]
            if self.peek() not in " \t":
                self._fail("while scanning a directive", start, "did not find expected whitespace")
            self._skip_blanks()
            value = (handle, self.scan_tag_uri("directive", start))
            if self.peek() not in _BLANKS_END:
                self._fail("while scanning a directive", start, "did not find expected whitespace or line break")
        else:
            self._fail("while scanning a directive", start, "found unknown directive name")
        end = self.get_mark()
        self._skip_blanks()
        if self.peek() == "#":
            self._skip_comment()
        if self.peek() not in _BREAKS_END:
            self._fail("while scanning a directive", start, "did not find expected comment or line break")
        self._scan_line_break()
        return DirectiveToken(name, value, start, end)

    def _scan_version_number(self, start: Mark, after: str = "") -> int:
        if after and self.peek() != after:
            self._fail("while scanning a %YAML directive", start, "did not find expected digit or '.' character")
        self.forward(len(after))
        digits = self._scan_while(_DIGITS)
        if not 0 < len(digits) <= _MAX_VERSION_DIGITS:
            self._fail("while scanning a %YAML directive", start, "did not find an expected version number")
        return int(digits)

    def _scan_while(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.buffer, self.pointer)
        assert match is not None, "the pattern matches an empty text"
        self.forward(len(match[0]))
        return match[0]

    def _skip_blanks(self) -> None:
        while self.peek() in " \t":
            self.forward()

    def scan_flow_scalar(self, style: str) -> ScalarToken:
        start = self.get_mark()
        try:
            token: ScalarToken = super().scan_flow_scalar(style)
        except (ValueError, OverflowError):
            self._fail("while parsing a quoted scalar", start, "found invalid Unicode character escape code")
        if any("\ud800" <= c <= "\udfff" for c in token.value):
            self._fail("while parsing a quoted scalar", start, "found invalid Unicode character escape code")
        return token

    def scan_plain(self) -> ScalarToken:
        start = end = self.get_mark()
        indent = self.indent + 1
        value: list[str] = []
        spaces, breaks = "", ""
        after_break = False
        while not self._at_document_indicator() and self.peek() != "#":
            length = self._plain_length()
            if length:
                value.append(_fold_line_breaks(breaks) if after_break else spaces)
                value.append(self.prefix(length))
                self.forward(length)
                end = self.get_mark()
                spaces, breaks, after_break = "", "", False
            if self.peek() not in " \t" + _BREAKS:
                break
            while self.peek() in " \t" + _BREAKS:
                if self.peek() in " \t":
                    if after_break and self.column < indent and self.peek() == "\t":
                        problem = "found a tab character that violates indentation"
                        self._fail("while scanning a plain scalar", start, problem)
                    if not after_break:
                        spaces += self.peek()
                    self.forward()
                else:
                    breaks += self._scan_line_break()
                    after_break = True
            if not self.flow_level and self.column < indent:
                break
        if after_break:
            self.allow_simple_key = True
        return ScalarToken("".join(value), True, start, end)

    def _at_document_indicator(self) -> bool:
        return self.column == 0 and self.prefix(3) in ("---", "...") and self.peek(3) in _BLANKS_END

    def _plain_length(self) -> int:
        length = 0
        while (c := self.peek(length)) not in _BLANKS_END:
            if (c == ":" and self.peek(length + 1) in _BLANKS_END) or (self.flow_level and c in ",?[]{}"):
                break
            length += 1
        return length

    def scan_block_scalar_indicators(self, start_mark: Mark) -> tuple[bool | None, int | None]:
        chomping: bool | None = None
        increment: int | None = None
        for _ in range(2):
            if chomping is None and self.peek() in "+-":
                chomping = self.peek() == "+"
                self.forward()
            elif increment is None and "0" <= self.peek() <= "9":
                increment = int(self.peek())
                if increment == 0:
                    problem = "found an indentation indicator equal to 0"
                    self._fail("while scanning a block scalar", start_mark, problem)
                self.forward()
        self._skip_blanks()
        if self.peek() == "#":
            self._skip_comment()
        return chomping, increment

    def scan_block_scalar_indentation(self) -> tuple[list[str], int, Mark]:
        breaks: list[str] = []
        end, deepest = self.get_mark(), 0
        while True:
            while self.peek() == " ":
                self.forward()
            deepest = max(deepest, self.column)
            self._refuse_tab_as_indentation(end)
            if self.peek() not in _BREAKS:
                return breaks, deepest, end
            breaks.append(self._scan_line_break())
            end = self.get_mark()

    def scan_block_scalar_breaks(self, indent: int) -> tuple[list[str], Mark]:
        breaks: list[str] = []
        end = self.get_mark()
        while True:
            while self.column < indent and self.peek() == " ":
                self.forward()
            if self.column < indent:
                self._refuse_tab_as_indentation(end)
            if self.peek() not in _BREAKS:
                return breaks, end
            breaks.append(self._scan_line_break())
            end = self.get_mark()

    def _refuse_tab_as_indentation(self, start: Mark) -> None:
        if self.peek() == "\t":
            problem = "found a tab character where an indentation space is expected"
            self._fail("while scanning a block scalar", start, problem)


def _fold_line_breaks(breaks: str) -> str:
    """The value of line breaks inside a plain scalar: a single one is a space; of several, the first is dropped."""
    first, rest = breaks[0], breaks[1:]
    return (rest or " ") if first == "\n" else first + rest


def _compose_document(loader: _Loader, text: str) -> Document:
    event = _next_event(loader)
    event = _next_event(loader)
    if isinstance(event, yaml.StreamEndEvent):
        return _build_document(loader, None, len(text), "", 0)
    if event.version not in (None, _VERSION):
        raise yaml.MarkedYAMLError(problem="found incompatible YAML document", problem_mark=event.start_mark)
    root = _compose_node(loader, _next_event(loader), {})
    ending = _next_event(loader)
    end = ending.start_mark.index if ending.explicit else len(text)
    try:
        after = _next_event(loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return _build_document(loader, root, end, "junk", mark.line + 1 if mark else 1)
    if isinstance(after, yaml.StreamEndEvent):
        return _build_document(loader, root, end, "", 0)
    return _build_document(loader, root, end, "document", after.start_mark.line + 1)


def _build_document(
    loader: _Loader, root: Node | None, end: int, rest: Literal["", "document", "junk"], line: int
) -> Document:
    return Document(root, tuple(loader.dashes), tuple(loader.commas), tuple(loader.comments), end, rest, line)


def _next_event(loader: _Loader) -> Any:
    return loader.get_event()  # type: ignore[no-untyped-call]


def _compose_node(loader: _Loader, event: Any, anchors: dict[str, Node]) -> Node:
    start, end = event.start_mark, event.end_mark
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            raise yaml.MarkedYAMLError(problem=f"unknown anchor '{event.anchor}' referenced", problem_mark=start)
        return Node("alias", start.index, end.index, start.line + 1, target=anchors[event.anchor])
    tag = event.tag or ""
    if isinstance(event, yaml.ScalarEvent):
        node = Node("scalar", start.index, end.index, start.line + 1, tag, event.value, bool(event.implicit[0]))
    else:
        kind: Literal["sequence", "mapping"] = "sequence" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
        node = Node(kind, start.index, end.index, start.line + 1, tag, flow=bool(event.flow_style))
    if event.anchor:
        node.anchor = event.anchor
        anchors[event.anchor] = node
    if node.kind != "scalar":
        inner = _next_event(loader)
        while not isinstance(inner, yaml.CollectionEndEvent):
            node.children.append(_compose_node(loader, inner, anchors))
            inner = _next_event(loader)
        node.end = inner.end_mark.index if inner.end_mark else node.end
    return node
