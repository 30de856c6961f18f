"""The thread pools that make blocking calls for the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Threads:
    """`calls` bounds how many calls run at once; `reachability` is for connection attempts that may time out."""

    calls: Executor
    reachability: Executor

    async def call(self, function: Callable[_P, _Value], *args: _P.args, **kwargs: _P.kwargs) -> _Value:
        """Run a call in one of the threads for calls."""
        return await asyncio.get_running_loop().run_in_executor(self.calls, lambda: function(*args, **kwargs))

    async def check_reachable(self, function: Callable[_P, _Value], *args: _P.args, **kwargs: _P.kwargs) -> _Value:
        """Run a first call to an API server in a thread of its own kind, so that a time-out delays no other cluster."""
        return await asyncio.get_running_loop().run_in_executor(self.reachability, lambda: function(*args, **kwargs))
