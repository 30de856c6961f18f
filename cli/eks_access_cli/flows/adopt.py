"""Adopts what was made by hand: reads it, declares it, and plans the import with the engine. Changes nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from eks_access.errors import InvalidInputError
from eks_access.integrations import Vendor, vendors
from eks_access.model.arn import validate_principal
from eks_access.model.found import DerivedArguments, FoundAccess
from eks_access.model.integration import INTEGRATION_NAME
from eks_access.scaffold.questions import Kind, list_questions
from eks_access_inventory.adopt.importing.existing import Place
from eks_access_inventory.adopt.importing.report import Commands, format_plan
from eks_access_inventory.adopt.origins import find_owners
from eks_access_inventory.reading.model import AccountReading

from .. import exit_codes
from ..output import print_message, print_text
from . import adopt_folder
from .adopt_candidates import list_candidates
from .adopt_comparison import describe_integration, format_differences, validate_same_role
from .adopt_connected import (
    ConnectedClusters,
    describe_missing_clusters,
    read_connected_clusters,
)
from .adopt_connection import connect, find_uncertain, read_origins
from .adopt_engine import Computed, compute
from .adopt_environment import (
    AdoptError,
    Declaration,
    Target,
    choose_clusters,
    declare,
    find_declaration,
    open_target,
    write_file,
)
from .adopt_manifest import build_manifest


@dataclass(frozen=True, kw_only=True)
class AdoptOptions:
    """The options of `eks-access adopt`."""

    integration: str | None
    vendor: str | None
    role: str | None
    stack: str
    cwd: Path
    clusters: tuple[str, ...]
    settings: tuple[str, ...]
    terraform_states: tuple[Path, ...]
    out: Path | None
    write: bool
    profile: str | None


@dataclass(frozen=True)
class _Words:
    """What the plan says besides the engine's differences."""

    notes: tuple[str, ...]
    comparison: str
    manifest: str
    """Empty where a secret is missing in it."""


def run_adopt(options: AdoptOptions) -> int:
    """Lists what can be adopted, or plans one adoption; returns the exit code.

    Raises:
        EksAccessError: an option, the environment or its file is not valid; nothing was written.
        PulumiProgramError: the engine refused.
    """
    target = open_target(options.cwd, options.stack)
    connection = connect(options.profile)
    if options.role is None or options.integration is None:
        return list_candidates(target, connection.read(target))
    _validate_names(options.integration, options.role)
    out = options.out if options.out is not None else options.cwd / f"adopt-{options.integration}"
    adopt_folder.validate_folder(out)
    reading = connection.read(target)
    origins = read_origins(options.terraform_states)
    found = connection.find_access(target, reading, options.role, options.vendor or "", origins)
    if found.role is None:
        return _print_unread(found)
    declared = target.find_declared(options.integration)
    if declared is None:
        _validate_no_owner(found, target)
    key = _choose_vendor(options, found, declared)
    connected = ConnectedClusters()
    if vendors()[key].own_clusters:
        given = _parse_settings(options, vendors()[key]) if declared is None else declared
        connected = read_connected_clusters(target, given)
        found = connected.extend(found, origins)
    elif not found.ways:
        raise AdoptError(f"{options.role} has no way into any cluster of {', '.join(target.regions)}")
    declaration, derived = _declare(target, options, key, found, reading)
    if declaration is None:
        _print_missing(options.integration, derived)
        return exit_codes.FAILED
    described = describe_integration(declaration.environment, options.integration, reading)
    if declaration.is_written:
        validate_same_role(described.integration.role, options.integration, found.principal_arn)
    comparison = format_differences(described, found)
    clusters = connected.clusters or declaration.clusters
    place = Place(found, clusters, dict(find_uncertain(reading)))
    reader = connection.create_reader({**declaration.clusters, **connected.clusters}, connected, origins)
    print_message("computing in a copy of the stack what `pulumi up` would do", err=True)
    computed = compute(target, declaration, options.integration, key, place, reader)
    manifest = build_manifest(
        declaration.environment, described, target.project.name, target.stack, connection.describe
    )
    return _report(target, options, out, declaration, _Words(derived.notes, comparison, manifest), computed)


def _print_unread(found: FoundAccess) -> int:
    print_message(f"Error: {found.principal_arn} is no role that could be read.", err=True)
    for each in found.unread:
        print_message(f"  {each}", err=True)
    return exit_codes.INCONCLUSIVE


def _validate_names(integration: str, role: str) -> None:
    if not INTEGRATION_NAME.fullmatch(integration):
        raise InvalidInputError("INTEGRATION", integration, "is not an integration's name")
    validate_principal("--role", role)


def _validate_no_owner(found: FoundAccess, target: Target) -> None:
    if owners := find_owners(found, target.own_stack):
        raise AdoptError(
            f"{found.principal_arn} belongs to {', '.join(owners)}, which was made by this package: `pulumi state move`"
            " moves resources from one stack to another"
        )


def _choose_vendor(options: AdoptOptions, found: FoundAccess, declared: Mapping[str, Any] | None) -> str:
    """The vendor's key: as the file declares it, else as the user says or as it was recognised."""
    known = vendors()
    if declared is not None:
        key = str(declared.get("vendor") or options.integration)
        if options.vendor not in (None, key):
            raise InvalidInputError("--vendor", options.vendor, f"is another than the file declares, {key}")
    else:
        key = options.vendor or found.vendor or str(options.integration)
    if key not in known:
        raise InvalidInputError("--vendor", key, "is not a known vendor", f"Known: {', '.join(known)}.")
    if declared is None and known[key].derive_arguments is None:
        raise AdoptError(
            f"--vendor: nothing shows the arguments of {key}: declare the integration in the environment's file, with"
            " `role_name`, and run this again"
        )
    return key


def _declare(
    target: Target, options: AdoptOptions, key: str, found: FoundAccess, reading: AccountReading
) -> tuple[Declaration | None, DerivedArguments]:
    """The integration's declaration: the file's own, or one that is derived; None where an argument is missing."""
    name = str(options.integration)
    declared = target.find_declared(name)
    if declared is not None:
        if options.settings or options.clusters:
            raise AdoptError(
                f"{target.file} has {name!r} already, which counts: change it there, without --set and --cluster"
            )
        return find_declaration(target, name, declared), DerivedArguments({})
    derived = _derive(vendors()[key], found)
    given = _parse_settings(options, vendors()[key])
    missing = tuple(each for each in derived.missing if each.name.partition(".")[0] not in given)
    if vendors()[key].own_clusters:
        missing += (describe_missing_clusters(reading),) if "clusters" not in given else ()
        if options.clusters:
            raise AdoptError(f"--cluster: {key} has clusters of its own, which --set clusters names")
    derived = DerivedArguments({**derived.arguments, **given}, missing, derived.notes)
    if missing:
        return None, derived
    clusters = choose_clusters(target, found.ways, options.clusters)
    return declare(target, name, key, derived.arguments, clusters), derived


def _derive(vendor: Vendor, found: FoundAccess) -> DerivedArguments:
    if vendor.derive_arguments is None:
        raise AdoptError(f"nothing shows the arguments of {vendor.key}")
    return vendor.derive_arguments(found)


def _parse_settings(options: AdoptOptions, vendor: Vendor) -> dict[str, Any]:
    return dict(parse_setting(each, vendor) for each in options.settings)


def parse_setting(setting: str, vendor: Vendor) -> tuple[str, Any]:
    """The name and the value of a --set, in YAML; a number is a text where the vendor's argument is one.

    Raises:
        InvalidInputError: it is not of the form KEY=YAML. The value, which may be a secret, is not in the message.
    """
    name, equals, text = setting.partition("=")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value, equals = None, ""
    if not equals or not name:
        # Without the sign the whole may be a secret.
        shown = name if "=" in setting else None
        raise InvalidInputError("--set", shown, "is not of the form KEY=YAML")
    asked = next((each for each in list_questions(vendor) if each.name == name), None)
    is_text = asked is not None and asked.kind is Kind.TEXT and isinstance(value, int | float)
    return name, text.strip() if is_text else value


def _report(
    target: Target,
    options: AdoptOptions,
    out: Path,
    declaration: Declaration,
    words: _Words,
    computed: Computed,
) -> int:
    problem = "not everything can be taken over" if computed.imported.is_blocked else declaration.problem
    is_written = declaration.is_written or (options.write and not problem)
    project = target.project.folder

    def name_file(name: str) -> str:
        return adopt_folder.name_file(out, name, project)

    commands = Commands(
        options.stack,
        name_file(adopt_folder.IMPORT) if computed.imported.imports else "",
        name_file(adopt_folder.KUBECONFIG) if computed.kubeconfig else "",
        name_file(adopt_folder.CONFIGURATION),
        target.file.name,
        is_written,
        name_file(adopt_folder.MANIFEST) if words.manifest else "",
        "" if project.resolve() == Path.cwd() else str(project),
    )
    text = format_plan(computed.plan, commands, words.comparison, words.notes)
    adopt_folder.write_folder(out, computed, text, declaration.block, words.manifest)
    if options.write and declaration.block and not problem:
        write_file(target, declaration.text)
    print_text(text)
    if options.write and declaration.block and problem:
        print_message(f"Nothing was written to {target.file}: {problem}.", err=True)
        print_text(declaration.block)
        return exit_codes.FAILED
    if not computed.plan.is_covered:
        return exit_codes.FAILED
    return exit_codes.OK if computed.plan.is_known else exit_codes.INCONCLUSIVE


def _print_missing(integration: str, derived: DerivedArguments) -> None:
    print_message(f"{integration}: nothing that was found shows these arguments.", err=True)
    for each in derived.missing:
        print_message(f"  {each.name}: {each.why}. {each.advice} Give it by --set {each.name}=VALUE.", err=True)
