"""The order of the checks: refusals after what must be allowed, and once more at the end; and when waiting ends."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from eks_access.manifest.models import IntegrationAccess
from eks_access_probe.checks.check import Check
from eks_access_probe.checks.plan import ClusterPlan, IntegrationPlan
from eks_access_probe.outcome import Answer, Outcome, Plane, Question, Result, Verdict
from eks_access_probe.run.retry import CheckRetryPolicy
from eks_access_probe.run.runner import QUIET_SECONDS, RBAC_QUIET_SECONDS, run_checks
from tests.support.world import access

DEADLINE = 60.0
LATEST_BACKOFF = 5.0
POLICY = {"arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "namespaces": []}


@dataclass
class Deployment:
    """What is granted, and from which moment on it is visible; time passes by waiting and by calls."""

    now: float = 0.0
    call_seconds: float = 0.0
    asked: list[tuple[str, float]] = field(default_factory=list)
    renewed: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    def check(self, call: str, plane: Plane, allowed: bool, from_: float | None) -> Check:
        """A check of a call that is allowed from this moment on, or never (None)."""
        cluster = "api" if plane is Plane.KUBERNETES else None

        def ask() -> Answer:
            self.asked.append((call, self.now))
            is_allowed = from_ is not None and self.now >= from_
            self.now += self.call_seconds
            return Answer(Verdict.ALLOWED if is_allowed else Verdict.DENIED)

        return Check(
            Question("acme", plane, call, "", allowed, "", cluster), ask, lambda: self.renewed.append(self.now)
        )

    def when(self, call: str) -> list[float]:
        return [moment for asked, moment in self.asked if asked == call]


Lines = dict[str, tuple[bool, float | None]]
"""Each call: whether it must be allowed, and from when on it is."""


@pytest.fixture
def run(certificate_authority: str) -> Callable[..., dict[str, Outcome]]:
    def run(
        deployment: Deployment,
        *,
        aws: Lines | None = None,
        kubernetes: Lines | None = None,
        tampered: Lines | None = None,
        assume: float | None = 0.0,
        sign_in: float | None = 0.0,
        deadline: float = DEADLINE,
        **changes: Any,
    ) -> dict[str, Outcome]:
        def checks(plane: Plane, lines: Lines | None) -> list[Check]:
            return [deployment.check(call, plane, *line) for call, line in (lines or {}).items()]

        plan = IntegrationPlan(
            "acme",
            IntegrationAccess.model_validate(access(certificate_authority, **changes)),
            deployment.check("assume", Plane.TRUST, True, assume),
            checks(Plane.TRUST, tampered),
            checks(Plane.AWS, aws),
            {
                "api": ClusterPlan(
                    deployment.check("sign in", Plane.KUBERNETES, True, sign_in), checks(Plane.KUBERNETES, kubernetes)
                )
            },
        )
        with ThreadPoolExecutor(1) as pool:
            policy = CheckRetryPolicy(deadline, pool, clock=lambda: deployment.now, sleep=deployment.sleep)
            outcomes = asyncio.run(run_checks([plan], policy, Silent()))
        return {outcome.question.verb: outcome for outcome in outcomes}

    return run


class Silent:
    def check_finished(self, outcome: Outcome) -> None:
        """Nothing is shown."""


Run = Callable[..., dict[str, Outcome]]


@pytest.mark.parametrize("plane", ["aws", "kubernetes"])
def test_a_refusal_is_asked_only_after_what_must_be_allowed_is_visible(run: Run, plane: str) -> None:
    deployment = Deployment()
    # Both come with the same policy: asked before it is visible, the wide right would look refused.
    found = run(deployment, **{plane: {"narrow": (True, 8.0), "too wide": (False, 8.0)}})
    assert found["narrow"].result is Result.AS_EXPECTED
    assert found["too wide"].result is Result.MISMATCH
    assert min(deployment.when("too wide")) >= 8.0


def test_a_refusal_waits_for_its_own_plane_alone(run: Run) -> None:
    deployment = Deployment()
    found = run(
        deployment,
        aws={"read": (True, 0.0), "write": (False, None)},
        kubernetes={"list": (True, 8.0), "delete": (False, None)},
    )
    assert {outcome.result for outcome in found.values()} == {Result.AS_EXPECTED}
    assert deployment.when("write")[0] < 8.0 <= deployment.when("delete")[0]


def test_every_refusal_is_asked_once_more_after_everything_else(run: Run) -> None:
    deployment = Deployment()
    found = run(
        deployment,
        aws={"read": (True, 0.0), "write": (False, None)},
        kubernetes={"list": (True, 9.0), "delete": (False, None)},
        tampered={"without ExternalId": (False, None)},
    )
    assert {outcome.result for outcome in found.values()} == {Result.AS_EXPECTED}
    refused = ("write", "delete", "without ExternalId")
    last_of_others = max(moment for call, moment in deployment.asked if call not in refused)
    for call in refused:
        first, again = deployment.when(call)
        assert again >= max(first, last_of_others)
    assert found["write"].attempts == 1, "an expected refusal is not retried"
    assert deployment.renewed, "what the API server remembers of the old token is not asked for again"


@pytest.mark.parametrize("line", ["aws", "tampered"])
def test_a_right_that_becomes_visible_during_the_run_is_found_at_its_end(run: Run, line: str) -> None:
    deployment = Deployment()
    late = {"late": (False, 5.0)}
    found = run(
        deployment, kubernetes={"list": (True, 9.0)}, **{line: late | ({"read": (True, 0.0)} if line == "aws" else {})}
    )
    assert deployment.when("late")[0] < 5.0, "it was refused at first"
    assert found["late"].result is Result.MISMATCH


def test_refusals_show_nothing_while_nothing_is_allowed_in_aws(run: Run) -> None:
    found = run(Deployment(), aws={"read": (True, None), "write": (False, None), "wide": (False, 0.0)})
    assert found["read"].result is Result.MISMATCH
    assert found["write"].result is Result.NOT_PROVEN
    assert "as is everything that must be allowed" in found["write"].answer.message
    assert found["wide"].result is Result.MISMATCH, "a right that is there is found in any case"
    allowed = run(Deployment(), aws={"read": (True, 0.0), "list": (True, None), "write": (False, None)})
    assert allowed["write"].result is Result.AS_EXPECTED, "the role's policy is visible"


def test_refusals_of_rbac_count_once_the_cluster_shows_the_user(run: Run) -> None:
    lines = {"list": (True, None), "delete": (False, None)}
    assert run(Deployment(), kubernetes=lines)["delete"].result is Result.AS_EXPECTED
    identity = {"username": "acme:{{SessionName}}", "groups": [], "accessPolicies": [POLICY]}
    by_policy = run(Deployment(), kubernetes=lines, identity=identity)
    assert by_policy["delete"].result is Result.NOT_PROVEN, "an access policy is associated after the entry is created"


# When waiting ends.


@pytest.mark.parametrize(
    ("lines", "quiet"),
    [
        ({"kubernetes": {"list": (True, None), "get": (True, 0.0)}}, RBAC_QUIET_SECONDS),
        ({"kubernetes": {f"call {number}": (True, None) for number in range(11)}}, RBAC_QUIET_SECONDS),
        ({"kubernetes": {"delete": (False, 0.0)}}, RBAC_QUIET_SECONDS),
        ({"aws": {"read": (True, None)}}, QUIET_SECONDS),
        ({"tampered": {"without ExternalId": (False, 0.0)}}, QUIET_SECONDS),
        ({"sign_in": None}, QUIET_SECONDS),
        ({"assume": None}, QUIET_SECONDS),
    ],
    ids=["one of two", "eleven", "wide", "AWS", "trust", "sign in", "assume"],
)
def test_what_does_not_change_is_not_waited_for_until_the_deadline(
    run: Run, lines: dict[str, Any], quiet: float
) -> None:
    deployment = Deployment()
    found = run(deployment, **lines)
    assert Result.MISMATCH in {outcome.result for outcome in found.values()}
    assert quiet <= deployment.now <= quiet + 2 * LATEST_BACKOFF < DEADLINE


def test_waiting_goes_on_while_other_answers_change(run: Run) -> None:
    deployment = Deployment()
    late = {"first": (True, 4.0), "second": (True, 8.0), "third": (True, 12.0)}
    found = run(deployment, kubernetes=late)
    assert {outcome.result for outcome in found.values()} == {Result.AS_EXPECTED}, "each came within the quiet time"


def test_waiting_goes_on_while_other_checks_are_under_way(run: Run) -> None:
    deployment = Deployment(call_seconds=4.0)
    lines: Lines = {"late": (True, 30.0), **{f"slow {number}": (True, 0.0) for number in range(8)}}
    assert run(deployment, kubernetes=lines)["late"].result is Result.AS_EXPECTED


def test_a_check_that_comes_after_the_deadline_is_still_retried(run: Run) -> None:
    deployment = Deployment(call_seconds=0.1)
    found = run(
        deployment,
        aws={"read": (True, None), "list": (True, 0.0)},
        kubernetes={"revoked": (False, 0.0)},
        deadline=5.0,
    )
    assert found["revoked"].attempts > 1
    once = run(Deployment(), kubernetes={"revoked": (False, 0.0)}, deadline=0)
    assert once["revoked"].attempts == 1, "a deadline of zero means no retries"
