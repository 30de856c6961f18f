"""Taking up a deployment that was killed in the middle.

The engine notes each operation before it starts and after it ends. What was begun and not ended is *pending*: it may
exist or not. On the next `pulumi up` an AWS role or entry that does exist is refused as a duplicate, and after a
`destroy` it would be left behind. Each of this package's resources has an id that follows from its inputs, so that
pending ones can be looked up, and taken into the state where they exist, without asking anyone.
"""

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click

from eks_access.errors import EksAccessError

Inputs = Mapping[str, Any]

_IDS: Mapping[str, Callable[[Inputs], str]] = {
    "aws:iam/role:Role": lambda of: of["name"],
    "aws:iam/rolePolicy:RolePolicy": lambda of: f"{of['role']}:{of['name']}",
    "aws:eks/accessEntry:AccessEntry": lambda of: f"{of['clusterName']}:{of['principalArn']}",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": lambda of: (
        f"{of['clusterName']}#{of['principalArn']}#{of['policyArn']}"
    ),
    "eks-access:index:AwsAuthMapping": lambda of: f"{of['clusterName']}/{of['roleArn']}",
    "eks-access:index:ConnectorRegistration": lambda of: f"{of['region']}/{of['name']}",
}
"""How the id of a resource follows from its inputs; the providers' documented import ids."""

_ENGINE_ONLY = ("pulumi:providers:", "eks-access:index:")
"""Types that exist nowhere but in the state (those of `_IDS` excepted): begun or not, nothing is left of them."""

_SECONDS = 900


@dataclass(frozen=True)
class PendingCreate:
    """A resource whose creation was begun; `id` is what it has if it was made, None where that cannot be told."""

    urn: str
    type: str
    id: str | None

    @property
    def is_engine_only(self) -> bool:
        return self.type not in _IDS and self.type.startswith(_ENGINE_ONLY)


class ResumeError(EksAccessError, click.ClickException):
    """The engine's command failed; the message is its own."""


def pending_creates(state: Mapping[str, Any]) -> list[PendingCreate]:
    """The creations that a stack's exported state holds as begun and not ended."""
    operations = (state.get("deployment") or {}).get("pending_operations") or []
    return [_pending(operation["resource"]) for operation in operations if operation["type"] == "creating"]


def _pending(resource: Mapping[str, Any]) -> PendingCreate:
    return PendingCreate(resource["urn"], resource["type"], _id(resource["type"], resource.get("inputs") or {}))


def _id(kind: str, inputs: Inputs) -> str | None:
    if kind.startswith("kubernetes:"):
        metadata = inputs.get("metadata") or {}
        name, namespace = metadata.get("name"), metadata.get("namespace")
        return f"{namespace}/{name}" if name and namespace else name
    try:
        return _IDS[kind](inputs)
    except KeyError:
        return None


def with_creates_taken_in(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state in which begun creations count as done, so that a refresh keeps those that exist and drops the rest.

    (`pulumi refresh --import-pending-creates` is meant for this, but only clears them: engine 3.190.)
    """
    deployment = state["deployment"]
    ids = {create.urn: create.id for create in pending_creates(state) if not create.is_engine_only}
    begun = [operation for operation in deployment["pending_operations"] if operation["type"] == "creating"]
    others = [operation for operation in deployment["pending_operations"] if operation["type"] != "creating"]
    taken = [
        {**operation["resource"], "id": ids[operation["resource"]["urn"]], "outputs": operation["resource"]["inputs"]}
        for operation in begun
        if operation["resource"]["urn"] in ids
    ]
    resources = [*deployment.get("resources", []), *taken]
    return {**state, "deployment": {**deployment, "resources": resources, "pending_operations": others}}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--stack", required=True, metavar="NAME", help="The stack whose deployment was interrupted.")
@click.option(
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The Pulumi project's folder. [default: this one]",
)
@click.option(
    "--unlock", is_flag=True, help="Take away the lock that the killed run left. Be sure that none is running."
)
def resume(stack: str, cwd: Path, unlock: bool) -> None:
    """Make a stack ready again after `pulumi up` or `destroy` was killed; then run it again.

    What the killed run had begun is looked up: what exists is taken into the state, what does not is forgotten.
    Nothing is created, changed or deleted.

    \b
    Examples:
      eks-access resume --stack prod --unlock && pulumi up --stack prod
    """
    if unlock:
        _remove_torn_attributes(cwd, stack)
        _pulumi(cwd, "cancel", "--yes", "--stack", stack)
    state = json.loads(_pulumi(cwd, "stack", "export", "--stack", stack))
    pending = pending_creates(state)
    outside = [create for create in pending if not create.is_engine_only]
    untold = [create for create in outside if create.id is None]
    for create in untold:
        click.echo(f"cannot tell the id of {create.urn}: look for it, then run `pulumi refresh` by hand", err=True)
    if untold:
        raise click.exceptions.Exit(1)
    if not pending:
        click.echo(f"stack {stack}: nothing was left half made")
        return
    _pulumi(cwd, "stack", "import", "--stack", stack, stdin=json.dumps(with_creates_taken_in(state)))
    _pulumi(cwd, "refresh", "--yes", "--skip-preview", "--stack", stack)
    left = json.loads(_pulumi(cwd, "stack", "export", "--stack", stack))
    made = {resource["urn"] for resource in left["deployment"].get("resources", [])}
    for create in outside:
        found = "exists, and is in the state now" if create.urn in made else "was not made"
        click.echo(f"{create.urn.rsplit('$', 1)[-1]}: {found}")


def _remove_torn_attributes(cwd: Path, stack: str) -> None:
    """Make a checkpoint in a folder (the `file://` backend) readable again.

    The folder holds a `.attrs` file beside each checkpoint. The checkpoint is replaced in one step, its attributes are
    not (gocloud.dev, blob/fileblob/attrs.go): a run that is killed between leaves them empty, and the engine then says
    "failed to load checkpoint: EOF". It does without them where there are none, and writes them anew.
    """
    backend = json.loads(_pulumi(cwd, "whoami", "--json"))["url"]
    if not backend.startswith("file://"):
        return
    folder = Path(unquote(urlsplit(backend).path)) / ".pulumi" / "stacks"
    for attributes in folder.glob(f"**/{stack.rsplit('/', 1)[-1]}.json*.attrs"):
        try:
            json.loads(attributes.read_bytes())
        except ValueError:
            attributes.unlink(missing_ok=True)


def _pulumi(cwd: Path, *arguments: str, stdin: str = "") -> str:
    command = ["pulumi", *arguments, "--non-interactive", "--color=never"]
    try:
        done = subprocess.run(
            command, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as cause:
        raise ResumeError("the command `pulumi` is not on the PATH; install it") from cause
    if done.returncode == 0:
        return done.stdout
    hint = ""
    if "currently locked" in done.stderr or "failed to load checkpoint" in done.stderr:
        hint = "\nIf that run was killed and none is under way, add --unlock."
    raise ResumeError(f"pulumi {arguments[0]} failed:\n{done.stderr.strip() or done.stdout.strip()}{hint}")
