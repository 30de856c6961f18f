"""`ProbeSchedule`: the probe as a CronJob in one cluster, with its own identity in AWS and in every cluster."""

import json
import re
from collections.abc import Mapping
from typing import Any, NotRequired

import pulumi
from typing_extensions import TypedDict

from ..errors import InvalidInputError
from ..model.identity import Identity, validate_namespace
from ..model.integration import Field, Handoff, Integration, Place, Profile, Role, role_options
from ..model.placeholders import is_known
from ..model.pods import validate_image
from ..model.trust import Irsa, PodIdentity
from ..provision.arguments import ClusterArgs
from ..provision.integration import IntegrationComponent
from . import rights
from .manifest import build_manifest_text, reduce_access
from .objects import Installation, probe_objects

EXAMPLE = "registry.example/eks-access:0.1.0"
NIGHTLY = "17 3 * * *"
MAX_SHARDS = 1000
DEADLINE_SECONDS = 3600

_CRON = re.compile(r"(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|\S+( \S+){4})")


class ProbeScheduleArgs(TypedDict):
    """Arguments of the scheduled probe: where and when it runs, and the integrations that it evaluates."""

    clusters: Mapping[str, ClusterArgs]
    """Every cluster of the integrations, by the same keys as there: the probe gets access to each."""
    home: str
    """The key of the cluster that the CronJob runs in."""
    integrations: Mapping[str, Any]
    """The integrations to evaluate: each one's output `access`, by the integration's name."""
    image: str
    """An image that contains the command `eks-access`, with a version or a digest."""
    schedule: NotRequired[str]
    """The schedule in cron's format; every night by default."""
    time_zone: NotRequired[str]
    """The schedule's time zone, `Etc/UTC` by default."""
    suspended: NotRequired[bool]
    """Suspends the CronJob: it then only runs by `kubectl create job --from=cronjob/...`."""
    shards: NotRequired[int]
    """The number of pods that share the clusters; 1 by default."""
    deadline_seconds: NotRequired[int]
    """The deadline of a run in seconds; 3600 (an hour) by default."""
    oidc_issuer: NotRequired[pulumi.Input[str]]
    """The issuer of the home cluster's OpenID Connect provider in IAM, without https://: the pods then get their role
    by IRSA, and otherwise by EKS Pod Identity."""
    namespace: NotRequired[str]
    """An existing namespace; by default one with the component's name is created, for restricted pods only."""
    role_name: NotRequired[pulumi.Input[str]]
    """The IAM role's name; `eks-access-<name>` by default."""
    role_path: NotRequired[str]
    """The IAM role's path, `/` by default."""
    permissions_boundary: NotRequired[pulumi.Input[str]]
    """The ARN of the role's permissions boundary."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags for everything that takes tags."""


class ProbeSchedule(IntegrationComponent):
    """The probe as a CronJob: evaluates the permissions of each integration, on a schedule."""

    def __init__(self, name: str, args: ProbeScheduleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, ProbeScheduleArgs, describe, opts)

    def _build(self, name: str, args: Mapping[str, Any], *rest: Any) -> None:
        accesses = {each: pulumi.Output.from_input(access) for each, access in args["integrations"].items()}
        if not accesses:
            raise InvalidInputError(
                "integrations", None, "names no integration", "Give at least one integration's output `access`."
            )
        prepared = {key: value for key, value in args.items() if key != "integrations"}
        clusters = tuple(args["clusters"])
        # These two keys are inputs of the component in the stack's state: another name would be a change of it.
        prepared["told"] = pulumi.Output.all(**accesses).apply(lambda known: _reduced_manifests(known, clusters))
        prepared["roles"] = [access.apply(_role_arn) for access in accesses.values()]
        super()._build(name, prepared, *rest)


def describe(args: Mapping[str, Any], place: Place) -> Integration:
    installation = _installation(args, place)
    group = f"{place.name}:operators"
    (home,) = (cluster for cluster in place.clusters if cluster.key == installation.cluster)
    roles = tuple(dict.fromkeys(args["roles"]))
    trust: Irsa | PodIdentity = (
        PodIdentity(place.account, (home.arn,), installation.namespace, installation.service_account)
        if installation.role_arn is None
        else Irsa(
            place.partition, place.account, args["oidc_issuer"], installation.namespace, installation.service_account
        )
    )
    manifest = build_manifest_text(args["told"], place, project=pulumi.get_project(), environment=pulumi.get_stack())
    return Integration(
        vendor="eks-access-probe",
        title="Scheduled probe",
        profile=Profile.LEAST,
        role=Role(
            name=args.get("role_name", f"eks-access-{place.name}"),
            description="Evaluates what integrations may do in EKS clusters",
            trust=trust,
            statements=rights.probe_statements(place, roles),
            **role_options(args),
        ),
        identity=Identity(username=f"{place.name}:{{{{SessionName}}}}", groups=(group,)),
        grants=rights.probe_grants(place, group),
        expectations=rights.probe_expectations(place),
        handoff=Handoff(fields=(Field("IAM Role ARN", place.role_arn),)),
        residual_risks=("Whoever may create access reviews can find out what anybody may do in the cluster.",),
        objects=probe_objects(installation, manifest),
    )


def _installation(args: Mapping[str, Any], place: Place) -> Installation:
    home = next((cluster for cluster in place.clusters if cluster.key == args["home"]), None)
    if home is None:
        known = ", ".join(cluster.key for cluster in place.clusters)
        raise InvalidInputError("home", args["home"], "is not the key of one of the clusters", f"Known: {known}.")
    return Installation(
        name=place.name,
        cluster=home.key,
        namespace=validate_namespace("namespace", args.get("namespace", place.name)),
        creates_namespace="namespace" not in args,
        service_account=place.name,
        role_arn=place.role_arn if "oidc_issuer" in args else None,
        region=home.region,
        image=validate_image("image", args["image"], EXAMPLE),
        schedule=_validate_schedule(args.get("schedule", NIGHTLY)),
        time_zone=args.get("time_zone", "Etc/UTC"),
        shards=_validate_count("shards", args.get("shards", 1), MAX_SHARDS),
        deadline_seconds=_validate_count("deadline_seconds", args.get("deadline_seconds", DEADLINE_SECONDS), 86_400),
        suspended=args.get("suspended", False),
    )


def _validate_schedule(schedule: str) -> str:
    if is_known(schedule) and not _CRON.fullmatch(schedule):
        raise InvalidInputError("schedule", schedule, "is not a schedule: five fields of cron, or @hourly, @daily, …")
    return schedule


def _validate_count(path: str, count: int, maximum: int) -> int:
    if not 1 <= count <= maximum:
        raise InvalidInputError(path, count, f"is not between 1 and {maximum}")
    return count


def _reduced_manifests(integrations: Mapping[str, Any], clusters: tuple[str, ...]) -> str:
    try:
        return json.dumps({name: reduce_access(name, access, clusters) for name, access in integrations.items()})
    except InvalidInputError as invalid:
        raise pulumi.RunError(f"ProbeSchedule: {invalid}") from invalid


def _role_arn(access: Any) -> str:
    try:
        return str(access["role"]["arn"])
    except (KeyError, TypeError):
        raise pulumi.RunError(
            "ProbeSchedule: integrations: one is not an integration's access. Give its output `access`."
        ) from None
