"""What the engine computes for an adoption: what it would create and, in a copy of the stack, do after an import."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eks_access import __version__
from eks_access.kubernetes.kubeconfig import build_kubeconfig, is_kubeconfig, join_contexts
from eks_access.stack.environment_file import Project
from eks_access_inventory.adopt.importing.existing import ClusterKey, Place
from eks_access_inventory.adopt.importing.import_file import ImportFileError, ImportPlan, build_import_plan
from eks_access_inventory.adopt.importing.lookups import list_wanted
from eks_access_inventory.adopt.importing.plan import AdoptionPlan, build_plan, build_plan_from_inputs
from eks_access_inventory.adopt.importing.steps import Step, parse_steps, select_below

from ..pulumi_program import PulumiProgramError, PulumiStack
from ..scratch_stack import ScratchStackError, copy_stack, resolve_definitions
from .adopt_connected import Reader
from .adopt_environment import AdoptError, Declaration, Target


@dataclass(frozen=True)
class Computed:
    """What was computed for an adoption.

    Attributes:
        kubeconfig: a context for each cluster that something is imported from; empty if there is none.
    """

    imported: ImportPlan
    kubeconfig: str
    plan: AdoptionPlan


def compute(
    target: Target, declaration: Declaration, integration: str, vendor: str, place: Place, reader: Reader
) -> Computed:
    """The import file and the plan.

    Raises:
        PulumiProgramError: the engine refused.
        ImportFileError: what it wrote is not understood.
    """
    try:
        with copy_stack(target.project, target.stack, declaration.text, {}) as copy:
            return _compute_in(copy, target.project, declaration, integration, vendor, place, reader)
    except ScratchStackError as error:
        steps, generated = _preview_original(target, declaration)
        imported = _build_imported(generated, steps, integration, place, reader)
        kubeconfig = _collect_kubeconfigs(steps, integration, imported, reader)
        plan = build_plan_from_inputs(integration, vendor, imported, place.found, str(error))
        return Computed(imported, kubeconfig, plan)


def _compute_in(
    copy: PulumiStack,
    project: Project,
    declaration: Declaration,
    integration: str,
    vendor: str,
    place: Place,
    reader: Reader,
) -> Computed:
    folder = copy.project.parent
    # What exists would be refused, as it is not this stack's yet.
    taking_over = folder / "taking-over.yaml"
    taking_over.write_text(resolve_definitions(declaration.taking_over, project), encoding="utf-8")
    steps, generated = _preview(copy, folder / "generated.json", taking_over)
    imported = _build_imported(generated, steps, integration, place, reader)
    kubeconfig = _collect_kubeconfigs(steps, integration, imported, reader)
    if imported.is_blocked:
        steps = ()
    elif imported.imports:
        file, clusters = folder / "import.json", folder / "kubeconfig.yaml"
        file.write_text(json.dumps(imported.content), encoding="utf-8")
        if kubeconfig:
            clusters.write_text(kubeconfig, encoding="utf-8")
            copy = replace(copy, variables={**copy.variables, "KUBECONFIG": str(clusters)})
        copy.import_resources(file)
        steps = preview_after_import(copy, project, integration)
    return Computed(imported, kubeconfig, build_plan(steps, integration, vendor, imported, place.found))


def preview_after_import(copy: PulumiStack, project: Project, integration: str) -> tuple[Step, ...]:
    """What `pulumi up` would do, in the copy, once everything is imported.

    Raises:
        AdoptError: the engine refuses it, as it would after the import: something else has the integration's names.
    """
    try:
        return parse_steps(copy.preview())
    except PulumiProgramError as error:
        words = str(error).replace(str(copy.project), str(project.folder))
        raise AdoptError(
            "`pulumi up` would be refused after the import. If an object of another stack or owner is in the way, adopt"
            f" under another name than {integration!r}, of which the names of objects are made. {words}"
        ) from error


def _preview(stack: PulumiStack, file: Path, config_file: Path) -> tuple[tuple[Step, ...], Any]:
    steps = parse_steps(stack.preview(import_file=file, config_file=config_file))
    try:
        return steps, json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise ImportFileError("the engine wrote no import file: `pulumi version` is older than is needed") from cause


def _preview_original(target: Target, declaration: Declaration) -> tuple[tuple[Step, ...], Any]:
    """The preview of the stack itself, with the configuration of a file of its own."""
    stack = PulumiStack(target.stack, target.project.folder)
    with tempfile.TemporaryDirectory(prefix="eks-access-adopt-") as created:
        config = Path(created) / target.file.name
        config.write_text(declaration.taking_over, encoding="utf-8")
        return _preview(stack, Path(created) / "generated.json", config)


def _build_imported(
    generated: Any, steps: tuple[Step, ...], integration: str, place: Place, reader: Reader
) -> ImportPlan:
    lookups = reader.look_up(tuple(list_wanted(steps, integration)))
    return build_import_plan(generated, steps, integration, place, __version__, lookups)


def _collect_kubeconfigs(steps: Iterable[Step], integration: str, imported: ImportPlan, reader: Reader) -> str:
    """A kubeconfig with a context for each cluster that something is imported from."""
    ids = [str(spec.get("id") or "") for spec in imported.content["resources"]]
    used = sorted({each.partition("//")[0] for each in ids if "//" in each})
    own = {
        each.cluster: str(each.step.inputs.get("kubeconfig"))
        for each in select_below(tuple(steps), integration)
        if each.cluster and is_kubeconfig(str(each.step.inputs.get("kubeconfig") or ""))
    }
    given = reader.connected.kubeconfigs
    texts = {key: given.get(key) or own.get(key) or reader.get_kubeconfig(key) for key in used}
    return join_contexts(texts) if texts else ""


def build_cluster_kubeconfig(cluster: ClusterKey, described: Mapping[str, Any]) -> str:
    """The kubeconfig that a deployment has by default, of a cluster as EKS describes it."""
    return build_kubeconfig(
        cluster_name=cluster.name,
        region=cluster.region,
        endpoint=described["endpoint"],
        certificate_authority=described["certificateAuthority"]["data"],
    )
