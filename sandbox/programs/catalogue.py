"""Which programs the sandbox needs, in which versions, and which Go module builds each of them.

Pure data. The modules are in `sandbox/programs/tools/<folder>/`, with go.mod and go.sum committed; their versions are
the ones that a build yields, the `fits` ranges what is taken from the machine instead.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet

SOURCES = Path(__file__).parent / "tools"
KUBERNETES_PLUGIN_VERSION = "4.24.1"
"""The version that the built plugin says it is. Its module is to be had at a commit between 4.24.1 and 4.25.0.

The SDK in the lock is of the same version: the engine warns of a plugin that is older than its SDK.
"""
ANY_VERSION = SpecifierSet("")


@dataclass(frozen=True)
class Program:
    name: str
    tool: str
    """The tool that builds it, by its name in TOOLS."""
    fits: SpecifierSet = ANY_VERSION
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
    plugin: str | None = None
    """The package of the provider plugin that it is: looked for in the user's Pulumi home, by `version`."""
    version: str | None = None
    """The version that it says it is, if not that of a module."""


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
    """What is built together and kept in one folder of the cache."""

    name: str
    module: str
    """The Go module that it is named and versioned after."""
    folder: str
    """The folder under `sandbox/programs/tools/`."""
    yields: tuple[str, ...]
    """The programs and files that it must leave behind."""
    packages: tuple[str, ...] = ()
    """The Go packages of its programs. Those of this repository begin with a dot."""
    variables: tuple[tuple[str, str], ...] = ()
    """Go variables to set, as a released build does. An empty value is the tool's version."""
    renames: tuple[tuple[str, str], ...] = ()
    copies: tuple[Copy, ...] = ()
    copies_from: str = ""
    """The module that `copies` are taken from, if not the tool's own."""
    on_path: bool = True
    """Whether what it yields belongs into the folder with all programs."""
    optional: bool = False
    """Whether it is built only where it is asked for: a language host that the sandbox itself does not need."""

    @property
    def makes(self) -> tuple[str, ...]:
        """What to call the outcome in a message: its programs, or its own name."""
        copied = {copy.name for copy in self.copies}
        return tuple(name for name in self.yields if name not in copied) or (self.name,)

    def version(self, sources: Path = SOURCES) -> str:
        return required_version(sources / self.folder, self.module)

    def link_flags(self, sources: Path = SOURCES) -> tuple[str, ...]:
        return tuple(f"-X {name}={value or self.version(sources)}" for name, value in self.variables)

    def decisive(self, sources: Path = SOURCES) -> tuple[str, ...]:
        """What else than go.mod and go.sum decides what this tool leaves behind."""
        own = [sources / self.folder / package for package in self.packages if package.startswith(".")]
        code = [file.read_text() for folder in own for file in sorted(folder.glob("*.go"))]
        what = (self.packages, self.renames, self.copies, self.copies_from)
        return (*BUILD_FLAGS, *self.link_flags(sources), *map(repr, what), *code)


BUILD_FLAGS = (
    "-trimpath",
    "-buildvcs=false",
    # The plugin for Kubernetes has all kinds of Kubernetes as Go types, which it hardly runs: half of the time to
    # compile them is their optimization.
    "-gcflags=github.com/pulumi/pulumi-kubernetes/sdk/...=-N -l -dwarf=false",
)
LINK_FLAGS = ("-s", "-w")


def required_version(module_folder: Path, module: str) -> str:
    """The version of `module` that a go.mod file requires."""
    text = (module_folder / "go.mod").read_text()
    required = re.search(rf"^\s*(?:require\s+)?{re.escape(module)}\s+(v\S+)", text, re.MULTILINE)
    if required is None:
        raise LookupError(f"{module_folder / 'go.mod'} does not require {module}")
    return required.group(1)


STAGES = {
    "node-initialize.yaml": "node/fast",
    "node-heartbeat-with-lease.yaml": "node/heartbeat-with-lease",
    "pod-ready.yaml": "pod/fast",
    "pod-complete.yaml": "pod/fast",
    "pod-delete.yaml": "pod/fast",
}

_ENGINE = "github.com/pulumi/pulumi/pkg/v3"
_SDK = "github.com/pulumi/pulumi/sdk/v3"

# As few modules as there can be, so that what programs share is compiled once: the libraries of Kubernetes, which are
# most of the work, serve five tools. Neither the plugin for Kubernetes nor the host for YAML compiles with the engine's
# version of Pulumi.
TOOLS = (
    Tool(
        "pulumi",
        module=_ENGINE,
        folder="pulumi",
        packages=(f"{_ENGINE}/cmd/pulumi", "./pulumi-language-python"),
        yields=("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python"),
        # Without it `pulumi version` prints nothing, which the Automation API refuses.
        variables=((f"{_SDK}/go/common/version.Version", ""),),
        copies=(
            Copy("python/cmd/pulumi-language-python-exec", executable=True),
            Copy("python/dist/pulumi-resource-pulumi-python", executable=True),
        ),
        copies_from=_SDK,
    ),
    # Of later versions the hosts are Go modules of their own, which cannot be had. These need the SDK of their version.
    Tool(
        "language-python",
        module=_SDK,
        folder="hosts",
        packages=(f"{_SDK}/python/cmd/pulumi-language-python",),
        yields=("pulumi-language-python-host",),
        renames=(("pulumi-language-python", "pulumi-language-python-host"),),
    ),
    Tool(
        "language-nodejs",
        module=_SDK,
        folder="hosts",
        packages=(f"{_SDK}/nodejs/cmd/pulumi-language-nodejs",),
        yields=("pulumi-language-nodejs",),
        optional=True,
    ),
    Tool(
        "language-yaml",
        module="github.com/pulumi/pulumi-yaml",
        folder="yaml",
        packages=("github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",),
        yields=("pulumi-language-yaml",),
        variables=(("github.com/pulumi/pulumi-yaml/pkg/version.Version", ""),),
        optional=True,
    ),
    Tool(
        "plugin-kubernetes",
        module="github.com/pulumi/pulumi-kubernetes/provider/v4",
        folder="kubernetes",
        packages=("./pulumi-resource-kubernetes",),
        yields=("pulumi-resource-kubernetes", "schema.json", "terraform-mapping.json"),
        variables=(("main.version", KUBERNETES_PLUGIN_VERSION),),
        copies=(
            Copy("cmd/pulumi-resource-kubernetes/schema.json"),
            Copy("cmd/pulumi-resource-kubernetes/terraform-mapping.json"),
        ),
        # The engine warns of plugins that it finds on the PATH.
        on_path=False,
    ),
    Tool(
        "authenticator",
        module="sigs.k8s.io/aws-iam-authenticator",
        folder="authenticator",
        packages=("sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator",),
        yields=("aws-iam-authenticator",),
        variables=(("sigs.k8s.io/aws-iam-authenticator/pkg.Version", ""),),
    ),
    Tool(
        "kubernetes",
        module="k8s.io/kubernetes",
        folder="kubernetes",
        packages=(
            "go.etcd.io/etcd/server/v3",
            "k8s.io/kubernetes/cmd/kube-apiserver",
            "k8s.io/kubernetes/cmd/kube-controller-manager",
            "k8s.io/kubernetes/cmd/kube-scheduler",
            "k8s.io/kubernetes/cmd/kubectl",
        ),
        yields=("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"),
        # Without them /version is v0.0.0-master.
        variables=(("k8s.io/component-base/version.gitVersion", ""), ("k8s.io/client-go/pkg/version.gitVersion", "")),
        # go names a program after its package: go.etcd.io/etcd/server.
        renames=(("server", "etcd"),),
    ),
    Tool(
        "kwok",
        module="sigs.k8s.io/kwok",
        folder="kwok",
        packages=("sigs.k8s.io/kwok/cmd/kwok",),
        yields=("kwok",),
    ),
    Tool(
        "kwok-stages",
        module="sigs.k8s.io/kwok",
        folder="kwok",
        yields=tuple(STAGES),
        copies=tuple(Copy(f"kustomize/stage/{folder}/{name}") for name, folder in STAGES.items()),
        on_path=False,
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
        # From 3.208 on it has the resource option replacementTrigger, and starts policy packs by the language host.
        # https://github.com/pulumi/pulumi/pull/20936
        fits=SpecifierSet(">=3.208,<4"),
        ask=("version",),
        beside=("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python"),
    ),
    Program("pulumi-language-python", tool="pulumi", module=_SDK, comes_with="pulumi"),
    Program("pulumi-language-python-host", tool="language-python", comes_with="pulumi"),
    Program("pulumi-language-nodejs", tool="language-nodejs", comes_with="pulumi"),
    Program("pulumi-language-yaml", tool="language-yaml", comes_with="pulumi"),
    Program(
        "pulumi-resource-kubernetes",
        tool="plugin-kubernetes",
        plugin="kubernetes",
        version=KUBERNETES_PLUGIN_VERSION,
    ),
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
