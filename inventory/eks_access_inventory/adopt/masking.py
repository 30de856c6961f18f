"""Hides External IDs: equal ones are shown alike, and others differently. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from eks_access.derivation.trust import NOT_SHOWN
from eks_access.model.found import FoundAccess

_KEY = "sts:externalid"


class ExternalIdMask:
    """Replaces External IDs in trust policies, each by the same text wherever it is."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}

    def hide(self, access: FoundAccess) -> FoundAccess:
        """The access without its External IDs."""
        if access.role is None:
            return access
        return replace(access, role=replace(access.role, trust=self._hide(access.role.trust)))

    def _hide(self, tree: Any) -> Any:
        if isinstance(tree, Mapping):
            return {
                key: self._show(value) if str(key).lower() == _KEY else self._hide(value) for key, value in tree.items()
            }
        return [self._hide(each) for each in tree] if isinstance(tree, list | tuple) else tree

    def _show(self, values: Any) -> list[str]:
        texts: Iterable[Any] = values if isinstance(values, list | tuple) else [values]
        return [self._shown.setdefault(str(each), self._next()) for each in texts]

    def _next(self) -> str:
        count = len(self._shown)
        return NOT_SHOWN if count == 0 else f"[another, not shown{'' if count == 1 else f' ({count})'}]"
