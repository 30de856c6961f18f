"""The plan of an off-boarding: what the integration has, what its vendor made, and what stays."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.endpoint import LoopbackError
from eks_access.manifest.models import HIDDEN, Cluster, IntegrationAccess, Manifest
from eks_access.model.placeholders import map_texts
from eks_access.redaction import redacted
from eks_access.shell_command import format_command
from eks_access.stack.removal import Removal

from ..identity.aws_clients import Aws, Keys
from ..leftovers.survey import Survey
from .remains import find_vendor_objects
from .report import (
    ClusterReport,
    ConfigurationReport,
    OffboardReport,
    PlanReport,
    ResourceReport,
    RoleReport,
    Unread,
)

MIN_SECRET_LENGTH = 4
"""Shorter values are replaced only where they are the whole text: a `1` would be in every other one."""
REVOKING_POLICY = "AWSRevokeOlderSessions"
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html"""


def build_plan(
    name: str,
    manifest: Manifest,
    removal: Removal,
    configuration: ConfigurationReport | None,
    role: RoleReport,
    survey: Survey,
    now: datetime,
) -> PlanReport:
    """The plan from what was read. `survey` is that of leftovers with the integration as off-boarded."""
    access = manifest.integrations[name]
    return PlanReport(
        resources=[
            ResourceReport(urn=each.urn, type=each.type, name=each.name, kept=each.is_kept)
            for each in removal.resources
        ],
        dependents=list(removal.dependents),
        configuration=configuration,
        role=role,
        clusters=[_describe_cluster(key, cluster, access) for key, cluster in access.clusters.items()],
        sessions=list(describe_sessions(access, role, now, is_planned=True)),
        vendor_objects=find_vendor_objects(survey.findings, name, access, manifest),
        vendor_steps=list(access.handoff.removal),
        untouched=sorted(set(manifest.integrations) - {name}),
        unread=[Unread(where=each.where, why=each.why) for each in survey.unreadable]
        + ([Unread(where="IAM", why=role.why_unknown)] if role.why_unknown else []),
    )


def read_role(aws: Aws, keys: Keys, access: IntegrationAccess) -> RoleReport:
    """The role as IAM has it: how long its sessions last, and when it was used last."""
    report = RoleReport(
        arn=access.role.arn, existing=access.role.existing, max_session_seconds=access.role.max_session_seconds
    )
    region = next(iter(access.clusters.values())).region
    try:
        found = aws.client("iam", region, keys).get_role(RoleName=access.role.name)["Role"]
    except (ClientError, BotoCoreError, LoopbackError) as error:
        return report.model_copy(update={"why_unknown": redacted(str(error))})
    used = found.get("RoleLastUsed") or {}
    return report.model_copy(
        update={
            "unique_id": found["RoleId"],
            "max_session_seconds": found.get("MaxSessionDuration", report.max_session_seconds),
            "last_used": used.get("LastUsedDate"),
            "last_used_region": used.get("Region", ""),
        }
    )


def _describe_cluster(key: str, cluster: Cluster, access: IntegrationAccess) -> ClusterReport:
    identity = access.identity
    return ClusterReport(
        key=key,
        name=cluster.name,
        region=cluster.region,
        method=cluster.method.value,
        username=identity.username_by(cluster.method),
        groups=list(identity.groups),
        access_policies=[policy.arn.rpartition("/")[2] for policy in identity.access_policies],
        grants=[grant.name for grant in access.grants],
        objects=[
            f"{each.kind} {each.namespace}/{each.name}" if each.namespace else f"{each.kind} {each.name}"
            for each in access.objects
        ],
    )


def describe_sessions(
    access: IntegrationAccess, role: RoleReport, removed_at: datetime, *, is_planned: bool
) -> Iterator[str]:
    """Which sessions may be alive after the removal, until when, what it does to them, and how they are revoked."""
    latest = removed_at + timedelta(seconds=role.max_session_seconds)
    if_now = ", if it is removed now" if is_planned else ""
    if access.is_connected:
        yield "The connector's service account is deleted in each cluster, and its tokens end with it."
    else:
        yield (
            f"A session of the role that was made before the removal lasts {_format_duration(role.max_session_seconds)}"
            f" at most: until {latest.astimezone(UTC):%Y-%m-%d %H:%M} UTC{if_now}."
        )
        yield (
            "No cluster accepts one any longer once its access entry or mapping is gone, which takes some seconds; an"
            " API server may remember for about two minutes that it has accepted a token."
        )
    if not access.role.existing:
        yield "AWS refuses every call of a session whose role is deleted, however long it would have lasted."
        return
    yield f"The role {role.arn} is its owner's, and stays: AWS goes on to accept its sessions, and new ones."
    yield (
        "Its owner takes the integration out of its trust policy, and the rights that were given for it out of its"
        " policies; then this ends the sessions that were made before, those of anyone else who uses the role as well,"
        f" with the time at which it is run:\n{format_revocation(role.arn, removed_at)}"
    )


def format_revocation(role_arn: str, now: datetime) -> str:
    """The command that denies everything to the sessions of a role that were made before a time."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": ["*"],
                "Resource": ["*"],
                "Condition": {"DateLessThan": {"aws:TokenIssueTime": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}},
            }
        ],
    }
    options = {
        "role-name": role_arn.rpartition("/")[2],
        "policy-name": REVOKING_POLICY,
        "policy-document": json.dumps(document, separators=(",", ":")),
    }
    return format_command("aws iam put-role-policy", options)


def _format_duration(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    parts = [f"{hours} {'hour' if hours == 1 else 'hours'}"] if hours else []
    parts += [f"{minutes} minutes"] if minutes else []
    return " and ".join(parts) or f"{seconds} seconds"


def list_secrets(access: Mapping[str, Any], secrets: Iterable[str]) -> tuple[str, ...]:
    """What no report shows, the longest first: the stack's secrets, the vendor's own, and the ExternalId."""
    external_id = (access.get("trust") or {}).get("externalId")
    fields = [each["value"] for each in access["handoff"]["fields"] if each.get("secret")]
    found = {*secrets, *fields, *([external_id] if external_id else [])} - {"", HIDDEN}
    return tuple(sorted(found, key=len, reverse=True))


def hide_in_report(report: OffboardReport, secrets: Sequence[str]) -> OffboardReport:
    """The report with the secrets replaced in every text, but not in what the run goes on by: names, URNs and keys."""

    def hide(text: str) -> str:
        for secret in secrets:
            if text == secret:
                return HIDDEN
            if len(secret) >= MIN_SECRET_LENGTH:
                text = text.replace(secret, HIDDEN)
        return text

    hidden = OffboardReport.model_validate(map_texts(report.model_dump(), hide))
    plan = hidden.plan.model_copy(update={"resources": report.plan.resources, "untouched": report.plan.untouched})
    names = {each: getattr(report, each) for each in ("project", "environment", "account", "integration", "vendor")}
    lines = {
        each: [
            line.model_copy(update={"key": own.key, "where": own.where})
            for line, own in zip(getattr(hidden, each), getattr(report, each), strict=True)
        ]
        for each in ("before", "proof")
    }
    return hidden.model_copy(update={**names, **lines, "plan": plan})
