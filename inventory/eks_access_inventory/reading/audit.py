"""Reads from the audit log of a cluster which IAM principals made requests. Blocking: waits for the query's end.

Only in log groups that the user names: CloudWatch Logs charges for what a query scans.
https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
"""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from eks_access.errors import EksAccessError
from eks_access_policies.access.principals import canonicalize

from .model import AuditReading, AuditUse

MAX_ROWS = 10_000
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatchlogs_limits.html"""
QUERY = f"""filter @logStream like /^kube-apiserver-audit/ and ispresent(user.extra.canonicalArn.0)
| stats count(*) as requests, max(@timestamp) as last by user.extra.canonicalArn.0 as principal
| limit {MAX_ROWS}"""
"""The authenticator adds the canonical ARN to each user that it recognises."""
_POLL_SECONDS = 1.0
_RUNNING = ("Scheduled", "Running", "Unknown")
CLUSTER = "{cluster}"
"""Stands for the cluster's name in the name of a log group."""


class AuditQueryError(EksAccessError):
    """The query of an audit log did not end with all of its results."""


def name_log_group(pattern: str, cluster: str) -> str:
    return pattern.replace(CLUSTER, cluster)


def read_audit(
    logs: Any, group: str, days: int, *, deadline: float, sleep: Callable[[float], None] = time.sleep
) -> AuditReading:
    """The uses in the last `days`; `deadline` is a moment of `time.monotonic`.

    Raises:
        AuditQueryError: the query failed, or has more principals than it may return.
        ClientError, BotoCoreError: a call failed.
    """
    now = int(time.time())
    started = logs.start_query(
        logGroupName=group, startTime=now - days * 86_400, endTime=now, queryString=QUERY, limit=MAX_ROWS
    )
    while (results := logs.get_query_results(queryId=started["queryId"]))["status"] in _RUNNING:
        if time.monotonic() > deadline:
            logs.stop_query(queryId=started["queryId"])
            raise AuditQueryError(f"the query of log group {group} had not ended by the deadline")
        sleep(_POLL_SECONDS)
    if results["status"] != "Complete":
        raise AuditQueryError(f"the query of log group {group} ended as {results['status']}")
    if len(results["results"]) >= MAX_ROWS:
        raise AuditQueryError(f"log group {group} has more than {MAX_ROWS:,} principals")
    return AuditReading(days, parse_rows(results["results"]))


def parse_rows(rows: Iterable[Iterable[Mapping[str, str]]]) -> Mapping[str, AuditUse]:
    """The uses in a query's results, by canonical ARN."""
    uses = {}
    for row in rows:
        fields = {cell.get("field", ""): cell.get("value", "") for cell in row}
        if arn := fields.get("principal"):
            uses[canonicalize(arn)] = AuditUse(int(float(fields.get("requests") or 0)), _parse_time(fields.get("last")))
    return uses


def _parse_time(text: str | None) -> datetime | None:
    """A time as CloudWatch Logs has it: in milliseconds since the epoch, or as text in UTC."""
    try:
        return datetime.fromtimestamp(float(text or "") / 1000, UTC)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=UTC)
    except ValueError:
        return None
