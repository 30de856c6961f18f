"""Passes the engine's calls on to the handler of the resource's type."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pulumi.provider.experimental import provider as sdk

from .errors import ProviderError
from .handler import ResourceHandler

PACKAGE = "eks-access"
_THREADS = 32
T = TypeVar("T")

log = logging.getLogger(__name__)


class Plugin(sdk.Provider):
    """The provider of the resources that the plugin implements itself. Components are served by `server.Servicer`."""

    def __init__(
        self, handlers: Sequence[ResourceHandler], *, version: str, components_schema: Callable[[], dict[str, Any]]
    ) -> None:
        self._handlers = {handler.token: handler for handler in handlers}
        self._version = version
        self._components_schema = components_schema
        # Threads of its own. In the loop's few, components wait for resources that they register, and those are served
        # here: were these threads shared, components would keep what they wait for from being done.
        self._threads = ThreadPoolExecutor(_THREADS, "resource")

    async def get_schema(self, _: sdk.GetSchemaRequest) -> sdk.GetSchemaResponse:
        components = await asyncio.to_thread(self._components_schema)
        resources = {token: handler.schema() for token, handler in self._handlers.items()}
        types = {
            token: type_schema for handler in self._handlers.values() for token, type_schema in handler.types.items()
        }
        merged = {
            "name": PACKAGE,
            "version": self._version,
            "description": "Gives third-party integrations exactly the access to Amazon EKS that they need.",
            **components,
            "resources": {**components.get("resources", {}), **resources},
            "types": {**components.get("types", {}), **types},
        }
        return sdk.GetSchemaResponse(json.dumps(merged))

    async def configure(self, _: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        # `accept_resources` and `accept_outputs` are for the components (the engine sends such values to `construct`
        # and `call` alone): without them, a provider given to a component would arrive as an unknown id.
        return sdk.ConfigureResponse(
            accept_secrets=True, supports_preview=True, accept_resources=True, accept_outputs=True
        )

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        return await self._call("check", request, lambda handler: handler.check(request))

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        return await self._call("diff", request, lambda handler: handler.diff(request))

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        return await self._call("create", request, lambda handler: handler.create(request))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        return await self._call("read", request, lambda handler: handler.read(request))

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        return await self._call("update", request, lambda handler: handler.update(request))

    async def delete(self, request: sdk.DeleteRequest) -> None:
        await self._call("delete", request, lambda handler: handler.delete(request))

    async def _call(self, operation: str, request: Any, call: Callable[[ResourceHandler], T]) -> T:
        # A URN has the types of all parents too: `parent:type$own:type`.
        token = request.type.rsplit("$", maxsplit=1)[-1]
        if token not in self._handlers:
            raise ProviderError(
                f"this plugin has no resource type {token!r}; it has {', '.join(sorted(self._handlers))}"
            )
        name, begun = request.urn.rpartition("::")[2], time.monotonic()
        preview = " (preview)" if getattr(request, "preview", False) else ""
        log.debug("%s %s %s%s", operation, token, name, preview)
        try:
            response = await asyncio.get_running_loop().run_in_executor(self._threads, call, self._handlers[token])
        except Exception as error:
            log.debug("%s %s %s: failed after %.3f s", operation, token, name, time.monotonic() - begun, exc_info=error)
            raise
        log.debug("%s %s %s: done after %.3f s", operation, token, name, time.monotonic() - begun)
        return response
