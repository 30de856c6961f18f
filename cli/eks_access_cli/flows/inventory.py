"""Reads the inventory of an account, with progress on standard error, and writes it."""

from contextlib import ExitStack
from dataclasses import dataclass

import click

from eks_access.integrations import list_marks
from eks_access_inventory.evaluate.build import Options, build_inventory
from eks_access_inventory.inventory import AccessInventory, encode_inventory
from eks_access_inventory.reading.account import Audit, Scope, read_account
from eks_access_inventory.reading.selection import Selection, parse_tag
from eks_access_inventory.report.table import print_inventory
from eks_access_policies.finding import Severity

from .. import exit_codes
from ..console import create_console
from ..output import open_binary, open_text
from ..progress import show_inventory_progress
from .account import connect_account
from .own_credentials import CredentialsError, find_region
from .policies import load_configuration


@dataclass(frozen=True, kw_only=True)
class InventoryOptions:
    """The options of `eks-access inventory`."""

    names: tuple[str, ...]
    regions: tuple[str, ...]
    all_regions: bool
    tags: tuple[str, ...]
    profile: str | None
    json_file: str | None
    html_file: str | None
    markdown_file: str | None
    verbose: bool
    config: str | None
    fail_on: tuple[str, ...]
    unused_days: int
    audit_log: str | None
    audit_days: int
    deadline: float
    concurrency: int

    def __post_init__(self) -> None:
        if self.regions and self.all_regions:
            raise click.UsageError("give either --region or --all-regions")
        if [self.json_file, self.html_file, self.markdown_file].count("-") > 1:
            raise click.UsageError("only one of --json, --html and --markdown can be the standard output")


def run_inventory(options: InventoryOptions) -> int:
    """Reads, prints and writes; returns the exit code.

    Raises:
        SelectionError, ConfigurationError, OutputError: an option is invalid; nothing was read.
        CredentialsUnavailableError, CredentialsError, LoopbackError: there are no credentials, region or endpoint.
        AccountError: the account cannot be read at all.
    """
    evaluation = Options(load_configuration(options.config), list_marks(), options.unused_days)
    selection = Selection(options.names, tuple(map(parse_tag, options.tags)))
    clients, keys, only_loopback = connect_account(options.profile, options.concurrency)
    home = options.regions[0] if options.regions else find_region(options.profile)
    if home is None:
        raise CredentialsError("no region: give --region or set AWS_REGION")
    with ExitStack() as files:
        json_file = open_binary("--json", options.json_file, files) if options.json_file else None
        html_file = open_text("--html", options.html_file, files) if options.html_file else None
        markdown_file = open_text("--markdown", options.markdown_file, files) if options.markdown_file else None
        scope = Scope(
            home=home,
            regions=() if options.all_regions else options.regions or (home,),
            selection=selection,
            audit=Audit(options.audit_log, options.audit_days) if options.audit_log else None,
            only_loopback=only_loopback,
        )
        with show_inventory_progress() as listener:
            reading = read_account(
                clients, keys, scope, listener, concurrency=options.concurrency, deadline=options.deadline
            )
        inventory = build_inventory(reading, evaluation)
        is_piped = "-" in (options.json_file, options.html_file, options.markdown_file)
        print_inventory(inventory, create_console(stderr=is_piped), verbose=options.verbose)
        if json_file is not None:
            json_file.write(encode_inventory(inventory))
        if html_file is not None:
            from eks_access_inventory.report.html import render_page

            html_file.write(render_page(inventory))
        if markdown_file is not None:
            from eks_access_inventory.report.markdown import format_markdown

            markdown_file.write(format_markdown(inventory))
    return find_exit_code(inventory, options.fail_on)


def find_exit_code(inventory: AccessInventory, fail_on: tuple[str, ...]) -> int:
    """1 if the inventory has what `fail_on` names, a severity or a problem; 3 if not all could be read."""
    severities = [Severity[name.upper()] for name in fail_on if name.upper() in Severity.__members__]
    for principal in inventory.principals:
        if any(problem.kind in fail_on for problem in principal.all_problems):
            return exit_codes.FAILED
        worst = max((Severity[each.severity.upper()] for each in principal.open_dangers), default=0)
        if severities and worst >= min(severities):
            return exit_codes.FAILED
    return exit_codes.OK if inventory.is_whole else exit_codes.INCONCLUSIVE
