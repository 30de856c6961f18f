"""The real authenticator as the oracle: its own parser, called from a small Go program.

Two releases are built: v0.7.10, whose parsing is that of the newest sources (the corpus was created with those), and
v0.6.13, which the sandbox runs. They are cached with the sandbox's programs.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eks_access.aws_auth.reader import Identity, Reading
from sandbox.programs.cache import cache_root, key, locked
from sandbox.programs.toolchain import find_go
from sandbox.progress import silent

HERE = Path(__file__).parent
NEWEST = "v0.7.10"
SANDBOX = "v0.6.13"
FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags", "-s -w")

Data = Mapping[str, str]


@dataclass(frozen=True)
class Oracle:
    """The authenticator's parser of one release, as a program."""

    release: str
    program: Path

    def read(self, batch: Sequence[Data]) -> list[Reading]:
        """The authenticator's reading of each `data`; `errors` has its own error message, if there is one."""
        answers = subprocess.run(
            [self.program], input=json.dumps(list(batch)).encode(), capture_output=True, check=True, timeout=120
        )
        return [
            Reading(
                {arn: _identity(mapping) for arn, mapping in answer["roles"].items()},
                {arn: _identity(mapping) for arn, mapping in answer["users"].items()},
                frozenset(answer["accounts"]),
                (answer["error"],) if answer["error"] else (),
            )
            for answer in json.loads(answers.stdout)
        ]


def _identity(mapping: Mapping[str, object]) -> Identity:
    groups = mapping["groups"]
    assert isinstance(groups, list)
    return Identity(str(mapping["username"]), tuple(groups))


def build(release: str) -> Oracle:
    """The oracle of a release, built if it is not in the cache yet."""
    module, source = HERE / "releases" / release, HERE / "main.go"
    folder = cache_root(os.environ) / "aws-auth-oracle" / key(release, module, source.read_text(), *FLAGS)
    program = folder / "oracle"
    with locked(folder, "aws-auth oracle", silent):
        if not program.exists():
            go = find_go(os.environ, module=module, wanted_for=["the aws-auth oracle"])
            with tempfile.TemporaryDirectory(dir=folder) as draft:
                for file in (source, module / "go.mod", module / "go.sum"):
                    shutil.copy(file, draft)
                log = Path(draft, "build.log")
                out, what = Path(draft, "out"), f"the aws-auth oracle {release}"
                go.build(Path(draft), out, what=what, packages=["."], flags=FLAGS, log=log, progress=silent)
                Path(draft, "out", "authenticator").replace(program)
    return Oracle(release, program)
