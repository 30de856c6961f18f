"""The plan in words, as Markdown: for the terminal, a ticket and the folder. Names cannot leave their back-ticks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from eks_access.shell_command import format_assignment, format_command
from eks_access.text_layout import format_count
from eks_access_policies.review.formatting import quote_name

from .differences import Difference
from .import_file import match_removed
from .plan import AdoptionPlan, Fate, Item

LONGEST_VALUE = 600
"""Characters of a value that are shown."""
_SAVED = "before.json"
"""The file with the stack's state of before."""
_HEADINGS = {
    Fate.IMPORTED: "Taken over",
    Fate.KEPT: "Kept as it is",
    Fate.CHANGED: "Changed in place",
    Fate.APPLIED: "Applied in place, over what exists",
    Fate.CREATED: "Created",
    Fate.REPLACED: "Replaced",
    Fate.REMOVED: "Removed last, after everything else",
}
_NOTES = {
    Fate.APPLIED: (
        "These exist, and are not imported: `pulumi up` shows them as created, and takes each over as it is there."
    ),
    Fate.REMOVED: (
        "These are imported only so that `pulumi up` removes them, once all that the program has is in effect."
    ),
}


@dataclass(frozen=True)
class Commands:
    """The stack and files that the commands of the plan name.

    Attributes:
        import_file: the file for `pulumi import`; empty where nothing is imported.
        kubeconfig: the file with a context for each cluster; empty where nothing in a cluster is imported.
        config_is_written: whether the stack's configuration has the integration already.
        folder: the project's folder, in which the commands are run; empty for the current one.
        manifest: the file with the access manifest that the stack will export; empty where there is none.
    """

    stack: str
    import_file: str
    kubeconfig: str
    configuration: str
    stack_file: str
    config_is_written: bool
    manifest: str = ""
    folder: str = ""

    @property
    def of_stack(self) -> dict[str, str]:
        """The option that names the stack."""
        return {"stack": self.stack}


def format_plan(plan: AdoptionPlan, commands: Commands, comparison: str = "", notes: Sequence[str] = ()) -> str:
    """The whole plan."""
    return "\n".join([*_list_lines(plan, commands, comparison, notes), ""])


def _list_lines(plan: AdoptionPlan, commands: Commands, comparison: str, notes: Sequence[str]) -> Iterator[str]:
    yield f"# {quote_name(plan.integration)}: taking over {quote_name(plan.principal_arn)}"
    yield ""
    yield _summarize(plan)
    yield ""
    if not plan.is_exact:
        yield f"**The differences were not computed by the engine**: {_text(plan.why_not_exact)}"
        yield "What is below is what the program has; `pulumi preview`, after the import, shows what is changed."
        yield ""
    yield from _section("This interrupts access", [_text(each) for each in plan.warnings])
    yield from _section("Cannot be taken over", _list_left(plan, is_blocking=True))
    yield from _section("Could not be determined", [_text(each) for each in plan.unread])
    for fate, heading in _HEADINGS.items():
        yield from _list_items(heading, _NOTES.get(fate, ""), plan.select(fate))
    yield from _section("Left as it is", _list_left(plan, is_blocking=False))
    yield from _section("Not kept", [_text(each) for each in notes])
    yield from _section("What `pulumi up` does besides, in this stack", [quote_name(each) for each in plan.others])
    if comparison:
        yield from (comparison.rstrip(), "")
    yield from _list_commands(plan, commands)


def _summarize(plan: AdoptionPlan) -> str:
    counts = [f"{format_count(len(plan.select(fate)), 'resource')} {fate}" for fate in Fate if plan.select(fate)]
    shown = ", ".join(counts) or "nothing is taken over"
    return f"Vendor {quote_name(plan.vendor)}. {shown[:1].upper()}{shown[1:]}."


def _list_items(heading: str, note: str, items: Sequence[Item]) -> Iterator[str]:
    if not items:
        return
    yield from (f"## {heading}", "")
    if note:
        yield from (note, "")
    for each in items:
        where = f" in cluster {quote_name(each.cluster)}" if each.cluster else ""
        what = f", {quote_name(each.id)}" if each.id else ""
        yield f"- {_describe_type(each.type)} {quote_name(each.name)}{where}{what}"
        yield from (f"  - {_describe_difference(one)}" for one in each.differences)
    yield ""


def _describe_type(resource_type: str) -> str:
    return quote_name(resource_type.rpartition(":")[2])


def _describe_difference(one: Difference) -> str:
    name = quote_name(one.property)
    if not one.before:
        return f"{name} becomes {_value(one.after)}"
    if not one.after:
        return f"{name} is removed: it was {_value(one.before)}"
    return f"{name}: {_value(one.before)} becomes {_value(one.after)}"


def _value(text: str) -> str:
    return quote_name(text, LONGEST_VALUE)


def _list_left(plan: AdoptionPlan, *, is_blocking: bool) -> list[str]:
    found = [each for each in plan.left if each.is_blocking is is_blocking]
    return [f"{quote_name(each.words)}: {_text(f'{each.why}. {each.advice}'.strip())}" for each in found]


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield from (f"## {title}", "", *(f"- {line}" for line in listed), "")


def _list_commands(plan: AdoptionPlan, commands: Commands) -> Iterator[str]:
    yield from ("## How it is done", "")
    if not commands.import_file and any(each.is_blocking for each in plan.left):
        yield from ("Solve what cannot be taken over, as it is said there, and run this again.", "")
        return
    if not commands.config_is_written:
        block, file = quote_name(commands.configuration), quote_name(commands.stack_file)
        yield from (f"First put what is in {block} into {file}, or run this again with `--write`. Then:", "")
    if not commands.import_file:
        yield from ("There is nothing to import.", "")
        if len(plan.select(Fate.KEPT)) == len(plan.items):
            return
    yield "```sh"
    if commands.folder:
        yield format_command("cd", {}, [commands.folder])
    if commands.import_file:
        yield from _list_import_commands(commands)
    yield from _list_up_commands(plan, commands)
    yield from ("```", "")
    if plan.select(Fate.REMOVED):
        yield (
            "Changes of IAM and EKS take effect after some seconds, in no order that AWS promises. So what gave access"
            " by hand is removed by a second `pulumi up`. The wait is for what the old and the new allow alike: the"
            " probe cannot see which of them it is by. Until then a call that is allowed and must not be is still a"
            " mismatch; go on only if there is no other."
        )
        yield ""
    if commands.import_file:
        back = format_command("pulumi stack import", {"file": _SAVED, **commands.of_stack})
        yield (
            "Until `pulumi up` nothing in AWS or in a cluster is changed. The way back from the import is the state of"
            f" before: `{back}`, which deletes nothing. It holds until `pulumi up`. If there is no such stack yet, make"
            f" it first: `{format_command('pulumi stack init', commands.of_stack)}`."
        )


def _list_import_commands(commands: Commands) -> Iterator[str]:
    saved = {"file": _SAVED, **commands.of_stack}
    imported = {"file": commands.import_file, "protect": "false", "generate-code": "false", **commands.of_stack}
    prefix = f"{format_assignment('KUBECONFIG', commands.kubeconfig)} " if commands.kubeconfig else ""
    if commands.manifest:
        probe = format_command("eks-access probe", {"manifest": commands.manifest})
        yield f"{probe}   # before: what it may do and shall not is a mismatch"
    yield f"{format_command('pulumi stack export', saved)}   # the way back, see below"
    yield f"{prefix}{format_command('pulumi import --yes', imported)}   # writes the state alone"


def _list_up_commands(plan: AdoptionPlan, commands: Commands) -> Iterator[str]:
    probe = format_command("eks-access probe", commands.of_stack)
    yield f"{format_command('pulumi preview --diff', commands.of_stack)}   # the differences above"
    if plan.select(Fate.REMOVED):
        kept = {"exclude": match_removed(plan.integration), **commands.of_stack}
        yield f"{format_command('pulumi up', kept)}   # all but what is removed last"
        yield "sleep 60   # until that is in effect everywhere"
        yield f"{probe}   # between: all that it needs is allowed, and it comes in as declared"
    yield format_command("pulumi up", commands.of_stack)
    yield f"{probe}   # as the vendor, and as others"


def _text(text: str) -> str:
    """A sentence of ours that may contain names: without what Markdown gives a meaning across lines."""
    return " ".join(text.split()).replace("`", "'").replace("<", "(").replace(">", ")")
