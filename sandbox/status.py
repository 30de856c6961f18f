"""What of a sandbox is running, for people and for programs."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .session import Sandbox
from .state import State


def read_status(state: State) -> dict[str, Any]:
    runtime = state.read()
    running = state.is_supervised()
    if runtime is None:
        return {"running": running, "status": "starting" if running else "stopped", "state": str(state.folder)}
    modes = {}
    if running and runtime.status == "ready":
        sandbox = Sandbox(state, runtime)
        modes = {name: sandbox.mode(name) for name in sandbox.clusters}
    return {
        "running": running,
        "status": runtime.status if running else "failed" if runtime.message else "gone",
        "state": str(state.folder),
        "endpoint": runtime.endpoint,
        "uptime_seconds": round(time.time() - runtime.started_at) if running else 0,
        "clusters": [
            {
                "name": one.name,
                "mode": modes.get(one.name, one.mode),
                "endpoint": one.endpoint,
                "nodes": one.nodes,
            }
            for one in runtime.clusters
        ],
        "processes": [{**asdict(one), "alive": one.alive} for one in runtime.processes],
        "message": runtime.message,
    }


def format_status(shown: dict[str, Any]) -> str:
    if not shown["running"]:
        return "\n".join(filter(None, [f"no sandbox is running in {shown['state']}", shown.get("message")]))
    if "endpoint" not in shown:
        return f"a sandbox is starting in {shown['state']}"
    clusters = [(one["name"], one["mode"], one["endpoint"]) for one in shown["clusters"]]
    processes = [
        (one["name"], str(one["pid"]), str(one["port"] or "-"), "yes" if one["alive"] else "NO")
        for one in shown["processes"]
    ]
    return "\n".join(
        [
            f"{shown['status']} for {shown['uptime_seconds']} s in {shown['state']}",
            f"AWS  {shown['endpoint']}",
            "",
            *_columns([("CLUSTER", "MODE", "ENDPOINT"), *clusters]),
            "",
            *_columns([("PROCESS", "PID", "PORT", "ALIVE"), *processes]),
        ]
    )


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
