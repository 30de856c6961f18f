"""Plans the migration of a cluster from aws-auth, prints the plan, and carries it out."""

import base64
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import click
import yaml
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eks_access.aws_auth.configmap_file import parse_configmap
from eks_access.errors import EksAccessError, InvalidInputError
from eks_access.kubernetes.client import KubernetesApi, UnreachableError
from eks_access.kubernetes.token import presigned_token
from eks_access.migration.asking import Answer, Asker, NotAsked, find_changes
from eks_access.migration.document import to_document
from eks_access.migration.plan import MADE, Outcome, Plan, PlannedMapping, Step, find_unfinished, plan_migration
from eks_access.migration.program import to_program
from eks_access.migration.reading import ClusterReadError, assume_principals, read_cluster
from eks_access.migration.state import ClusterState
from eks_access.migration.steps import describe_step, format_undo
from eks_access.migration.writing import ModeError, StepError, Writer
from eks_access.migration.writing import change_mode as update_mode
from eks_access.model.arn import validate_principal
from eks_access.model.identity import AuthenticationMode, validate_cluster_name
from eks_access.redaction import redacted
from eks_access.shell_command import format_command
from eks_access.text_layout import format_count, print_paragraph

from .. import exit_codes
from ..console import create_console
from ..output import OutputError, print_document, print_message
from .own_credentials import CredentialsError

READ_BACK_SECONDS = 90.0
"""Entries and policies take effect late, and with them the operator's own access, if it is among them."""
READ_BACK_INTERVAL = 3.0
_STYLES = {
    Outcome.PRESENT: "green",
    Outcome.NOBODY: "dim",
    Outcome.SHADOWED: "yellow",
    Outcome.BLOCKED: "red",
    Outcome.UNDETERMINED: "red",
}
_NO_WAY_BACK = {
    AuthenticationMode.API_AND_CONFIG_MAP: (
        "This cannot be undone: the cluster never goes back to CONFIG_MAP. aws-auth keeps its effect; access entries"
        " come before it, and EKS makes one for the cluster's creator."
    ),
    AuthenticationMode.API: (
        "This cannot be undone: the cluster never reads aws-auth again. A principal that only aws-auth lets in has no"
        " access from then on, and deleting an entry does not bring its mapping back."
    ),
}


class ClusterNotFoundError(EksAccessError):
    """EKS has no cluster of this name in the region and account."""


@dataclass(frozen=True)
class Cluster:
    """A cluster with clients for it, signed with the operator's credentials."""

    name: str
    region: str
    eks: Any
    iam: Any
    sts: Any
    api: KubernetesApi
    description: dict[str, Any]

    @property
    def mode(self) -> AuthenticationMode:
        return AuthenticationMode(self.description["accessConfig"]["authenticationMode"])

    @property
    def asker(self) -> Asker:
        return Asker(self.sts, self._connect_with)

    def _connect_with(self, keys: Mapping[str, str]) -> KubernetesApi:
        credentials = ReadOnlyCredentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return connect(self.description, self.region, lambda: credentials)

    def read(self, principals: tuple[str, ...]) -> ClusterState:
        return read_cluster(self.name, self.description, eks=self.eks, iam=self.iam, api=self.api, known=principals)


def open_cluster(name: str, region: str | None, profile: str | None) -> Cluster:
    """
    Raises:
        InvalidInputError, ClusterNotFoundError, CredentialsError: the cluster cannot be found with this input.
        ClusterReadError: EKS did not describe it.
    """
    validate_cluster_name("--cluster", name)
    try:
        session = botocore.session.Session(profile=profile)
        region = region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        if not region:
            raise CredentialsError("no region: give --region or set AWS_REGION")
        credentials: Any = session.get_credentials()
        if credentials is None:
            raise CredentialsError("no AWS credentials: set AWS_ACCESS_KEY_ID, or give --profile")
        eks: Any = session.create_client("eks", region_name=region)
        iam: Any = session.create_client("iam", region_name=region)
        sts: Any = session.create_client("sts", region_name=region)
        description = eks.describe_cluster(name=name)["cluster"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise ClusterNotFoundError(f"there is no cluster {name!r} in {region}") from error
        raise ClusterReadError(f"cluster {name!r} cannot be described: {redacted(str(error))}") from error
    except BotoCoreError as error:
        raise CredentialsError(redacted(str(error))) from error
    api = connect(description, region, credentials.get_frozen_credentials)
    return Cluster(name, region, eks, iam, sts, api, description)


def connect(description: Mapping[str, Any], region: str, credentials: Callable[[], Any]) -> KubernetesApi:
    """A client of the cluster that EKS describes so, with tokens signed by what `credentials` returns each time."""
    return KubernetesApi(
        description["endpoint"],
        ca_data=base64.b64decode(description["certificateAuthority"]["data"]),
        bearer=lambda: presigned_token(credentials(), cluster_name=description["name"], region=region).value,
    )


def plan_offline(manifest: str, mode: str, principals: tuple[str, ...], *, as_json: bool) -> int:
    """Prints the plan for a ConfigMap's manifest, with principals that exist by assumption; returns the exit code."""
    _validate_principals(principals)
    data = parse_configmap(manifest, "--configmap").data
    answers = assume_principals(data, principals)
    state = ClusterState(
        name="CLUSTER",
        partition=_find_partition(answers),
        account=None,
        mode=AuthenticationMode(mode),
        aws_auth=data,
        principals=answers,
        bindings=None,
        bindings_problem="the plan is made from the ConfigMap alone",
    )
    plan = plan_migration(state)
    _print(plan, as_json=as_json)
    return _exit_code(plan)


def plan_cluster(
    name: str,
    region: str | None,
    profile: str | None,
    principals: tuple[str, ...],
    *,
    write: bool,
    ask: bool,
    program: str | None,
    as_json: bool,
) -> int:
    """Prints the plan for a cluster; with `write` carries it out, with `program` writes it; returns the exit code.

    With `ask`, the cluster is asked for every principal that can be assumed, before and after the steps.
    """
    _validate_principals(principals)
    if program is not None and Path(program).exists():
        raise InvalidInputError("--program", program, "exists, and is never overwritten", "Name another file.")
    try:
        cluster = open_cluster(name, region, profile)
        plan = plan_migration(cluster.read(principals))
    except (ClusterReadError, UnreachableError) as error:
        print_message(f"Error: {error}", err=True)
        return exit_codes.INCONCLUSIVE
    if not write:
        _print(plan, as_json=as_json)
        if program is not None:
            _write_program(program, plan, cluster.region)
        return _exit_code(plan)
    if plan.needs_mode:
        _print(plan, as_json=as_json)
        print_message(f"Nothing was written: {_mode_command(plan)} has to be run first.", err=True)
        return exit_codes.BAD_INPUT
    if not as_json:
        _print(plan, as_json=False)
    return _write(cluster, plan, principals, cluster.asker if ask else None, as_json=as_json)


def change_mode(
    name: str,
    region: str | None,
    profile: str | None,
    to: str,
    principals: tuple[str, ...],
    accepted: tuple[str, ...],
    confirm: str | None,
) -> int:
    """Changes the authentication mode if nobody loses access unaccepted and it is confirmed; returns the exit code."""
    _validate_principals(principals)
    mode = AuthenticationMode(to)
    try:
        cluster = open_cluster(name, region, profile)
        if cluster.mode is mode:
            print_message(f"{name} has authentication mode {mode} already.")
            return exit_codes.OK
        _validate_mode_step(cluster, mode)
        # Only without aws-auth does anyone lose access.
        losses = plan_migration(cluster.read(principals)).losses if mode is AuthenticationMode.API else ()
    except (ClusterReadError, UnreachableError) as error:
        print_message(f"Error: {error}", err=True)
        return exit_codes.INCONCLUSIVE
    labels = {each.label for each in losses}
    if stray := sorted(set(accepted) - labels):
        raise InvalidInputError("--accept", stray[0], "is no mapping whose principal would lose its access")
    open_losses = [each for each in losses if each.label not in accepted]
    if open_losses:
        _print_losses(open_losses)
        return exit_codes.FAILED
    print_message(f"{name}: from {cluster.mode} to {mode}.")
    print_message(_NO_WAY_BACK[mode])
    for each in losses:
        print_message(f"{each.label} ({each.source.where}) loses its access, as accepted.")
    if not _is_confirmed(name, confirm):
        return exit_codes.BAD_INPUT
    try:
        update_mode(cluster.eks, name, mode)
    except ModeError as error:
        print_message(f"Error: {error}", err=True)
        return exit_codes.FAILED
    print_message(f"{name} has authentication mode {mode}.")
    return exit_codes.OK


def _validate_principals(principals: tuple[str, ...]) -> None:
    for each in principals:
        validate_principal("--principal", each)


def _validate_mode_step(cluster: Cluster, mode: AuthenticationMode) -> None:
    modes = list(AuthenticationMode)
    if modes.index(mode) != modes.index(cluster.mode) + 1:
        advice = (
            "A cluster never goes back."
            if modes.index(mode) < modes.index(cluster.mode)
            else "Change to API_AND_CONFIG_MAP first, and make the entries."
        )
        raise InvalidInputError(
            "--to", mode.value, f"is no next step of {cluster.name}, which has {cluster.mode}", advice
        )


def _is_confirmed(name: str, confirm: str | None) -> bool:
    if confirm is None and sys.stdin.isatty():
        confirm = click.prompt("Type the cluster's name to go on", default="", show_default=False)
    if confirm == name:
        return True
    print_message("Not confirmed: give --confirm with the cluster's name. Nothing was changed.", err=True)
    return False


def _write(cluster: Cluster, plan: Plan, principals: tuple[str, ...], asker: Asker | None, *, as_json: bool) -> int:
    done: list[Step] = []

    def report(step: Step) -> None:
        done.append(step)
        print_message(f"done: {describe_step(step)}", err=as_json)

    before = asker.ask(each.arn for each in plan.mappings if each.arn) if asker else {}
    problems: list[str] = []
    try:
        Writer(cluster.name, cluster.eks, cluster.api).carry_out(plan.steps, report)
    except StepError as error:
        problems.append(str(error))
    else:
        problems += _read_back(cluster, plan, principals) if plan.steps else []
    problems += _ask_again(asker, plan, before) if asker else []
    if as_json:
        written = {
            "done": [describe_step(step) for step in done],
            "problems": problems,
            "asked": [arn for arn, answer in before.items() if not isinstance(answer, NotAsked)],
            "notAsked": {arn: answer.reason for arn, answer in before.items() if isinstance(answer, NotAsked)},
        }
        print_document(json.dumps({**to_document(plan), "written": written}, indent=2, ensure_ascii=False))
    for problem in problems:
        print_message(f"Error: {problem}", err=True)
    if problems:
        left = len(plan.steps) - len(done)
        count = format_count(len(plan.steps), "step")
        print_message(f"{len(done)} of {count} done, {left} left: run it again.", err=True)
        return exit_codes.FAILED
    if not as_json:
        _print_written(done, before)
    return _exit_code(plan)


def _print_written(done: list[Step], before: Mapping[str, Answer]) -> None:
    steps = format_count(len(done), "step")
    print_message(f"{steps} done, read back and as planned." if done else "There was nothing to do.")
    if before:
        not_asked = {arn: answer.reason for arn, answer in before.items() if isinstance(answer, NotAsked)}
        count = format_count(len(before) - len(not_asked), "principal")
        print_message(f"The cluster took {count} for the same before and after.")
        for arn, reason in not_asked.items():
            print_message(f"not asked for {arn}: {reason}")


def _ask_again(asker: Asker, plan: Plan, before: Mapping[str, Answer]) -> list[str]:
    """What the cluster takes for something else after the deadline."""
    asked = [arn for arn, answer in before.items() if not isinstance(answer, NotAsked)]
    deadline = time.monotonic() + READ_BACK_SECONDS
    while True:
        changes = find_changes(plan, before, {**before, **asker.ask(asked)})
        if not changes or time.monotonic() > deadline:
            return changes
        time.sleep(READ_BACK_INTERVAL)


def _read_back(cluster: Cluster, plan: Plan, principals: tuple[str, ...]) -> list[str]:
    """What is not as planned after the deadline."""
    deadline = time.monotonic() + READ_BACK_SECONDS
    while True:
        try:
            problems = find_unfinished(plan, plan_migration(cluster.read(principals)))
        except (ClusterReadError, UnreachableError) as error:
            problems = [f"what was written could not be read back: {error}"]
        if not problems or time.monotonic() > deadline:
            return problems
        time.sleep(READ_BACK_INTERVAL)


def _write_program(path: str, plan: Plan, region: str) -> None:
    text = yaml.safe_dump(to_program(plan, region), sort_keys=False, allow_unicode=True, width=1 << 20)
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise OutputError("--program", path, error) from error
    print_message(f"wrote {path}", err=True)


def _exit_code(plan: Plan) -> int:
    if plan.select(Outcome.BLOCKED):
        return exit_codes.FAILED
    return exit_codes.INCONCLUSIVE if plan.is_assumed else exit_codes.OK


def _find_partition(answers: dict[str, Any]) -> str:
    """The partition of most mappings, for a plan without its cluster."""
    partitions = [key.split(":")[1] for key in answers]
    return max(set(partitions), key=partitions.count) if partitions else "aws"


def _mode_command(plan: Plan) -> str:
    options = {"cluster": plan.cluster, "to": AuthenticationMode.API_AND_CONFIG_MAP.value}
    return f"`{format_command('eks-access migrate mode', options)}`"


def _print(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        print_document(json.dumps(to_document(plan), indent=2, ensure_ascii=False))
        return
    out = create_console()
    out.print(Text(f"Cluster {plan.cluster}, authentication mode {plan.mode}", "bold"))
    for note in plan.notes:
        print_paragraph(out, Text(note), mark="·")
    _print_mappings(out, plan)
    _print_details(out, plan)
    _print_steps(out, plan)
    out.print(Text(_summarize(plan)))


def _print_mappings(out: Console, plan: Plan) -> None:
    if not plan.mappings:
        out.print("aws-auth has no mappings.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("where", "mapping", "username", "groups", "becomes"):
        table.add_column(column, overflow="fold")
    for each in plan.mappings:
        identity = each.source.identity
        table.add_row(
            Text(each.source.where),
            Text(each.source.arn),
            Text(identity.username),
            Text(", ".join(identity.groups)),
            Text(each.outcome.value, _STYLES.get(each.outcome, "cyan")),
        )
    out.print(table)
    out.print()


def _print_details(out: Console, plan: Plan) -> None:
    for each in plan.mappings:
        reason = ": ".join(filter(None, (each.label, each.why)))
        if each.why or each.notes:
            print_paragraph(out, Text(reason if each.why else each.label), mark="·")
        for text, style in ((each.advice, "cyan"), *((note, "dim") for note in each.notes)):
            if text:
                print_paragraph(out, Text(text, style), indent=4)
    out.print()


def _print_steps(out: Console, plan: Plan) -> None:
    if not plan.steps:
        return
    out.print(Text("Steps, in this order:", "bold"))
    lines = [describe_step(step) for step in plan.steps]
    if plan.needs_mode:
        lines.insert(0, f"{_mode_command(plan)}, which cannot be undone")
    for number, line in enumerate(lines, 1):
        print_paragraph(out, Text(line), mark=f"{number}.")
    if plan.select(Outcome.ENTRY_AND_POLICY):
        text = "Between an entry and its policy the principal has neither the mapping's rights nor the policy's."
        print_paragraph(out, Text(text, "yellow"), mark="!")
    out.print(Text("To go back, as long as the mode is not API (the mapping then counts again):", "bold"))
    for step in reversed(plan.steps):
        print_paragraph(out, Text(format_undo(step, plan.cluster), "cyan"), indent=4)
    out.print()


def _summarize(plan: Plan) -> str:
    counts = [(len(plan.select(outcome)), outcome.value) for outcome in Outcome]
    found = ", ".join(f"{count} {name}" for count, name in counts if count)
    return f"{format_count(len(plan.mappings), 'mapping')}: {found}." if found else "0 mappings."


def _print_losses(losses: list[PlannedMapping]) -> None:
    print_message("The mode was not changed: these would lose their access.", err=True)
    for each in losses:
        reason = each.why or "it has no access entry yet: run `eks-access migrate entries --write`"
        print_message(f"  {each.label} ({each.source.where}): {reason}", err=True)
    if any(each.outcome not in MADE for each in losses):
        print_message("Give --accept with each that may lose it.", err=True)
