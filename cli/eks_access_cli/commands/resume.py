"""`eks-access resume`."""

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click

from .. import exit_codes
from ..options import cwd_option
from ..output import print_message
from . import Command


@click.command("resume", cls=Command, error_code=exit_codes.FAILED)
@click.option("--stack", required=True, metavar="NAME", help="The stack whose deployment was interrupted.")
@cwd_option
@click.option(
    "--unlock", is_flag=True, help="Remove the lock that the killed run left. Make sure that no run is under way."
)
def command(stack: str, cwd: Path, unlock: bool) -> None:
    """Recover a stack after `pulumi up` or `destroy` was killed; then run that again.

    Every creation that the killed run had started is looked up: what exists is adopted into the state, the rest is
    dropped from it. Nothing is created, changed or deleted.

    \b
    Examples:
      eks-access resume --stack prod --unlock && pulumi up --stack prod

    \b
    Exit codes:
      0  the stack is ready
      1  `pulumi` failed, or a resource's id does not follow from its inputs: then nothing was changed
      2  bad usage
    """
    from eks_access.stack.recovery import adopt_pending_creates, find_pending_creates

    from ..pulumi_program import PulumiStack, find_backend

    program = PulumiStack(stack, cwd)
    if unlock:
        _remove_torn_attributes(find_backend(cwd), stack)
        program.cancel()
        print_message(f"stack {stack}: it is not locked now")
    state = program.export_state()
    pending = find_pending_creates(state)
    outside = [create for create in pending if not create.is_state_only]
    unidentified = [create for create in outside if create.id is None]
    for create in unidentified:
        print_message(
            f"the id of {create.urn} is unknown: find out whether it exists, then run `pulumi refresh` by hand",
            err=True,
        )
    if unidentified:
        raise click.exceptions.Exit(exit_codes.FAILED)
    if not pending:
        print_message(f"stack {stack}: no creation is pending")
        return
    program.import_state(adopt_pending_creates(state))
    program.refresh()
    existing = {resource["urn"] for resource in program.export_state()["deployment"].get("resources", [])}
    for create in outside:
        result = "exists, and is in the state now" if create.urn in existing else "was not created"
        print_message(f"{create.urn.rsplit('$', 1)[-1]}: {result}")


def _remove_torn_attributes(backend: str, stack: str) -> None:
    """Makes a checkpoint in a folder (the `file://` backend) readable again.

    The folder has a `.attrs` file beside each checkpoint. The checkpoint is replaced in one step, its attributes are
    not (gocloud.dev, blob/fileblob/attrs.go): a run that is killed in between leaves them empty, and the engine then
    fails with "failed to load checkpoint: EOF". It does without them if there are none, and writes new ones.
    """
    if not backend.startswith("file://"):
        return
    folder = Path(unquote(urlsplit(backend).path)) / ".pulumi" / "stacks"
    for attributes in folder.glob(f"**/{stack.rsplit('/', 1)[-1]}.json*.attrs"):
        try:
            json.loads(attributes.read_bytes())
        except ValueError:
            attributes.unlink(missing_ok=True)
