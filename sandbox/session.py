"""A running sandbox, for Python: start one or find one, act in it, end it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import urllib3

from eks_access.kubernetes.client import KubernetesApi

from . import environment
from .aws.connected_clusters import CONTROL_PATH
from .aws.identity_provider import GOOGLE, IdentityProviders
from .aws.ministack_client import client
from .clusters import DEFAULT, ClusterSpec, validate_specs
from .plugins import home
from .processes import kill
from .progress import Event, Progress, silent
from .state import ClusterRecord, Runtime, State, checkout

START_SECONDS = 1800
"""Building the programs on a new machine included."""
STOP_SECONDS = 20
FOLLOW_SECONDS = 0.1


class NotRunningError(RuntimeError):
    def __init__(self, state: State) -> None:
        super().__init__(f"no sandbox is running in {state.folder}; start one with: python -m sandbox up --detach")


class StartError(RuntimeError):
    """The message is the supervisor's own."""


@dataclass(frozen=True)
class Cluster:
    record: ClusterRecord
    state: State

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def endpoint(self) -> str:
        return self.record.endpoint

    @property
    def kubeconfig(self) -> Path:
        return self.state.kubeconfig(self.name)

    @cached_property
    def admin(self) -> KubernetesApi:
        """The API as the sandbox's own administrator (system:masters), who is unknown to AWS."""
        return KubernetesApi.from_kubeconfig(self.kubeconfig.read_text())

    @property
    def ca_data(self) -> bytes:
        return (self.state.pki / "ca.crt").read_bytes()


class Sandbox:
    """Use as a context manager to have it stopped: `with Sandbox.start(folder) as sandbox: ...`."""

    def __init__(self, state: State, runtime: Runtime) -> None:
        self.state = state
        self.runtime = runtime
        self._supervisor: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(
        cls,
        state: str | Path | None = None,
        clusters: Sequence[ClusterSpec] = DEFAULT,
        *,
        workload: bool = True,
        ends_with_caller: bool = True,
        progress: Progress = silent,
        entry_seconds: float | None = None,
    ) -> Self:
        """Start a sandbox in this folder, or take the one that runs there.

        Raises:
            StartError: with the supervisor's output.
        """
        where = State.at(state)
        supervisor = None
        if not where.is_supervised():
            command = _up_command(where, validate_specs(clusters), workload, entry_seconds, ends_with_caller)
            supervisor = _launch(where, command, progress)
        running = cls.find(where.folder)
        running._supervisor = supervisor
        return running

    @classmethod
    def find(cls, state: str | Path | None = None) -> Self:
        """The sandbox that runs in this folder.

        Raises:
            NotRunningError: there is none, or it is still starting.
        """
        where = State.at(state)
        runtime = where.read()
        if runtime is None or runtime.status != "ready" or not where.is_supervised():
            raise NotRunningError(where)
        return cls(where, runtime)

    @property
    def endpoint(self) -> str:
        return self.runtime.endpoint

    @cached_property
    def clusters(self) -> dict[str, Cluster]:
        return {record.name: Cluster(record, self.state) for record in self.runtime.clusters}

    @property
    def env(self) -> dict[str, str]:
        """This process's environment, moved into the sandbox as the customer's deployer."""
        return environment.applied(self.state, self.runtime, os.environ)

    def run(self, command: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a command in the sandbox's environment; `env` adds to it. Output is captured as text by
        default.
        """
        more: Mapping[str, str] = options.pop("env", {})
        settings: dict[str, Any] = {"text": True, "capture_output": True, "check": False, **options}
        result: subprocess.CompletedProcess[str] = subprocess.run(list(command), env={**self.env, **more}, **settings)
        return result

    def boto(self, service: str, account: str = "deployer", *, key: tuple[str, str] | None = None) -> Any:
        """A boto3 client: of a user (deployer, conductorone, cado, stranger), or of an account's root by
        its number.
        """
        if key is None:
            key = (account, "root") if account.isdigit() else self.runtime.access_keys[account]
        return client(service, self.endpoint, key)

    def eks_connector(self, **wanted: Any) -> dict[str, Any]:
        """Make something happen to registered clusters; see `sandbox.aws.connected_clusters`."""
        answer = urllib3.request("POST", f"{self.endpoint}{CONTROL_PATH}", json=wanted)
        body: dict[str, Any] = answer.json()
        if answer.status != 200:
            raise ValueError(body["message"])
        return body

    def mint_token(self, *, audience: str, subject: str, issuer: str = GOOGLE, **more: Any) -> str:
        providers = IdentityProviders(self.state.providers)
        return providers.mint(issuer=issuer, audience=audience, subject=subject, **more)

    def mode(self, cluster: str) -> str:
        """The authentication mode that a cluster has now."""
        described = self.boto("eks").describe_cluster(name=cluster)["cluster"]
        return str(described["accessConfig"]["authenticationMode"])

    def stop(self) -> list[str]:
        left = stop(self.state)
        if self._supervisor is not None:
            self._supervisor.wait(STOP_SECONDS)
        return left

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def stop(state: State) -> list[str]:
    """End the sandbox of this folder and all its processes; the names of those that had to be ended one by
    one.
    """
    runtime = state.read()
    if runtime is None:
        return home.reap(state.pulumi_home)
    supervisor = runtime.supervisor.process()
    if supervisor is not None:
        supervisor.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while runtime.supervisor.alive and time.monotonic() < deadline:
            time.sleep(FOLLOW_SECONDS)
    left = kill([runtime.supervisor, *runtime.processes])
    state.forget()
    return left + home.reap(state.pulumi_home)


def _up_command(
    state: State,
    clusters: Sequence[ClusterSpec],
    workload: bool,
    entry_seconds: float | None,
    ends_with_caller: bool,
) -> list[str]:
    return [
        *(sys.executable, "-m", "sandbox", "up", "--state", str(state.folder)),
        *(part for one in clusters for part in ("--cluster", str(one))),
        *(() if workload else ("--no-workload",)),
        *(() if entry_seconds is None else ("--entry-seconds", str(entry_seconds))),
        *(("--ends-with-caller",) if ends_with_caller else ()),
    ]


def _launch(state: State, command: list[str], progress: Progress) -> "subprocess.Popen[bytes]":
    """Start a supervisor in the background and follow it until it is ready."""
    state.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = [str(checkout()), str(checkout() / "components"), os.environ.get("PYTHONPATH", "")]
    with state.supervisor_log.open("wb") as output:
        supervisor = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,
        )
    try:
        _follow(state, supervisor, progress)
    except BaseException:
        supervisor.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            supervisor.wait(STOP_SECONDS)
        raise
    return supervisor


def _follow(state: State, supervisor: "subprocess.Popen[bytes]", progress: Progress) -> None:
    deadline = time.monotonic() + START_SECONDS
    log = state.supervisor_log
    with log.open(errors="replace") as lines:
        while True:
            ended = supervisor.poll() is not None
            for line in lines:
                progress(Event(line.rstrip()))
            runtime = state.read()
            if runtime is not None and runtime.pid == supervisor.pid and runtime.status == "ready":
                return
            if ended:
                raise StartError(log.read_text(errors="replace").strip())
            if time.monotonic() > deadline:
                raise StartError(f"not ready in {START_SECONDS} s; see {log}")
            time.sleep(FOLLOW_SECONDS)
