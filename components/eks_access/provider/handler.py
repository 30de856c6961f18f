"""The base class of the resources that the plugin implements: the skeleton of every operation of the engine.

A new resource describes its inputs and outputs, implements the abstract methods, and is added in
`catalogue.create_handlers`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    PropertyDiff,
    PropertyDiffKind,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)

from .errors import NotAvailableError, ProviderError
from .properties import InputProperty, OutputProperty, build_schema, check_inputs
from .values import UNKNOWN, Properties, unwrap, wrap

Warn = Callable[[str, str], None]
"""Shows the user a warning about a resource: its URN and the message."""

Values = Mapping[str, Any]
"""Inputs by name, as plain Python; an input that was left out and has no default is missing."""
Outputs = Mapping[str, PropertyValue]


@dataclass(frozen=True)
class Operation:
    """The circumstances of an operation.

    Attributes:
        urn: the resource's URN.
        is_preview: only previewed: nothing may be written, and inputs may be unknown.
        timeout: the custom timeout in seconds; 0 if none was set.
    """

    urn: str
    is_preview: bool = False
    timeout: float = 0


@dataclass(frozen=True)
class LiveResource:
    """A resource as it was found: the inputs that would create it, and its outputs."""

    inputs: Mapping[str, PropertyValue]
    outputs: Outputs


class ResourceHandler(ABC):
    """A resource type. Methods may block: each call has its own thread."""

    token: str
    """The resource type token."""
    description: str
    inputs: Sequence[InputProperty]
    outputs: ClassVar[Sequence[OutputProperty]]
    types: ClassVar[Mapping[str, Any]] = {}
    """Object types for the package schema that the properties refer to."""
    delete_before_replace: ClassVar[bool] = False
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    """Errors that are reported as a ProviderError, with the subject of the operation."""
    unavailable: ClassVar[tuple[type[Exception], ...]] = ()
    """Errors that are reported as a NotAvailableError: nothing was found out, for lack of access."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn

    @abstractmethod
    def create_resource(self, operation: Operation, values: Values) -> tuple[str, Outputs]:
        """Create the resource, or validate that it could be; its id (not used in a preview) and outputs.

        Outputs that are left out in a preview are unknown.
        """

    @abstractmethod
    def find_resource(
        self, operation: Operation, identifier: str, inputs: Properties, state: Properties
    ) -> LiveResource | None:
        """The resource as it is now; None if it is gone. Without inputs and state it is being imported."""

    @abstractmethod
    def update_resource(self, operation: Operation, state: Properties, values: Values) -> Outputs:
        """Bring the resource to the new inputs, or validate that it could be. Outputs as for `create_resource`."""

    @abstractmethod
    def delete_resource(self, operation: Operation, identifier: str, state: Properties) -> None:
        """Delete the resource. One that is gone already is no error."""

    def find_replacement_reasons(self, _request: DiffRequest) -> Sequence[str]:
        """Outputs for whose sake an otherwise unchanged resource has to be replaced."""
        return ()

    def explain(self, error: Exception) -> str:
        """The message for one of the `refusals` or `unavailable` errors, without the subject."""
        return str(error)

    def schema(self) -> Mapping[str, Any]:
        """The resource's part of the package schema."""
        return build_schema(self.description, self.inputs, self.outputs)

    def check(self, request: CheckRequest) -> CheckResponse:
        inputs, failures = check_inputs(self.token.rpartition(":")[2], self.inputs, request.new_inputs)
        return CheckResponse(inputs, failures)

    def diff(self, request: DiffRequest) -> DiffResponse:
        changed = [
            each.name
            for each in self.inputs
            if each.name not in request.ignore_changes
            and each.is_changed(unwrap(request.old_state.get(each.name)), unwrap(request.new_inputs.get(each.name)))
        ]
        replaces = [each.name for each in self.inputs if each.is_replacing and each.name in changed]
        if not replaces:
            replaces = list(self.find_replacement_reasons(request))
            changed += replaces
        return DiffResponse(
            changes=bool(changed),
            replaces=replaces,
            diffs=changed,
            delete_before_replace=self.delete_before_replace,
            detailed_diff={
                name: PropertyDiff(
                    PropertyDiffKind.UPDATE_REPLACE if name in replaces else PropertyDiffKind.UPDATE, input_diff=False
                )
                for name in changed
            },
        )

    def create(self, request: CreateRequest) -> CreateResponse:
        operation = Operation(request.urn, request.preview, request.timeout)
        identifier, outputs = self.create_resource(operation, self.read_values(request.properties))
        return CreateResponse(
            None if request.preview else identifier, self._build_state(request.properties, outputs, request.preview)
        )

    def read(self, request: ReadRequest) -> ReadResponse:
        inputs = dict(request.inputs) or self._select(self.inputs, request.properties)
        live = self.find_resource(Operation(request.urn), request.resource_id, inputs, request.properties)
        if live is None:
            return ReadResponse()
        # An input that the resource no longer has is gone from the state too.
        names = {each.name for each in self.inputs} | {each.name for each in self.outputs}
        kept = {name: value for name, value in request.properties.items() if name not in names}
        return ReadResponse(request.resource_id, {**kept, **live.inputs, **live.outputs}, dict(live.inputs))

    def update(self, request: UpdateRequest) -> UpdateResponse:
        operation = Operation(request.urn, request.preview, request.timeout)
        outputs = self.update_resource(operation, request.olds, self.read_values(request.news))
        return UpdateResponse(self._build_state(request.news, outputs, request.preview))

    def delete(self, request: DeleteRequest) -> None:
        operation = Operation(request.urn, timeout=request.timeout)
        self.delete_resource(operation, request.resource_id, request.properties)

    def read_values(self, properties: Properties) -> dict[str, Any]:
        """The inputs among the properties, as plain Python."""
        return {name: unwrap(value) for name, value in self._select(self.inputs, properties).items()}

    @contextmanager
    def translate_errors(self, subject: str) -> Iterator[None]:
        """Report this resource's expected errors in the user's terms, with the subject (`cluster 'prod'`).

        Raises:
            ProviderError: one of the `refusals`.
            NotAvailableError: one of the `unavailable` errors.
        """
        try:
            yield
        except self.refusals as error:
            raise ProviderError(f"{subject}: {self.explain(error)}") from error
        except self.unavailable as error:
            raise NotAvailableError(f"{subject}: {self.explain(error)}") from error

    @staticmethod
    def _select(
        wanted: Sequence[InputProperty] | Sequence[OutputProperty], properties: Properties
    ) -> dict[str, PropertyValue]:
        return {each.name: properties[each.name] for each in wanted if each.name in properties}

    def _build_state(self, inputs: Properties, outputs: Outputs, is_preview: bool) -> dict[str, PropertyValue]:
        unknown = {each.name: wrap(UNKNOWN) for each in self.outputs} if is_preview else {}
        return {**inputs, **unknown, **outputs}
