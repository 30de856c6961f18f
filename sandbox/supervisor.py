"""The one process that owns all others of a sandbox: starts them, watches them, ends them."""

import contextlib
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType

from .aws import accounts
from .aws.identity_provider import FORGED, GOOGLE, SERVICE_ACCOUNTS, IdentityProviders
from .aws.ministack_client import MiniStack, client
from .aws.people import CORPORATE, IDENTITY_CENTER
from .aws.process import NAME as AWS
from .aws.process import AwsProcess
from .aws.saml_provider import SamlProviders
from .cluster import bring_up, workload
from .cluster.bring_up import Deadline
from .cluster.certificates import CertificateAuthority
from .cluster.control_plane import Command, ControlPlane, Ports
from .clusters import ClusterSpec
from .environment import write_identities
from .plugins import home
from .ports import Leases
from .processes import Children, Exited, base_environment, kill, record_of
from .programs import build
from .progress import Event, Progress
from .state import ClusterRecord, Runtime, State

START_SECONDS, SECONDS_FOR_EACH_CLUSTER = 120, 20
REAP_SECONDS = 10.0


@dataclass(frozen=True)
class Options:
    clusters: tuple[ClusterSpec, ...]
    workload: bool = True
    entry_seconds: float = 0.7
    """EKS documents "several seconds"; long enough here to fail a client that does not wait."""
    update_seconds: float = 1.5


class SandboxFailedError(RuntimeError):
    """It could not start, or a part of it ended; the message names it, with the end of its log."""


class Stop:
    """Somebody asked for it to end."""


@dataclass(frozen=True)
class Then:
    """To be done by the main thread, which alone may start processes."""

    action: Callable[[], None]


def run(state: State, options: Options, progress: Progress) -> None:
    """Run as the supervisor of this folder until it is stopped.

    Raises:
        AlreadyRunningError: there is one.
        SandboxFailedError: it could not start, or a part of it ended.
    """
    with state.locked():
        leftover = state.read()
        if leftover is not None:
            kill(leftover.processes)
            state.forget()
        home.reap(state.pulumi_home)
        found = build.ensure(progress)  # may take minutes, and ends on Ctrl-C by itself
        state.clear()
        Supervisor(state, options, found, progress).run()


class Supervisor:
    def __init__(self, state: State, options: Options, found: build.Programs, progress: Progress) -> None:
        self._state = state
        self._options = options
        self._programs = found
        self._tell = progress
        self._started = time.monotonic()
        self._deadline = Deadline(START_SECONDS + SECONDS_FOR_EACH_CLUSTER * len(options.clusters))
        self._events: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._children = Children(state.logs, self._events)
        self._leases = Leases()
        self._pending = {AWS, *(spec.name for spec in options.clusters)}
        own = record_of("supervisor", os.getpid())
        self._runtime = Runtime(own.pid, own.created, started_at=time.time())

    def run(self) -> None:
        self._state.write(self._runtime)
        pool = ThreadPoolExecutor(max_workers=4 + 2 * len(self._options.clusters))
        try:
            with self._signals():
                self._start(pool)
                while not isinstance(event := self._next(), Stop):
                    self._handle(event)
            self._say("stopping")
        except SandboxFailedError as failed:
            self._runtime.status, self._runtime.message = "failed", str(failed)
            raise
        finally:
            self._children.stop()
            home.reap(self._state.pulumi_home)
            self._deadline.expire()
            pool.shutdown(wait=False, cancel_futures=True)
            self._leases.release()
            if self._runtime.status == "failed":
                self._state.write(self._runtime)
            else:
                self._state.forget()

    def _start(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._runtime.bin_dir = str(self._programs.bin_dir)
        self._authority = CertificateAuthority(self._state.pki)
        providers = IdentityProviders(self._state.providers)
        providers.create(GOOGLE, SERVICE_ACCOUNTS, FORGED)
        SamlProviders(self._state.saml_providers).create(CORPORATE, IDENTITY_CENTER, FORGED)
        self._planes = [
            ControlPlane(spec, self._state.cluster(spec.name), Ports.lease(self._leases), self._programs)
            for spec in self._options.clusters
        ]
        self._canaries = workload.make_canaries() if self._options.workload else {}
        self._state.canaries.write_text(workload.dump(self._canaries))
        self._aws = AwsProcess()
        self._runtime.endpoint = self._aws.endpoint
        self._aws.start(
            self._children,
            self._state,
            self._authority,
            self._planes,
            entry_seconds=self._options.entry_seconds,
            update_seconds=self._options.update_seconds,
        )
        for plane in self._planes:
            plane.prepare(self._authority, self._aws.inner_url, providers.key_file(SERVICE_ACCOUNTS))
            self._spawn(plane.store())
            self._spawn(plane.api_server())
            self._later(plane.spec.name, lambda plane=plane: self._await_api_server(plane))  # type: ignore[misc]
        self._later(AWS, self._fill_aws)
        write_identities(self._state, self._programs.kubectl)
        kubernetes = self._programs.pulumi_resource_kubernetes.parent
        for line in home.install(self._state.pulumi_home, kubernetes):
            self._say(line)

    def _fill_aws(self) -> None:
        saml = SamlProviders(self._state.saml_providers)
        keys = accounts.seed(MiniStack(self._aws.inner_url, accounts.CUSTOMER), saml)
        self._runtime.access_keys = keys
        accounts.write_profiles(self._state.aws, keys, accounts.sign_in(self._runtime.endpoint, saml))
        deployer = client("eks", self._runtime.endpoint, keys[accounts.DEPLOYER.profile])
        accounts.create_clusters(deployer, self._options.clusters)
        self._ready(AWS, "AWS is ready: accounts, users, clusters")

    def _await_api_server(self, plane: ControlPlane) -> None:
        bring_up.await_api_server(plane, self._deadline)
        self._say(f"{plane.spec.name}: API server is ready")
        self._events.put(Then(lambda: self._complete(plane)))

    def _complete(self, plane: ControlPlane) -> None:
        self._spawn(plane.authenticator(self._aws.proxy_url, self._authority.path))
        for command in plane.with_nodes(self._authority.path):
            self._spawn(command)
        self._later(plane.spec.name, lambda: self._fill_cluster(plane))

    def _fill_cluster(self, plane: ControlPlane) -> None:
        manifests = workload.objects(self._canaries) if self._options.workload else []
        bring_up.fill(plane, manifests, self._deadline)
        bring_up.until(lambda: AWS not in self._pending, "AWS", self._deadline)
        key = self._runtime.access_keys[accounts.DEPLOYER.profile]
        bring_up.await_creator(plane, self._authority.path, key, self._deadline)
        self._ready(plane.spec.name, f"{plane.spec.name}: ready ({plane.spec.mode}) at {plane.endpoint}")

    def _spawn(self, command: Command) -> None:
        self._children.start(
            command.name,
            command.arguments,
            environment=base_environment() | command.environment,
            port=command.port,
        )

    def _later(self, part: str, work: Callable[[], None]) -> None:
        """Do it in a thread; what goes wrong there ends the start."""

        def guarded() -> None:
            try:
                work()
            except Exception as cause:
                text = f"{part}: {cause}"
                self._events.put(Then(lambda: self._fail(text)))

        self._pool.submit(guarded)

    def _ready(self, part: str, text: str) -> None:
        self._say(text)
        self._events.put(Then(lambda: self._mark_ready(part)))

    def _mark_ready(self, part: str) -> None:
        self._pending.discard(part)
        self._runtime.processes = list(self._children.records)
        self._runtime.clusters = [
            ClusterRecord(plane.spec.name, plane.spec.mode, plane.endpoint, plane.spec.nodes) for plane in self._planes
        ]
        if not self._pending:
            self._runtime.status = "ready"
            self._say(f"the sandbox is ready: {self._runtime.endpoint}")
        self._state.write(self._runtime)

    def _next(self) -> object:
        """The next event. While there is none, plugins that a killed engine left behind are ended."""
        while True:
            try:
                return self._events.get(timeout=REAP_SECONDS)
            except queue.Empty:
                home.reap(self._state.pulumi_home)

    def _handle(self, event: object) -> None:
        if isinstance(event, Then):
            event.action()
        elif isinstance(event, Exited):
            how = f"signal {-event.code}" if event.code < 0 else f"exit code {event.code}"
            self._fail(
                f"{event.name} ended ({how}). The end of {self._children.log(event.name)}:\n"
                f"{self._children.tail(event.name)}"
            )

    def _fail(self, text: str) -> None:
        raise SandboxFailedError(text)

    def _say(self, text: str) -> None:
        self._tell(Event(f"[{time.monotonic() - self._started:5.1f} s] {text}"))

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self._events.put(Stop())

        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
