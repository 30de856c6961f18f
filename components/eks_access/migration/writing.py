"""Carries out a plan's steps, and changes the authentication mode. What others made is neither changed nor deleted.

A step that a run before has done is not in the plan, so a run that was interrupted can be started again.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from ..errors import EksAccessError
from ..kubernetes.client import FIELD_MANAGER, Api, ApiError, UnreachableError
from ..model.arn import parse
from ..model.identity import AuthenticationMode
from ..redaction import redacted
from .objects import binding_path, to_binding, to_tags
from .plan import AssociatePolicy, MakeBinding, MakeEntry, Step
from .reading import parse_binding
from .steps import describe_step
from .translation import BindingCopy, PlannedEntry

CONSISTENCY_SECONDS = 60.0
"""How long a new entry may take to be found: https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html"""
UPDATE_SECONDS = 1800.0
UPDATE_INTERVAL = 5.0

log = logging.getLogger(__name__)


class StepError(EksAccessError):
    """A step failed; those before it are done, and those after it are not.

    Attributes:
        step: the one that failed.
    """

    def __init__(self, step: Step, cause: object) -> None:
        self.step = step
        super().__init__(f"could not {describe_step(step)}: {redacted(str(cause))}")


class ModeError(EksAccessError):
    """The authentication mode was not changed, or whether it was is not known."""


@dataclass(frozen=True)
class Writer:
    """Writes to one cluster, by EKS's API and by its own."""

    cluster: str
    eks: Any
    api: Api
    consistency_seconds: float = CONSISTENCY_SECONDS

    def carry_out(self, steps: Iterable[Step], report: Callable[[Step], None]) -> None:
        """Do the steps in order; `report` is called after each.

        Raises:
            StepError: one failed. An entry without its policy was deleted again, so that the mapping counts.
        """
        for step in steps:
            try:
                self._do(step)
            except (ClientError, BotoCoreError, ApiError, UnreachableError, _ConflictError) as error:
                raise StepError(step, error) from error
            report(step)

    def _do(self, step: Step) -> None:
        match step:
            case MakeBinding(copy):
                self._make_binding(copy)
            case MakeEntry(entry):
                self._make_entry(entry)
            case AssociatePolicy(entry):
                self._associate(entry)

    def _make_binding(self, copy: BindingCopy) -> None:
        path = binding_path(copy.source.namespace)
        try:
            self.api.json("POST", path, query={"fieldManager": FIELD_MANAGER}, body=to_binding(copy))
        except ApiError as error:
            if error.status != 409:
                raise
            found = parse_binding(self.api.json("GET", f"{path}/{copy.name}"))
            if found != copy.binding:
                raise _ConflictError(f"{found} is there with other subjects or another role") from error

    def _make_entry(self, entry: PlannedEntry) -> None:
        identity: dict[str, Any] = {"type": entry.type}
        if entry.username:
            identity["username"] = entry.username
        if entry.groups:
            identity["kubernetesGroups"] = list(entry.groups)
        key = {"clusterName": self.cluster, "principalArn": entry.principal_arn}
        self.eks.create_access_entry(**key, **identity, tags=to_tags(entry))
        if entry.policy is None:
            return
        try:
            self._associate(entry)
        except BaseException:
            # Also if it is interrupted: without the policy the entry would take the rights that the mapping gives.
            log.debug("deleting the entry of %s, whose policy was not associated", entry.principal_arn)
            self.eks.delete_access_entry(**key)
            raise

    def _associate(self, entry: PlannedEntry) -> None:
        arn = parse(entry.principal_arn)
        assert arn is not None, "IAM's ARNs are ARNs"
        assert entry.policy is not None, "the step is for its policy"
        for attempt in Retrying(
            retry=retry_if_exception(_is_not_found),
            stop=stop_after_delay(self.consistency_seconds),
            wait=wait_fixed(min(1.0, self.consistency_seconds)),
            reraise=True,
        ):
            with attempt:
                self.eks.associate_access_policy(
                    clusterName=self.cluster,
                    principalArn=entry.principal_arn,
                    policyArn=entry.policy.arn(arn.partition),
                    accessScope={"type": "cluster"},
                )


class _ConflictError(EksAccessError):
    """Something else is where a step would write."""


def change_mode(
    eks: Any,
    cluster: str,
    mode: AuthenticationMode,
    *,
    sleep: Callable[[float], None] = time.sleep,
    deadline: float = UPDATE_SECONDS,
) -> None:
    """Change the cluster's authentication mode, and wait until EKS has done it. There is no way back.

    Raises:
        ModeError: EKS refused, or the update failed, or did not end within the deadline.
    """
    try:
        update = eks.update_cluster_config(name=cluster, accessConfig={"authenticationMode": mode.value})["update"]
        waited = 0.0
        while update["status"] == "InProgress":
            if waited >= deadline:
                raise ModeError(f"update {update['id']} of {cluster} has not ended after {deadline:.0f} seconds")
            sleep(UPDATE_INTERVAL)
            waited += UPDATE_INTERVAL
            update = eks.describe_update(name=cluster, updateId=update["id"])["update"]
    except (ClientError, BotoCoreError) as error:
        raise ModeError(f"changing the mode of {cluster} failed: {redacted(str(error))}") from error
    if update["status"] != "Successful":
        reasons = "; ".join(each.get("errorMessage", "") for each in update.get("errors") or ())
        raise ModeError(
            f"update {update['id']} of {cluster} ended as {update['status']}: {reasons or 'no reason given'}"
        )


def _is_not_found(error: BaseException) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] == "ResourceNotFoundException"
