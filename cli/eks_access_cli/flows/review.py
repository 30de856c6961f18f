"""Compares two states of a stack and writes the review."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from eks_access_policies.finding import Severity
from eks_access_policies.review.change import Review
from eks_access_policies.review.difference import compare_sides
from eks_access_policies.review.formatting import list_names
from eks_access_policies.review.pull_request.environments import is_dependency_file
from eks_access_policies.review.reading import from_file
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, ReviewFormat, SarifFormat, TableFormat
from eks_access_policies.review.side import Side

from .. import exit_codes
from ..console import create_console
from ..git import check_out, find_differing_files
from ..output import write_text
from ..pulumi_program import PulumiStack, link_virtual_environment


@dataclass(frozen=True, kw_only=True)
class ReviewOptions:
    """The options of `eks-access review`."""

    base: str | None
    head: str | None
    stack: str | None
    since: str | None
    cwd: Path
    python_path: tuple[str, ...]
    markdown: str | None
    sarif: str | None
    json_file: str | None
    title: str
    location: str
    category: str
    fail_on: str

    def __post_init__(self) -> None:
        if self.stack is not None and (self.base or self.head):
            raise click.UsageError("give either --stack or files")
        if self.stack is None and (self.since or self.python_path):
            raise click.UsageError(f"--{'since' if self.since else 'python-path'} goes with --stack")
        if self.stack is None and self.head is None:
            raise click.UsageError("give --head FILE, or --stack NAME")
        if self.base == self.head == "-":
            raise click.UsageError("only one of --base and --head can be the standard input")


def run_review(options: ReviewOptions) -> int:
    """Compares, prints and writes; returns the exit code.

    Raises:
        EksAccessError: a side cannot be read, or a file cannot be written.
    """
    if options.stack is not None:
        found = compare_sides(*_preview_sides(options.stack, options.since, options.cwd, options.python_path))
    else:
        found = compare_sides(*_read_sides(options.base, options.head or ""))
    formats: Mapping[str, tuple[str | None, ReviewFormat]] = {
        "--markdown": (options.markdown, MarkdownFormat(options.title)),
        "--sarif": (options.sarif, SarifFormat(options.location, _read_location(options), options.category)),
        "--json": (options.json_file, JsonFormat()),
    }
    for option, (path, review_format) in formats.items():
        if path is not None:
            write_text(option, path, review_format.format(found))
    has_stdout = any(path == "-" for path, _ in formats.values())
    TableFormat(create_console(stderr=has_stdout)).write(found)
    return _exit_code(found, options.fail_on)


def _read_sides(base: str | None, head: str) -> tuple[Side, Side]:
    return (from_file.load_side_before(head) if base is None else from_file.load_side(base)), from_file.load_side(head)


def _preview_sides(stack: str, since: str | None, cwd: Path, python_path: tuple[str, ...]) -> tuple[Side, Side]:
    """The base, as deployed or as another git revision would be, and the working tree's preview."""
    program = PulumiStack(stack, cwd)
    if since is None:
        base = from_file.parse_side(program.export_state(), f"{stack}, as deployed")
    else:
        with check_out(since, cwd) as checkout:
            link_virtual_environment(cwd, checkout)
            preview = PulumiStack(stack, checkout).preview(python_path)
            base = from_file.parse_side(preview, f"{stack} at {since}")
        base = replace(base, unknown=(*base.unknown, *_find_other_dependencies(since, cwd)))
    return base, from_file.parse_side(program.preview(python_path), stack)


def _find_other_dependencies(since: str, cwd: Path) -> Iterator[str]:
    """What is not known about the base, if it may need other packages than those that are installed."""
    files = [file for file in find_differing_files(since, cwd) if is_dependency_file(file)]
    if files:
        yield f"what {list_names(files)} changes: both revisions were previewed with the packages that are installed"


def _read_location(options: ReviewOptions) -> str:
    """The content of the file that SARIF's results are finding in, if it can be read."""
    try:
        return (options.cwd / options.location).read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _exit_code(found: Review, fail_on: str) -> int:
    if fail_on == "never":
        return exit_codes.OK
    if found.worst is not None and found.worst >= Severity[fail_on.upper()]:
        return exit_codes.FAILED
    return exit_codes.INCONCLUSIVE if found.has_unknown else exit_codes.OK
