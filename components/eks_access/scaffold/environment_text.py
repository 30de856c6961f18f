"""The text of `Pulumi.<environment>.yaml`, with comments. Pure."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ..model.identity import AuthenticationMode, EntryMethod, entry_method
from ..shell_command import format_command
from .answers import ClusterAnswer, EnvironmentAnswers, IntegrationAnswer
from .questions import SHARED, Question, list_questions

WIDTH = 116
_WAYS = {EntryMethod.ACCESS_ENTRY: "entered by access entries", EntryMethod.AWS_AUTH: "entered by aws-auth"}


def format_environment(answers: EnvironmentAnswers) -> str:
    """The file's text, which ends with a line break."""
    return "\n".join([*_lines(answers), ""])


def _lines(answers: EnvironmentAnswers) -> Iterator[str]:
    sections, prefix = answers.sections, answers.project
    yield from _comment(
        f"Environment {answers.environment}: which integrations have access to which clusters. `eks-access schema"
        " environment` describes every setting for editors; `eks-access explain --vendor VENDOR` shows what one gets."
    )
    yield "config:"
    yield from _comment("Every resource names its provider; nothing falls through to default credentials.", 2)
    yield "  pulumi:disable-default-providers: [aws, kubernetes]"
    yield f"  {prefix}:aws:"
    yield from _comment("Credentials of any other account are refused.", 4)
    yield from _mapping(sections["aws"], 4)
    yield f"  {prefix}:clusters:{'' if answers.clusters else ' {}'}"
    for cluster in answers.clusters:
        yield from _comment(_describe_cluster(cluster), 4)
        yield f"    {_flow(cluster.key)}: {_flow(sections['clusters'][cluster.key])}"
    yield f"  {prefix}:integrations:{'' if answers.integrations else ' {}'}"
    for integration in answers.integrations:
        yield from _integration(integration)


def _integration(integration: IntegrationAnswer) -> Iterator[str]:
    section = integration.section
    yield f"    {_flow(integration.name)}:{'' if section else ' {}'}"
    for name in integration.secrets:
        command = format_command("pulumi config set --secret", {}, [name])
        yield from _comment(f"{name} is set by `{command}`.", 6)
    yield from _mapping(section, 6)
    optional = [
        each
        for each in list_questions(integration.vendor)
        if each.name not in section and (each.name not in SHARED or each.name == "profile")
    ]
    if optional:
        yield from _comment("Not set:", 6)
    for question in optional:
        yield from _comment(_describe(question), 6, hang=4)


def _describe(question: Question) -> str:
    choices = f" ({', '.join(question.choices)})" if question.choices else ""
    return f"  {question.name}{choices}: {question.text}"


def _describe_cluster(cluster: ClusterAnswer) -> str:
    version = "" if cluster.version is None else f", Kubernetes {cluster.version}"
    if cluster.mode is None:
        return f"{cluster.name}{version}: its authentication mode was not read"
    way = _WAYS[entry_method(AuthenticationMode(cluster.mode))]
    return f"{cluster.name}{version}, authentication mode {cluster.mode}: {way}"


def _mapping(values: Mapping[str, Any], indent: int) -> Iterator[str]:
    for name, value in values.items():
        yield f"{'':{indent}}{_flow(name)}: {_flow(value)}"


def _flow(value: Any) -> str:
    """A value on one line, quoted where YAML would take it for something else."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.removesuffix("...\n").strip()


def _comment(text: str, indent: int = 0, *, hang: int = 0) -> Iterator[str]:
    """A comment in lines of the width; `hang` indents all but the first further."""
    mark = f"{'':{indent}}# "
    lead = len(text) - len(text.lstrip())
    yield from textwrap.wrap(
        text.strip(),
        WIDTH,
        initial_indent=f"{mark}{'':{lead}}",
        subsequent_indent=f"{mark}{'':{hang or lead}}",
        break_long_words=False,
        break_on_hyphens=False,
    )
