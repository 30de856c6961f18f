"""A machine made up in a temporary folder: programs that only tell a version, and a pretended go command."""

from dataclasses import dataclass, field
from pathlib import Path

from sandbox.programs.build import Programs, ensure
from sandbox.programs.catalogue import SOURCES, TOOLS
from sandbox.progress import Event

FAKE_GO = """#!/bin/sh
echo "$(basename "$PWD") $*" >> "{calls}"
case "$1" in
version) echo "go version go{version} linux/amd64" ;;
env) ;;
mod) printf '{{"Dir": "%s"}}' "{modules}" ;;
build)
    echo "go: downloading example.com/module v1.0.0" >&2
    {before_build}
    while [ "$1" != -o ]; do shift; done
    out=$2 && shift 2 && mkdir -p "$out"
    for package in "$@"; do
        case $package in */v[0-9]) package=${{package%/*}} ;; esac
        name=$(basename "$package")
        printf '#!/bin/sh\\necho built %s\\n' "$name" > "$out$name" && chmod +x "$out$name"
    done ;;
esac
"""


@dataclass
class Machine:
    """Its PATH is one folder with the few programs that scripts need, and what a test adds."""

    root: Path
    sources: Path = SOURCES
    events: list[Event] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.root / "bin"

    @property
    def cache(self) -> Path:
        return self.root / "cache" / "eks-access" / "tools"

    @property
    def environ(self) -> dict[str, str]:
        path = f"{self.path}:{self.root / 'system'}"
        return {"PATH": path, "XDG_CACHE_HOME": str(self.root / "cache"), "HOME": str(self.root)}

    def program(self, name: str, says: str, *, folder: Path | None = None) -> Path:
        target = (folder or self.path) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\n")
        target.chmod(0o755)
        return target

    def go(self, version: str = "1.26.8", *, before_build: str = ":") -> None:
        modules = self.root / "modules"
        for copy in (copy for tool in TOOLS for copy in tool.copies):
            (modules / copy.source).parent.mkdir(parents=True, exist_ok=True)
            (modules / copy.source).write_text(f"copied {copy.name}")
        script = FAKE_GO.format(
            calls=self.root / "calls",
            version=version,
            modules=modules,
            before_build=before_build,
        )
        self.path.mkdir(exist_ok=True)
        (self.path / "go").write_text(script)
        (self.path / "go").chmod(0o755)

    def go_calls(self, verb: str) -> list[str]:
        """The folders in which go was called with this verb."""
        calls = self.root / "calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        return [folder for folder, called, *_ in map(str.split, lines) if called == verb]

    def built(self) -> list[str]:
        """The programs that go was called for, by their packages' names."""
        calls = self.root / "calls"
        lines = [line for line in calls.read_text().splitlines() if " build " in line] if calls.exists() else []
        packages = [package for line in lines for package in line.partition(" -o ")[2].split()[1:]]
        return [package.removesuffix("/v3").rpartition("/")[2] for package in packages]

    def ensure(self, *, languages: bool = False, **environ: str) -> Programs:
        return ensure(
            self.events.append, languages=languages, environ={**self.environ, **environ}, sources=self.sources
        )
