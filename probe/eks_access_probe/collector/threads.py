"""Where blocking calls are made, so that the event loop never waits."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Threads:
    """`calls` bounds how many calls are under way. `knocks` are at clusters that may never answer."""

    calls: Executor
    knocks: Executor

    async def call(self, function: Callable[_P, _Value], *args: _P.args, **kwargs: _P.kwargs) -> _Value:
        return await asyncio.get_running_loop().run_in_executor(self.calls, lambda: function(*args, **kwargs))

    async def knock(self, function: Callable[_P, _Value], *args: _P.args, **kwargs: _P.kwargs) -> _Value:
        return await asyncio.get_running_loop().run_in_executor(self.knocks, lambda: function(*args, **kwargs))
