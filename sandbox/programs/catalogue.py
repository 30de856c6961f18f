"""Which programs the sandbox needs, in which versions, and which Go module builds each of them.

Pure data. The modules are in `sandbox/programs/tools/<tool>/`, with go.mod and go.sum committed; their versions are
the ones that a build yields, the `fits` ranges what is taken from the machine instead.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet

SOURCES = Path(__file__).parent / "tools"


@dataclass(frozen=True)
class Program:
    name: str
    tool: str
    """The tool that builds it, by its name in TOOLS."""
    fits: SpecifierSet
    ask: tuple[str, ...] = ()
    """The arguments that make it print its version."""
    in_assets: bool = False
    """Whether envtest's folder, KUBEBUILDER_ASSETS, has it."""
    beside: tuple[str, ...] = ()
    """Files that belong to it and must lie in its folder."""
    module: str | None = None
    """The Go module that it is versioned after, if not its tool's."""
    comes_with: str | None = None
    """The program that it is part of: taken from where that one is taken."""


@dataclass(frozen=True)
class Copy:
    """A file or folder of a downloaded module, copied as it is."""

    source: str
    executable: bool = False

    @property
    def name(self) -> str:
        return self.source.rpartition("/")[2]


@dataclass(frozen=True)
class Tool:
    name: str
    module: str
    """The Go module that it is named and versioned after."""
    folder: str
    """The folder under `sandbox/programs/tools/`."""
    yields: tuple[str, ...]
    """The programs and files that it must leave behind."""
    set_version: tuple[str, ...] = ()
    """Go variables that carry the version into the programs, as a released build does."""
    builds: bool = True
    renames: tuple[tuple[str, str], ...] = ()
    copies: tuple[Copy, ...] = ()
    copies_from: tuple[str, str] = ("", "")
    """The folder under `sandbox/programs/tools/` and the module in it that `copies` are taken from."""

    @property
    def makes(self) -> tuple[str, ...]:
        """What to call the outcome in a message: its programs, or its own name."""
        copied = {copy.name for copy in self.copies}
        return tuple(name for name in self.yields if name not in copied) or (self.name,)

    def version(self, sources: Path = SOURCES) -> str:
        return required_version(sources / self.folder, self.module)

    def flags(self, sources: Path = SOURCES) -> tuple[str, ...]:
        version = self.version(sources)
        ldflags = " ".join(["-s -w", *(f"-X {variable}={version}" for variable in self.set_version)])
        return ("-trimpath", "-buildvcs=false", "-ldflags", ldflags)

    def decisive(self, sources: Path = SOURCES) -> tuple[str, ...]:
        """What else than go.mod and go.sum decides what this tool leaves behind."""
        parts = [*(self.flags(sources) if self.builds else ()), repr(self.renames), repr(self.copies)]
        if self.copies:
            folder, module = self.copies_from
            parts.append(f"{module}@{required_version(sources / folder, module)}")
        return tuple(parts)


def required_version(module_folder: Path, module: str) -> str:
    """The version of `module` that a go.mod file requires."""
    text = (module_folder / "go.mod").read_text()
    required = re.search(rf"^\s*(?:require\s+)?{re.escape(module)}\s+(v\S+)", text, re.MULTILINE)
    if required is None:
        raise LookupError(f"{module_folder / 'go.mod'} does not require {module}")
    return required.group(1)


PYTHON_HOST_FILES = (
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
    "pulumi-analyzer-policy-python",
)

STAGES = {
    "node-initialize.yaml": "node/fast",
    "node-heartbeat-with-lease.yaml": "node/heartbeat-with-lease",
    "pod-ready.yaml": "pod/fast",
    "pod-complete.yaml": "pod/fast",
    "pod-delete.yaml": "pod/fast",
}

TOOLS = (
    Tool(
        "pulumi",
        module="github.com/pulumi/pulumi/pkg/v3",
        folder="pulumi",
        yields=("pulumi",),
        # Without it `pulumi version` prints nothing, which the Automation API refuses.
        set_version=("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",),
    ),
    Tool(
        "language-python",
        module="github.com/pulumi/pulumi/sdk/v3",
        folder="language-python",
        yields=("pulumi-language-python", *PYTHON_HOST_FILES),
        # The host looks for its executor beside itself. They go with the engine's version, not the host's.
        copies=(
            Copy("python/cmd/pulumi-language-python-exec", executable=True),
            Copy("python/dist/pulumi-resource-pulumi-python", executable=True),
            Copy("python/dist/pulumi-analyzer-policy-python", executable=True),
        ),
        copies_from=("pulumi", "github.com/pulumi/pulumi/sdk/v3"),
    ),
    Tool(
        "authenticator",
        module="sigs.k8s.io/aws-iam-authenticator",
        folder="authenticator",
        yields=("aws-iam-authenticator",),
        set_version=("sigs.k8s.io/aws-iam-authenticator/pkg.Version",),
    ),
    Tool(
        "kubernetes",
        module="k8s.io/kubernetes",
        folder="kubernetes",
        yields=("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"),
        # Without them /version is v0.0.0-master.
        set_version=("k8s.io/component-base/version.gitVersion", "k8s.io/client-go/pkg/version.gitVersion"),
        # go names a program after its package: go.etcd.io/etcd/server.
        renames=(("server", "etcd"),),
    ),
    Tool("kwok", module="sigs.k8s.io/kwok", folder="kwok", yields=("kwok",)),
    Tool(
        "kwok-stages",
        module="sigs.k8s.io/kwok",
        folder="kwok",
        yields=tuple(STAGES),
        builds=False,
        copies=tuple(Copy(f"kustomize/stage/{folder}/{name}") for name, folder in STAGES.items()),
        copies_from=("kwok", "sigs.k8s.io/kwok"),
    ),
)

# A controller manager or scheduler may be older than its API server, never newer; kubectl is at most one
# minor off either way.
# https://kubernetes.io/releases/version-skew-policy/
_CONTROL_PLANE = SpecifierSet(">=1.35,<1.36")

PROGRAMS = (
    Program(
        "pulumi",
        tool="pulumi",
        fits=SpecifierSet(">=3.190,<4"),
        ask=("version",),
        beside=("pulumi-language-python", *PYTHON_HOST_FILES),
    ),
    Program("pulumi-language-python", tool="language-python", fits=SpecifierSet(""), comes_with="pulumi"),
    Program(
        "etcd",
        tool="kubernetes",
        fits=SpecifierSet(">=3.6,<3.7"),
        ask=("--version",),
        in_assets=True,
        module="go.etcd.io/etcd/server/v3",
    ),
    Program("kube-apiserver", tool="kubernetes", fits=_CONTROL_PLANE, ask=("--version",), in_assets=True),
    Program("kube-controller-manager", tool="kubernetes", fits=_CONTROL_PLANE, ask=("--version",)),
    Program("kube-scheduler", tool="kubernetes", fits=_CONTROL_PLANE, ask=("--version",)),
    Program(
        "kubectl",
        tool="kubernetes",
        fits=SpecifierSet(">=1.34,<1.37"),
        ask=("version", "--client"),
        in_assets=True,
    ),
    # 0.8.0 crashes at start: concurrent map writes.
    Program("kwok", tool="kwok", fits=SpecifierSet(">=0.7,<0.8"), ask=("--version",)),
    Program("aws-iam-authenticator", tool="authenticator", fits=SpecifierSet(">=0.6.13,<0.8"), ask=("version",)),
)
