"""What a resource of this package's own must answer, and how it reports an error."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)

from ..errors import EksAccessError

Warn = Callable[[str, str], None]
"""Tells the user something about a resource: its URN and the message."""


class ProviderError(EksAccessError):
    """An operation that failed for a reason worth telling as it is, without a stack trace."""


class Handler(ABC):
    """One resource type. Methods may block: each call has a thread of its own."""

    token: str
    """The resource's type token."""

    @abstractmethod
    def schema(self) -> Mapping[str, Any]:
        """The resource's part of the package schema: https://www.pulumi.com/docs/iac/using-pulumi/pulumi-packages/schema/"""

    @abstractmethod
    def check(self, request: CheckRequest) -> CheckResponse: ...

    @abstractmethod
    def diff(self, request: DiffRequest) -> DiffResponse: ...

    @abstractmethod
    def create(self, request: CreateRequest) -> CreateResponse: ...

    @abstractmethod
    def read(self, request: ReadRequest) -> ReadResponse: ...

    @abstractmethod
    def update(self, request: UpdateRequest) -> UpdateResponse: ...

    @abstractmethod
    def delete(self, request: DeleteRequest) -> None: ...
