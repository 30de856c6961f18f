"""The state folder of one sandbox: where everything is, whether it runs, and what it consists of.

lock            held by the supervisor for as long as it lives
runtime.json    what runs: processes, ports, clusters
logs/           a file per process
pki/ idp/       the certificate authority, the identity providers' keys
clusters/NAME/  kubeconfig, etcd's data and the authenticator's files of a cluster
aws/            AWS config and credentials files, identities.yaml is beside it
pulumi/         the file backend; pulumi-home/ is PULUMI_HOME
"""

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .processes import ProcessRecord

VARIABLE = "EKS_ACCESS_SANDBOX"
DEFAULT_FOLDER = ".sandbox"
DYING_SECONDS = 20
KEPT = ("lock", "supervisor.log", "pulumi-home")
"""What outlives a restart. Pulumi's stacks do not: they describe an AWS that is gone."""


class AlreadyRunningError(RuntimeError):
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"a sandbox is running in {folder}")


@dataclass(frozen=True)
class ClusterRecord:
    name: str
    mode: str
    """When it started; DescribeCluster has the present one."""
    endpoint: str
    nodes: bool


@dataclass
class Runtime:
    pid: int
    created: float
    status: str = "starting"
    """starting, ready or failed"""
    started_at: float = 0.0
    message: str = ""
    endpoint: str = ""
    bin_dir: str = ""
    access_keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Account name to the access key of its user. Of no use anywhere else."""
    processes: list[ProcessRecord] = field(default_factory=list)
    clusters: list[ClusterRecord] = field(default_factory=list)

    @property
    def supervisor(self) -> ProcessRecord:
        return ProcessRecord("supervisor", self.pid, self.created)


@dataclass(frozen=True)
class State:
    folder: Path

    @classmethod
    def at(cls, folder: str | Path | None = None) -> "State":
        """The folder that was asked for, by option or EKS_ACCESS_SANDBOX; else `.sandbox` in the checkout."""
        chosen = folder or os.environ.get(VARIABLE) or checkout() / DEFAULT_FOLDER
        return cls(Path(chosen).expanduser().resolve())

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def supervisor_log(self) -> Path:
        """The output of a supervisor in the background. Beside the other logs: it is opened before they are
        cleared.
        """
        return self.folder / "supervisor.log"

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def providers(self) -> Path:
        return self.folder / "idp"

    @property
    def saml_providers(self) -> Path:
        return self.providers / "saml"

    @property
    def aws(self) -> Path:
        return self.folder / "aws"

    @property
    def identities(self) -> Path:
        return self.folder / "identities.yaml"

    @property
    def canaries(self) -> Path:
        return self.folder / "canaries.json"

    @property
    def pulumi_home(self) -> Path:
        return self.folder / "pulumi-home"

    @property
    def pulumi_backend(self) -> Path:
        return self.folder / "pulumi"

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def cluster(self, name: str) -> Path:
        return self.folder / "clusters" / name

    def kubeconfig(self, cluster: str) -> Path:
        return self.cluster(cluster) / "kubeconfig.yaml"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Be the one supervisor of this folder.

        Raises:
            AlreadyRunningError: another one is.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as held:
                raise AlreadyRunningError(self.folder) from held
            yield

    def is_supervised(self) -> bool:
        """Whether a supervisor lives. The lock goes with its process, however that ends.

        A killed one is a zombie while its last threads end, and has the lock until they have: that is waited for.
        """
        deadline = time.monotonic() + DYING_SECONDS
        while self._is_locked():
            runtime = self.read()
            # Without a record, the one who has the lock is starting.
            if runtime is None or runtime.supervisor.alive or time.monotonic() > deadline:
                return True
            time.sleep(0.02)
        return False

    def _is_locked(self) -> bool:
        if not (self.folder / "lock").exists():
            return False
        try:
            with self.locked():
                return False
        except AlreadyRunningError:
            return True

    def clear(self) -> None:
        """Throw away what an earlier sandbox left here."""
        for path in self.folder.iterdir():
            if path.name in KEPT:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        for folder in (self.logs, self.aws, self.bin, self.pulumi_home, self.pulumi_backend):
            folder.mkdir(mode=0o700, exist_ok=True)

    def write(self, runtime: Runtime) -> None:
        draft = self.folder / "runtime.json.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(runtime), indent=1))
        draft.replace(self.folder / "runtime.json")

    def read(self) -> Runtime | None:
        try:
            value = json.loads((self.folder / "runtime.json").read_text())
        except FileNotFoundError:
            return None
        value["processes"] = [ProcessRecord(**record) for record in value["processes"]]
        value["clusters"] = [ClusterRecord(**record) for record in value["clusters"]]
        value["access_keys"] = {name: tuple(pair) for name, pair in value["access_keys"].items()}
        return Runtime(**value)

    def forget(self) -> None:
        (self.folder / "runtime.json").unlink(missing_ok=True)


def checkout() -> Path:
    return Path(__file__).resolve().parent.parent
