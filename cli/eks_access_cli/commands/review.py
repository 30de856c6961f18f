"""`eks-access review`."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from eks_access_policies.finding import Severity
from eks_access_policies.review import from_file
from eks_access_policies.review.change import Review
from eks_access_policies.review.difference import compare_sides
from eks_access_policies.review.from_file import ReadError
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, ReviewFormat, SarifFormat, TableFormat
from eks_access_policies.review.side import Side

from .. import previews
from ..console import console
from ..options import BadInputError
from ..previews import PreviewError

LEVELS = {level.name.lower(): level for level in Severity}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--base", metavar="FILE", help="How it is: a preview, an exported state or an access manifest.")
@click.option("--head", metavar="FILE", help="How it will be, likewise; - for the standard input.")
@click.option("--stack", metavar="NAME", help="Preview this Pulumi stack as the head, instead of --head.")
@click.option("--since", metavar="REVISION", help="With --stack: the base is the preview of this git revision.")
@click.option(
    "--cwd",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The Pulumi project's folder, for --stack. [default: this one]",
)
@click.option(
    "--python-path",
    multiple=True,
    metavar="FOLDER",
    help="With --stack: a folder of the project to import from, in either revision; repeatable.",
)
@click.option("--markdown", metavar="FILE", help="Write it for a pull request's comment; - for the standard output.")
@click.option("--sarif", metavar="FILE", help="Write it as SARIF 2.1.0, for code scanning.")
@click.option("--json", "json_file", metavar="FILE", help="Write it as JSON, every action and verb in full.")
@click.option("--title", default="Access review", show_default=True, help="The heading of the Markdown.")
@click.option(
    "--location",
    default="Pulumi.yaml",
    show_default=True,
    metavar="FILE",
    help="The file, from the repository's root, that SARIF's results stand at.",
)
@click.option("--category", default="eks-access-review", show_default=True, help="SARIF's: one for each stack.")
@click.option(
    "--fail-on",
    type=click.Choice([*LEVELS, "never"]),
    default="never",
    show_default=True,
    help="Exit with 1 where a gain is as grave as this, and with 3 where something could not be known.",
)
def review(
    *,
    base: str | None,
    head: str | None,
    stack: str | None,
    since: str | None,
    cwd: Path,
    python_path: tuple[str, ...],
    markdown: str | None,
    sarif: str | None,
    json_file: str | None,
    title: str,
    location: str,
    category: str,
    fail_on: str,
) -> None:
    """Say what a change lets whom do: in AWS, in each cluster, and who may become whom.

    Compares two states of a stack. Each is what `pulumi preview --json --show-sames`, `pulumi stack export` or
    `pulumi stack output access --json` prints. Without --base, a preview is compared with what is there before it.

    \b
    Examples:
      eks-access review --base main.json --head change.json
      eks-access review --head preview.json --markdown comment.md --sarif review.sarif --fail-on high
      eks-access review --stack dev --since main

    \b
    Exit codes:
      0  nothing as grave as --fail-on was gained
      1  something was
      2  bad usage or input; nothing was compared
      3  with --fail-on: nothing that is known, but something could not be known
    """
    if stack is not None and (base or head):
        raise click.UsageError("give either --stack or files")
    if stack is None and (since or python_path):
        raise click.UsageError(f"--{'since' if since else 'python-path'} goes with --stack")
    try:
        sides = _of_stack(stack, since, cwd, python_path) if stack is not None else _of_files(base, head)
    except (ReadError, PreviewError) as error:
        raise BadInputError(str(error)) from error
    found = compare_sides(*sides)
    formats: Mapping[str | None, ReviewFormat] = {
        markdown: MarkdownFormat(title),
        sarif: SarifFormat(location, _source(location, cwd), category),
        json_file: JsonFormat(),
    }
    for path, written in formats.items():
        if path is not None:
            _write(path, written.format(found))
    TableFormat(console(stderr="-" in formats)).write(found)
    sys.exit(_exit_code(found, fail_on))


def _of_files(base: str | None, head: str | None) -> tuple[Side, Side]:
    if head is None:
        raise click.UsageError("give --head FILE, or --stack NAME")
    if base == head == "-":
        raise click.UsageError("only one of --base and --head can be the standard input")
    return (from_file.load_side_before(head) if base is None else from_file.load_side(base)), from_file.load_side(head)


def _of_stack(stack: str, since: str | None, cwd: Path, python_path: tuple[str, ...]) -> tuple[Side, Side]:
    if since is None:
        base = from_file.parse_side(previews.state(stack, cwd), f"{stack}, as deployed")
    else:
        with previews.at(since, cwd) as project:
            base = from_file.parse_side(previews.preview(stack, project, python_path), f"{stack} at {since}")
    return base, from_file.parse_side(previews.preview(stack, cwd, python_path), stack)


def _source(location: str, cwd: Path) -> str:
    """The file that SARIF's results stand at, where it is at hand."""
    try:
        return (cwd / location).read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _write(path: str, text: str) -> None:
    if path == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(path).write_text(text)
    except OSError as cause:
        raise BadInputError(f"cannot write {path}: {cause.strerror}") from cause


def _exit_code(found: Review, fail_on: str) -> int:
    if fail_on == "never":
        return 0
    if found.worst is not None and found.worst >= LEVELS[fail_on]:
        return 1
    return 3 if found.has_unknown else 0
