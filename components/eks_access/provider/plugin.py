"""Passes the engine's calls on to the handler of the resource's type."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pulumi.provider.experimental import provider as sdk

from .handler import Handler, ProviderError

PACKAGE = "eks-access"
T = TypeVar("T")


class Plugin(sdk.Provider):
    """This package's provider: its own resources; its components are `server`'s."""

    def __init__(
        self, handlers: Sequence[Handler], *, version: str, components_schema: Callable[[], dict[str, Any]]
    ) -> None:
        self._handlers = {handler.token: handler for handler in handlers}
        self._version = version
        self._components_schema = components_schema

    async def get_schema(self, _: sdk.GetSchemaRequest) -> sdk.GetSchemaResponse:
        schema = await asyncio.to_thread(self._components_schema)
        resources = {token: handler.schema() for token, handler in self._handlers.items()}
        merged = {
            "name": PACKAGE,
            "version": self._version,
            "description": "Gives third-party integrations exactly the access to Amazon EKS that they need.",
            **schema,
            "resources": {**schema.get("resources", {}), **resources},
        }
        return sdk.GetSchemaResponse(json.dumps(merged))

    async def configure(self, _: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        # Resources and Outputs as values of their own are for the components (the engine sends them to `construct` and
        # `call` alone): without them, a provider given to a component would arrive as an id that is not known yet.
        return sdk.ConfigureResponse(
            accept_secrets=True, supports_preview=True, accept_resources=True, accept_outputs=True
        )

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        return await self._call(request.type, lambda handler: handler.check(request))

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        return await self._call(request.type, lambda handler: handler.diff(request))

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        return await self._call(request.type, lambda handler: handler.create(request))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        return await self._call(request.type, lambda handler: handler.read(request))

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        return await self._call(request.type, lambda handler: handler.update(request))

    async def delete(self, request: sdk.DeleteRequest) -> None:
        await self._call(request.type, lambda handler: handler.delete(request))

    async def _call(self, type_chain: str, call: Callable[[Handler], T]) -> T:
        # A URN names the types of all parents too: `parent:type$own:type`.
        token = type_chain.rsplit("$", maxsplit=1)[-1]
        if token not in self._handlers:
            raise ProviderError(
                f"this plugin has no resource type {token!r}; it has {', '.join(sorted(self._handlers))}"
            )
        return await asyncio.to_thread(call, self._handlers[token])
