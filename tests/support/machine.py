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
    for name in $(cat "{yields}/$(basename "$PWD")"); do
        printf '#!/bin/sh\\necho built %s\\n' "$name" > "$2$name" && chmod +x "$2$name"
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
        yields, modules = self.root / "yields", self.root / "modules"
        yields.mkdir(exist_ok=True)
        for tool in TOOLS:
            back = {new: old for old, new in tool.renames}
            if tool.builds:
                (yields / tool.folder).write_text(" ".join(back.get(name, name) for name in tool.makes))
            for copy in tool.copies:
                (modules / copy.source).parent.mkdir(parents=True, exist_ok=True)
                (modules / copy.source).write_text(f"copied {copy.name}")
        script = FAKE_GO.format(
            calls=self.root / "calls",
            version=version,
            modules=modules,
            yields=yields,
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

    def ensure(self, **environ: str) -> Programs:
        return ensure(self.events.append, environ={**self.environ, **environ}, sources=self.sources)
