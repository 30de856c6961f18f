"""Asks for what a new environment needs, looks at the account, and writes the files."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import botocore.session
import click
from botocore.exceptions import BotoCoreError, ClientError

from eks_access.endpoint import VARIABLE, is_loopback
from eks_access.errors import EksAccessError, InvalidInputError
from eks_access.integrations import vendors
from eks_access.model.arn import ACCOUNT_ID
from eks_access.model.identity import AuthenticationMode
from eks_access.model.integration import INTEGRATION_NAME
from eks_access.redaction import redacted
from eks_access.scaffold.answers import ClusterAnswer, EnvironmentAnswers, IntegrationAnswer, validate_answers
from eks_access.scaffold.environment_text import format_environment
from eks_access.scaffold.project_text import PROGRAM, format_project
from eks_access.scaffold.questions import Kind, Question, find_nested, list_questions
from eks_access.shell_command import format_command
from eks_access.stack.configuration import Endpoint
from eks_access.stack.environment_file import PROJECT_FILES, Project, read_project
from eks_access_probe.identity.aws_clients import Aws, CredentialsUnavailableError

from ..output import print_message

DEFAULT_PROJECT = "eks-access"
_PROGRAM_FILE = "__main__.py"
_THREADS = 16
_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""https://www.pulumi.com/docs/iac/concepts/stacks/#create-stack"""
_PROJECT_NAME = _STACK_NAME


class InitError(EksAccessError):
    """Nothing was written; the message has the reason, and what to do."""


@dataclass(frozen=True)
class Given:
    """What the options give."""

    environment: str | None = None
    account: str | None = None
    region: str | None = None
    profile: str | None = None
    clusters: tuple[str, ...] = ()
    all_clusters: bool = False
    integrations: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    project: str | None = None
    no_integrations: bool = False


@dataclass(frozen=True)
class Seen:
    """What the account was seen to have; `problem` is the reason why it could not be looked at."""

    account: str | None = None
    clusters: tuple[ClusterAnswer, ...] = ()
    problem: str = ""


def is_interactive() -> bool:
    return sys.stdin.isatty()


def write_environment(cwd: Path, given: Given) -> None:
    """Asks, validates, writes and prints what comes next.

    Raises:
        InitError: a file is there already, or options are missing and nobody can be asked.
        InvalidInputError: an answer is not valid.
    """
    project = _find_project(cwd, given)
    asks = is_interactive()
    missing: list[str] = []
    environment = given.environment or _ask(asks, missing, "Name of the environment", "--environment NAME", "dev")
    target = _validate_target(cwd, project, environment)
    region = given.region or _default_region(given.profile)
    region = region or _ask(asks, missing, "AWS region", "--region REGION")
    seen = _look(region, given.profile) if region else Seen(problem="no region is known")
    if seen.problem and asks:
        print_message(f"The account cannot be looked at: {seen.problem}")
    account = given.account or seen.account or _ask(asks, missing, "AWS account (12 digits)", "--account ID")
    _validate_account(account, seen)
    clusters = _choose_clusters(given, seen, asks, missing)
    integrations = _choose_integrations(given, asks, missing)
    if missing:
        raise InitError(f"standard input is no terminal, so nothing can be asked; give also: {'; '.join(missing)}")
    name = given.project or DEFAULT_PROJECT if project is None else project.name
    answers = EnvironmentAnswers(name, environment, account, region, clusters, integrations, _endpoint())
    # A custom definition and a kubeconfig are named from the project's folder.
    with chdir(cwd):
        answers = _complete(answers, asks)
    texts = {target: format_environment(answers)}
    if project is None:
        texts = {
            cwd / PROJECT_FILES[0]: format_project(name, _own_environment(cwd)),
            cwd / _PROGRAM_FILE: PROGRAM,
            **texts,
        }
    _write(texts)
    _print_next(answers, cwd, seen)


# Files


def _find_project(cwd: Path, given: Given) -> Project | None:
    """The folder's project; None if it has none and one can be written."""
    if any((cwd / name).exists() for name in PROJECT_FILES):
        if given.project is not None:
            raise InitError(f"--project: {cwd} has a project already")
        return read_project(cwd)
    if (cwd / _PROGRAM_FILE).exists():
        raise InitError(
            f"{cwd / _PROGRAM_FILE} is there, and no Pulumi.yaml: nothing is written beside a program that is not"
            " known. Choose an empty folder with -C"
        )
    if given.project is not None and not _PROJECT_NAME.fullmatch(given.project):
        raise InvalidInputError("--project", given.project, "is not a project's name: letters, digits, - _ and .")
    return None


def _validate_target(cwd: Path, project: Project | None, environment: str) -> Path:
    if environment and not _STACK_NAME.fullmatch(environment):
        raise InvalidInputError("--environment", environment, "is not a stack's name: letters, digits, - _ and .")
    target = cwd / f"Pulumi.{environment}.yaml" if project is None else project.stack_file(environment)
    if target.exists():
        raise InitError(f"{target} is there already, and is not overwritten: edit it, or choose another --environment")
    return target


def _own_environment(cwd: Path) -> str | None:
    """The virtual environment that runs this, if it is in the folder: the program is then run in it too."""
    prefix = Path(sys.prefix)
    if sys.prefix == sys.base_prefix or not prefix.is_relative_to(cwd.resolve()):
        return None
    return str(prefix.relative_to(cwd.resolve()))


def _write(texts: Mapping[Path, str]) -> None:
    """Writes files that are not there; if one of them is, those before it are taken away again."""
    written: list[Path] = []
    try:
        for path, text in texts.items():
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise InitError(f"{error.filename}: {error.strerror}; nothing was written") from error


# The account


def _endpoint() -> Endpoint:
    return Endpoint.LOOPBACK if is_loopback(os.environ.get(VARIABLE, "")) else Endpoint.AWS


def _default_region(profile: str | None) -> str | None:
    try:
        configured = botocore.session.Session(profile=profile).get_config_variable("region")
    except BotoCoreError:
        return None
    return os.environ.get("AWS_REGION") or configured


def _look(region: str, profile: str | None) -> Seen:
    """The account of the credentials, and its clusters in the region."""
    aws = Aws(os.environ[VARIABLE] if _endpoint() is Endpoint.LOOPBACK else None)
    account = None
    try:
        keys = aws.own_credentials(profile)
        account = aws.client("sts", region, keys).get_caller_identity()["Account"]
        eks = aws.client("eks", region, keys)
        names = [name for page in eks.get_paginator("list_clusters").paginate() for name in page["clusters"]]
    except (CredentialsUnavailableError, ClientError, BotoCoreError) as error:
        return Seen(account, problem=redacted(str(error)))
    with ThreadPoolExecutor(_THREADS) as pool:
        return Seen(account, tuple(pool.map(lambda name: _describe(eks, name), names)))


def _describe(eks: Any, name: str) -> ClusterAnswer:
    """The cluster, with what could be read of it."""
    try:
        found = eks.describe_cluster(name=name)["cluster"]
        mode = AuthenticationMode(str((found.get("accessConfig") or {}).get("authenticationMode")))
    except (ClientError, BotoCoreError, ValueError):
        return ClusterAnswer(name, name)
    return ClusterAnswer(name, name, mode=mode, version=found.get("version"))


def _validate_account(account: str, seen: Seen) -> None:
    if account and not ACCOUNT_ID.fullmatch(account):
        raise InvalidInputError("--account", account, "is not an account id of 12 digits")
    if account and seen.account not in (None, account):
        raise InvalidInputError(
            "--account", account, f"is not the account of the credentials, which is {seen.account}", "Choose --profile."
        )


# Choices


def _ask(asks: bool, missing: list[str], text: str, option: str, default: str | None = None) -> str:
    """The answer; where nobody can be asked, "" and a note of the missing option."""
    if asks:
        return str(click.prompt(text, default=default, show_default=bool(default))).strip()
    missing.append(option)
    return ""


def _choose_clusters(given: Given, seen: Seen, asks: bool, missing: list[str]) -> tuple[ClusterAnswer, ...]:
    known = {each.name: each for each in seen.clusters}
    if given.all_clusters:
        if not known:
            raise InitError(
                f"--all-clusters: no cluster is known ({seen.problem or 'the region has none'}); use --cluster"
            )
        return tuple(known.values())
    wanted = given.clusters
    if not wanted:
        for each in known.values():
            mode = "" if each.mode is None else f"  {each.mode}, Kubernetes {each.version}"
            if asks:
                print_message(f"  {each.name}{mode}")
        shown = f" ({', '.join(known)})" if known else ""
        answer = _ask(
            asks,
            missing,
            "Clusters, with commas",
            f"--cluster NAME or --all-clusters{shown}",
            ",".join(known) or None,
        )
        wanted = tuple(part.strip() for part in answer.split(",") if part.strip())
    chosen = {}
    for asked in wanted:
        key, _, name = asked.rpartition("=")
        if seen.clusters and name not in known:
            raise InvalidInputError("--cluster", name, "is not a cluster of the region", f"It has: {', '.join(known)}.")
        key = key or name
        if key in chosen:
            raise InvalidInputError("--cluster", key, "is given twice")
        chosen[key] = replace(known.get(name, ClusterAnswer(key, name)), key=key)
    return tuple(chosen.values())


def _choose_integrations(given: Given, asks: bool, missing: list[str]) -> tuple[IntegrationAnswer, ...]:
    known = vendors()
    wanted = given.integrations
    if not wanted and not given.no_integrations:
        if asks:
            print_message(f"  vendors: {', '.join(known)}; none where those that are there are to be adopted first")
        answer = _ask(
            asks,
            missing,
            "Integrations, with commas: VENDOR or NAME=VENDOR (empty: none)",
            f"--integration VENDOR ({', '.join(known)}) or --no-integrations",
            "",
        )
        wanted = tuple(part.strip() for part in answer.split(",") if part.strip())
    chosen: dict[str, IntegrationAnswer] = {}
    for each in wanted:
        name, _, key = each.rpartition("=")
        name = name or key
        if key not in known:
            raise InvalidInputError("--integration", key, "is not a known vendor", f"Known: {', '.join(known)}.")
        if not INTEGRATION_NAME.fullmatch(name) or name in chosen:
            problem = "is given twice" if name in chosen else "is not a name: lower-case letters, digits and hyphens"
            raise InvalidInputError("--integration", name, problem)
        chosen[name] = IntegrationAnswer(name, known[key])
    for setting in given.settings:
        name, arguments = _parse_setting(setting, chosen)
        chosen[name] = replace(chosen[name], arguments=arguments)
    return tuple(_ask_required(each, asks, missing) for each in chosen.values())


def _parse_setting(setting: str, chosen: Mapping[str, IntegrationAnswer]) -> tuple[str, Mapping[str, Any]]:
    """The integration that `--set NAME.ARGUMENT=VALUE` is about, and its arguments with that value."""
    path, equals, text = setting.partition("=")
    name, _, rest = path.partition(".")
    if not equals or not rest:
        # What follows may be a secret: it is not repeated.
        raise InitError(f"--set {path}: write NAME.ARGUMENT=VALUE")
    if name not in chosen:
        raise InitError(f"--set {path}: there is no --integration {name}")
    keys = rest.split(".")
    found = find_nested(list_questions(chosen[name].vendor), keys)
    # What no question is about is refused by the validation, with the known arguments.
    question = found[-1] if len(found) == len(keys) and found[-1] is not None else Question(keys[-1], "", Kind.OTHER)
    return name, _with_value(chosen[name].arguments, keys, question.parse(text))


def _with_value(arguments: Mapping[str, Any], keys: Sequence[str], value: Any) -> Mapping[str, Any]:
    first, *rest = keys
    inner = arguments.get(first)
    return {
        **arguments,
        first: _with_value(inner if isinstance(inner, Mapping) else {}, rest, value) if rest else value,
    }


def _ask_required(integration: IntegrationAnswer, asks: bool, missing: list[str]) -> IntegrationAnswer:
    """The integration with every argument that its vendor's type requires."""
    arguments = dict(integration.arguments)
    for question in list_questions(integration.vendor):
        if not question.required or question.name in arguments:
            continue
        if asks:
            arguments[question.name] = _ask_question(integration, question)
        else:
            missing.append(f"--set {integration.name}.{question.name}=… ({question.text})")
    return replace(integration, arguments=arguments)


def _complete(answers: EnvironmentAnswers, asks: bool) -> EnvironmentAnswers:
    """The answers, valid: what the vendor requires besides is asked for, one by one."""
    while True:
        try:
            validate_answers(answers, format_environment(answers))
        except InvalidInputError as error:
            if not asks:
                raise InitError(f"{error} (arguments are given with --set NAME.ARGUMENT=VALUE)") from error
            found = _find_asked(answers, error.path)
            if found is None:
                raise
            print_message(f"{error}", err=True)
            integration, keys, question = found
            value = _ask_question(integration, question, "".join(f"{key}." for key in keys[:-1]))
            mended = replace(integration, arguments=_with_value(integration.arguments, keys, value))
            every = tuple(mended if each is integration else each for each in answers.integrations)
            answers = replace(answers, integrations=every)
        else:
            return answers


def _find_asked(answers: EnvironmentAnswers, path: str) -> tuple[IntegrationAnswer, list[str], Question] | None:
    """The integration and the argument that an error is about; None if it is about none that can be asked for."""
    name, _, argument = path.partition("integrations.")[2].partition(".")
    keys = re.sub(r"\[.*", "", argument).split(".")
    for integration in answers.integrations:
        if integration.name == name:
            found = find_nested(list_questions(integration.vendor), keys)
            question = found[-1] if found else None
            return None if question is None else (integration, keys[: len(found)], question)
    return None


def _ask_question(integration: IntegrationAnswer, question: Question, path: str = "") -> Any:
    """The answer of the user; a secret is only named."""
    place = f"{path}{question.name}"
    if question.secret:
        return {"secret": f"{integration.name}-{question.name.replace('_', '-')}"}
    if question.kind is Kind.STRUCTURE:
        return _ask_parts(integration, question, f"{place}.")
    if question.kind is Kind.STRUCTURES:
        print_message(f"{place}: {question.text}")
        keys = str(click.prompt(f"{integration.name}: short names of these, with commas"))
        return {
            key: _ask_parts(integration, question, f"{place}.{key}.")
            for key in (part.strip() for part in keys.split(","))
            if key
        }
    print_message(f"{place}: {question.text}")
    hint = (
        f" ({'|'.join(question.choices)})"
        if question.choices
        else " (with commas)"
        if question.kind is Kind.TEXTS
        else ""
    )
    while True:
        answer = click.prompt(
            f"{integration.name}: {place}{hint}", default=None if question.required or not path else ""
        )
        if not answer:
            return None
        try:
            return question.parse(str(answer))
        except InvalidInputError as error:
            print_message(f"{error}", err=True)


def _ask_parts(integration: IntegrationAnswer, question: Question, path: str) -> dict[str, Any]:
    """The parts of a structure; an optional one may be left empty, and an optional secret is left out."""
    answers = {
        part.name: _ask_question(integration, part, path) for part in question.parts if part.required or not part.secret
    }
    return {name: value for name, value in answers.items() if value is not None}


# The end


def _print_next(answers: EnvironmentAnswers, cwd: Path, seen: Seen) -> None:
    print_message(f"Written: Pulumi.{answers.environment}.yaml" if cwd == Path() else f"Written in {cwd}")
    if seen.problem:
        print_message(f"It was not compared with the account: {seen.problem}")
    print_message("Next:")
    for line in _list_commands(answers):
        print_message(f"  {line}")


def _list_commands(answers: EnvironmentAnswers) -> Iterator[str]:
    of = {"stack": answers.environment}
    yield format_command("pulumi stack select --create", of)
    for name in answers.secrets:
        yield f"{format_command('pulumi config set --secret', of, [name])}      # asks for the value"
    yield format_command("eks-access doctor", of)
    if not answers.integrations:
        yield f"{format_command('eks-access adopt', of)}      # what was made by hand, if there is any"
        return
    yield format_command("pulumi up", of)
    yield format_command("eks-access handoff", of)
    yield format_command("eks-access probe", of)
