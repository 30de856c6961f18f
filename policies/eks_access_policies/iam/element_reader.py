"""Reads elements of a document leniently, and collects findings for what IAM would reject."""

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..finding import Finding, Rule
from ..rules.iam.documents import MALFORMED
from .conditions import OPERATORS

MAX_FLAWS = 50
"""Findings of malformed parts of one document: more would be of no use to a reader."""


@dataclass
class Flaws:
    """Collects findings, up to a limit."""

    _found: list[Finding] = field(default_factory=list)
    _omitted: int = 0

    def add(self, rule: Rule, where: str, message: str) -> None:
        if len(self._found) < MAX_FLAWS:
            self._found.append(
                Finding(rule, message[:1].upper() + message[1:] + ("" if message.endswith("?") else "."), where)
            )
        else:
            self._omitted += 1

    def found(self) -> tuple[Finding, ...]:
        rest = (Finding(MALFORMED, f"And {self._omitted} more of this kind.", ""),) if self._omitted else ()
        return (*self._found, *rest)


@dataclass(frozen=True)
class ElementReader:
    """Reads the elements of one document, and collects its flaws."""

    flaws: Flaws

    def elements(self, element: Mapping[Any, Any], known: tuple[str, ...], where: str) -> dict[str, Any]:
        """The known elements by IAM's spelling. Unknown ones become findings, with what was probably meant."""
        by_lower = {name.lower(): name for name in known}
        found: dict[str, Any] = {}
        for key, value in element.items():
            written = str(key)
            name = by_lower.get(written.lower())
            if name is None:
                self._add_unknown(written, known, where)
            elif name in found:
                self.flaws.add(MALFORMED, where, f"{name} is given twice; IAM rejects that")
            else:
                found[name] = value
        return found

    def text(self, value: Any, where: str) -> str:
        texts = self.texts(value, where)
        if len(texts) > 1:
            self.flaws.add(MALFORMED, where, "must be a string, not a list")
        return texts[0] if texts else ""

    def texts(self, value: Any, where: str, *, scalars: bool = False) -> tuple[str, ...]:
        """The value or values as strings. `scalars`: numbers and booleans are allowed, as in conditions."""
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if isinstance(value, bool | int | float):
            return (self._read_scalar(value, where, scalars),)
        if isinstance(value, Mapping) or not isinstance(value, Sequence):
            self.flaws.add(MALFORMED, where, f"{format_value(value)} is neither a string nor a list of strings")
            return ()
        texts: list[str] = []
        for each in value:
            if isinstance(each, str):
                texts.append(each)
            elif isinstance(each, bool | int | float):
                texts.append(self._read_scalar(each, where, scalars))
            elif each is not None:
                self.flaws.add(MALFORMED, where, f"{format_value(each)} is not a string")
        return tuple(texts)

    def suggest_operator(self, written: str) -> str:
        """Words that suggest which operator was meant, or nothing."""
        _, _, name = written.rpartition(":")
        close = difflib.get_close_matches(name[:60], OPERATORS, n=1, cutoff=0.7)
        return f"; did you mean {close[0]!r}?" if close else ""

    def _read_scalar(self, value: bool | int | float, where: str, allowed: bool) -> str:
        try:
            text = str(value).lower() if isinstance(value, bool) else str(value)
        except ValueError:  # an int of thousands of digits
            text = ""
        if not allowed:
            self.flaws.add(MALFORMED, where, f"{text:.40} must be a string, in quotation marks")
        return text

    def _add_unknown(self, written: str, known: tuple[str, ...], where: str) -> None:
        normalized = unicodedata.normalize("NFKC", written)
        close = difflib.get_close_matches(normalized[:40].title(), known, n=1, cutoff=0.6)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        disguised = " with characters that only look like letters" if not written.isascii() else ""
        self.flaws.add(MALFORMED, where, f"there is no element {written!r:.60}{disguised}{meant}")


def format_value(value: object) -> str:
    """The representation of a value in a message, shortened."""
    try:
        return f"{value!r:.80}"
    except (RecursionError, ValueError):
        return "a deeply nested value"
