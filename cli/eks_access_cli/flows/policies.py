"""Evaluates stacks against the rules of the policy pack and prints the findings."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import click

from eks_access_policies.access.accounts import find_own_accounts
from eks_access_policies.evaluate.configuration import Configuration, ConfigurationError, parse_configuration
from eks_access_policies.evaluate.evaluator import RULES
from eks_access_policies.finding import Finding, Rule, Severity
from eks_access_policies.report import convert_findings, format_markdown, print_table
from eks_access_policies.review.reading.from_file import LARGEST
from eks_access_policies.stack import Stack, StateError, join_stacks, parse_stack

from .. import exit_codes
from ..console import create_console
from ..output import print_document, print_message, write_text
from ..pulumi_program import PulumiStack


@dataclass(frozen=True)
class Selection:
    """Which findings to report: of these rules, or of all if there are none, from this severity on."""

    rules: frozenset[str]
    min_severity: Severity

    def __post_init__(self) -> None:
        unknown = sorted(self.rules - {rule.id for rule in RULES})
        if unknown:
            raise click.UsageError(f"--rule {unknown[0]}: there is no such rule; --rules lists them")

    def has(self, rule: Rule) -> bool:
        return (not self.rules or rule.id in self.rules) and rule.severity >= self.min_severity


@dataclass(frozen=True)
class Output:
    """What is printed, a table or JSON, and the Markdown file that is written as well."""

    as_json: bool = False
    markdown: str | None = None


def evaluate_stacks(
    files: Sequence[str], stacks: Sequence[str], cwd: Path, config: str | None, selection: Selection, output: Output
) -> int:
    """Evaluates all files and stacks together and prints the findings; returns the exit code.

    Raises:
        StateError, ConfigurationError, PulumiProgramError: a stack or the configuration cannot be read.
        OutputError: the Markdown cannot be written.
    """
    pack = load_configuration(config)
    stack = join_stacks([*map(load_stack_file, files), *(load_deployed_stack(name, cwd) for name in stacks)])

    evaluator = pack.evaluator()

    def select(found: Iterable[Finding]) -> tuple[Finding, ...]:
        return tuple(each for each in found if selection.has(each.rule) and pack.level(each.rule) != "disabled")

    findings = select(evaluator.stack(stack))
    exemptions = [
        replace(each, findings=shown)
        for each in evaluator.find_exemptions(stack, find_own_accounts(stack.resources))
        if (shown := select(each.findings)) or not each.findings
    ]
    if output.markdown is not None:
        write_text("--markdown", output.markdown, format_markdown(findings, pack, exemptions))
    if output.as_json:
        print_document(json.dumps(convert_findings(stack, findings, pack, exemptions), indent=2, ensure_ascii=False))
    else:
        print_table(stack, findings, pack, create_console(), exemptions)
    is_violated = any(pack.level(finding.rule) == "mandatory" for finding in findings)
    return exit_codes.FAILED if is_violated else exit_codes.OK


def load_stack_file(path: str) -> Stack:
    """The stack in a file, or on the standard input for `-`.

    Raises:
        StateError: it cannot be read, or has no stack in it.
    """
    origin = "the standard input" if path == "-" else path
    try:
        is_too_large = path != "-" and Path(path).stat().st_size > LARGEST
        text = sys.stdin.buffer.read() if path == "-" else b"" if is_too_large else Path(path).read_bytes()
    except OSError as error:
        raise StateError(f"{origin}: {error.strerror}") from error
    if is_too_large:
        raise StateError(f"{origin}: is larger than {LARGEST:,} bytes")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StateError(f"{origin}: is not JSON") from error
    return _parse_stack(value, origin)


def load_deployed_stack(name: str, cwd: Path) -> Stack:
    """A deployed stack as it is in its state.

    Raises:
        PulumiProgramError: it cannot be exported.
    """
    return _parse_stack(PulumiStack(name, cwd).export_state(), f"stack {name!r}")


def _parse_stack(value: Any, origin: str) -> Stack:
    try:
        return parse_stack(value)
    except StateError as error:
        raise StateError(f"{origin}: {error}") from error


def load_configuration(path: str | None) -> Configuration:
    """The pack's configuration in a file, or the default one.

    Raises:
        ConfigurationError: it cannot be read, or is not one.
    """
    if path is None:
        return Configuration()
    try:
        return parse_configuration(json.loads(Path(path).read_text()))
    except OSError as error:
        raise ConfigurationError(f"--config {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        problem = str(error) if isinstance(error, ConfigurationError) else "is not JSON"
        raise ConfigurationError(f"--config {path}: {problem}") from error


def print_rules(*, as_json: bool) -> None:
    if as_json:
        print_document(json.dumps([_rule_to_json(rule) for rule in RULES], indent=2, ensure_ascii=False))
        return
    width = max(len(rule.id) for rule in RULES)
    for rule in RULES:
        print_message(f"{rule.severity.name.lower():8}  {rule.id:{width}}  {rule.title}")


def _rule_to_json(rule: Rule) -> dict[str, Any]:
    return {**vars(rule), "severity": rule.severity.name.lower(), "frameworks": list(rule.frameworks)}


def find_pack_folder() -> str:
    """The folder of the pack that the engine can run."""
    return str(resources.files("eks_access_policies.pack").joinpath("crossguard"))
