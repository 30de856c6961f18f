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

    async def first_call(self, function: Callable[_P, _Value], *args: _P.args, **kwargs: _P.kwargs) -> _Value:
        """Run the first call to an API server, in a thread that no other call needs: it may time out."""
        return await asyncio.get_running_loop().run_in_executor(self.reachability, lambda: function(*args, **kwargs))
