"""Label selectors as Kubernetes has them, and an index that finds everything they select.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...stack import Value, is_unknown
from ...stack.values import contains_unknown, get, items, mapping, text, texts

_ANY_VALUE = ("Exists", "DoesNotExist")
_NEGATED = ("NotIn", "DoesNotExist")
_OPERATORS = ("In", "NotIn", *_ANY_VALUE)


@dataclass(frozen=True)
class Requirement:
    """One requirement of a selector. `values` is None if the label's presence alone decides."""

    key: str
    values: tuple[str, ...] | None
    is_negated: bool = False


@dataclass(frozen=True)
class Selector:
    """Selects the objects that meet all requirements; without any, every object."""

    requirements: tuple[Requirement, ...] = ()


def parse_selector(value: Value) -> Selector | None:
    """Parse a LabelSelector; None if some part of it is unknown, or it is none that Kubernetes accepts."""
    if contains_unknown(value):
        return None
    labels = (Requirement(key, (text(label) or "",)) for key, label in mapping(get(value, "matchLabels")).items())
    expressions = [_parse_expression(each) for each in items(get(value, "matchExpressions"))]
    known = [each for each in expressions if each is not None]
    return Selector((*labels, *known)) if len(known) == len(expressions) else None


def _parse_expression(value: Value) -> Requirement | None:
    key, operator, values = text(get(value, "key")), text(get(value, "operator")), texts(get(value, "values"))
    # The API server rejects an operator of another name, values where there must be none, and none where there must be.
    if not key or operator not in _OPERATORS or bool(values) is (operator in _ANY_VALUE):
        return None
    return Requirement(key, None if operator in _ANY_VALUE else values, operator in _NEGATED)


def parse_labels(value: Value) -> tuple[dict[str, str], bool]:
    """The known labels of an object, and whether these are all."""
    labels = {key: found for key, label in mapping(value).items() if (found := text(label)) is not None}
    return labels, not is_unknown(value) and not contains_unknown(value)


class LabelIndex:
    """Finds the objects that selectors select, as the bits of a number: bit 3 is the fourth object.

    Sets of thousands of objects are combined in microseconds that way, so that thousands of selectors are no product
    of both numbers.
    """

    def __init__(self, labels: Sequence[Mapping[str, str]]) -> None:
        self._all = (1 << len(labels)) - 1
        self._by_label: dict[tuple[str, str], int] = defaultdict(int)
        self._by_key: dict[str, int] = defaultdict(int)
        self._selected: dict[Selector, int] = {}
        for number, of_object in enumerate(labels):
            for key, value in of_object.items():
                self._by_label[key, value] |= 1 << number
                self._by_key[key] |= 1 << number

    def select(self, selectors: Iterable[Selector]) -> int:
        """The objects that one of the selectors selects."""
        found = 0
        for selector in selectors:
            if selector not in self._selected:
                self._selected[selector] = self._select(selector)
            found |= self._selected[selector]
        return found

    def _select(self, selector: Selector) -> int:
        found = self._all
        for requirement in selector.requirements:
            meeting = self._find(requirement)
            found &= self._all ^ meeting if requirement.is_negated else meeting
        return found

    def _find(self, requirement: Requirement) -> int:
        if requirement.values is None:
            return self._by_key.get(requirement.key, 0)
        found = 0
        for value in requirement.values:
            found |= self._by_label.get((requirement.key, value), 0)
        return found


def list_bits(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    return (number for number, bit in enumerate(reversed(f"{bits:b}")) if bit == "1")
