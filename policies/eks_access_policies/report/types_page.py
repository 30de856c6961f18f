"""The page of all resource types in the documentation, from the table of types itself. Pure."""

from collections import Counter
from collections.abc import Iterator

from ..resource_types import Evaluation, ResourceType
from ..resource_types.table import list_packages, list_types

_FOLDER = "policies/eks_access_policies/resource_types/data"
_HEAD = """# Resource types

Written by `{command}` from the [table of types](../../{folder}),
which the policy pack and the review read. Every resource of a stack is of one of three kinds:

- **Understood**: the properties below are evaluated. One that is not known before the deployment is reported.
- **Not evaluated**: it may give access, and is not read. The review reports a change of such a resource in one line for
  its type (with `--fail-on` it exits with 3), and the pack reports the resource as `not-judged`.
- **Harmless**: it cannot give access, and is never mentioned.

A type that is not in the table is *not evaluated*, unless none of its provider's types can give access. A Kubernetes
type is one line for all API versions, for its `…Patch` and for its `…List`. A component is harmless if the resources
that it creates are in the stack, and not evaluated otherwise.
"""


def format_types_page(command: str) -> str:
    """The page, in Markdown. `command` is what writes it."""
    types = list(list_types())
    return "\n".join(
        [
            _HEAD.format(command=command, folder=_FOLDER),
            "## Understood\n",
            "| type | property: meaning |",
            "|---|---|",
            *(_format_understood(*each) for each in types if each[1].evaluation is Evaluation.UNDERSTOOD),
            "\n## Not evaluated\n",
            "| type | properties | how it may give access |",
            "|---|---|---|",
            *(_format_not_evaluated(*each) for each in types if each[1].evaluation is Evaluation.NOT_EVALUATED),
            "\n## Harmless\n",
            *_format_harmless(types),
            "",
        ]
    )


def _format_understood(token: str, known: ResourceType) -> str:
    meanings = "; ".join(f"`{_format_path(path)}`: {meaning}" for path, meaning in known.properties.items())
    unread = "".join(f"; `{_format_path(path)}` is not read: {reason}" for path, reason in known.unread.items())
    return f"| {_link(token, known)} | {meanings}{_format_where(known)}{unread} |"


def _format_not_evaluated(token: str, known: ResourceType) -> str:
    properties = ", ".join(f"`{_format_path(path)}`" for path in known.properties) or "all"
    limit = " (with such values a limit: only its change or end is reported)" if known.is_limit else ""
    return f"| {_link(token, known)} | {properties}{_format_where(known)} | {known.reason}{limit} |"


def _format_where(known: ResourceType) -> str:
    return "".join(
        f", {word} `{_format_path(path)}` is {' or '.join(f'`{value}`' for value in values)}"
        for word, by_path in (("where", known.where), ("unless", known.unless))
        for path, values in by_path.items()
    )


def _format_path(path: tuple[str, ...]) -> str:
    return ".".join(path)


def _link(token: str, known: ResourceType) -> str:
    return f"[`{token}`]({known.source})" if known.source else f"`{token}`"


def _format_harmless(types: list[tuple[str, ResourceType]]) -> Iterator[str]:
    counts = Counter(token.partition(":")[0] for token, known in types if known.evaluation is Evaluation.HARMLESS)
    listed = ", ".join(f"{count:,} of `{package}`" for package, count in sorted(counts.items()))
    yield f"By type, each with its reason in the table: {listed}.\n"
    yield "| provider | why none of its types gives access |"
    yield "|---|---|"
    for package, reason in sorted(list_packages().items()):
        yield f"| `{package}` | {reason} |"
