"""Comparing reports: each kind of change is found on its own, and only what both runs checked is compared."""

from datetime import timedelta

import pytest

from eks_access.manifest.models import Manifest
from eks_access_probe.collector.inventory import ClusterInventory, Listing, Node, State
from eks_access_probe.outcome import Answer, Question, Verdict
from eks_access_probe.report.build import build_report
from eks_access_probe.report.compare import IncomparableReportsError, compare_reports
from eks_access_probe.report.models import Changes, FlipKind, Report
from tests.support import fleet

NAMES = ("opentrace", "cado")


def of(manifest: Manifest | None = None, answer: fleet.Answering = fleet.as_declared) -> Report:
    return build_report(fleet.proof(manifest or fleet.manifest(names=NAMES), answer))


def secrets(verdict: Verdict) -> fleet.Answering:
    def answer(question: Question) -> Answer:
        here = (question.integration, question.cluster, question.call) == ("cado", "us-1", "list secrets")
        return Answer(verdict) if here else fleet.as_declared(question)

    return answer


def changed(manifest: Manifest, name: str, **fields: object) -> Manifest:
    access = manifest.integrations[name].model_copy(update=fields)
    return manifest.model_copy(update={"integrations": {**manifest.integrations, name: access}})


def kinds(changes: Changes) -> set[str]:
    """The fields of the changes that are not empty."""
    return {
        name for name in ("access", "gained", "lost", "flips", "added", "removed", "seen") if getattr(changes, name)
    }


def test_equal_reports_have_no_changes() -> None:
    changes = compare_reports(of(), of())
    assert not changes.any
    assert kinds(changes) == set()
    assert changes.not_compared == []


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (Verdict.DENIED, Verdict.ALLOWED, FlipKind.BROKE),
        (Verdict.UNREACHABLE, Verdict.ALLOWED, FlipKind.BROKE),
        (Verdict.ALLOWED, Verdict.DENIED, FlipKind.MENDED),
        (Verdict.DENIED, Verdict.THROTTLED, FlipKind.UNPROVEN),
        (Verdict.UNREACHABLE, Verdict.DENIED, FlipKind.PROVEN),
    ],
)
def test_an_expectation_that_flipped_is_reported_with_both_verdicts(
    before: Verdict, after: Verdict, kind: FlipKind
) -> None:
    changes = compare_reports(of(answer=secrets(before)), of(answer=secrets(after)))
    assert kinds(changes) == {"flips"}
    (flip,) = changes.flips
    assert (flip.kind, flip.integration, flip.cluster, flip.call) == (kind, "cado", "us-1", "list secrets")
    assert (flip.verdict_before, flip.verdict_after) == (before, after)


def test_expectations_that_broke_are_first() -> None:
    def answer(question: Question) -> Answer:
        if question.integration == "opentrace" and question.verb == "list":
            return Answer(Verdict.UNREACHABLE)
        return secrets(Verdict.ALLOWED)(question)

    flips = compare_reports(of(), of(answer=answer)).flips
    assert len(flips) > 3
    assert [flip.kind for flip in flips][:2] == [FlipKind.BROKE, FlipKind.UNPROVEN]


def test_a_changed_expectation_is_reported_as_such() -> None:
    manifest = fleet.manifest(names=NAMES)
    expected = [
        e.model_copy(update={"allowed": True}) if (e.verb, e.resource) == ("list", "secrets") else e
        for e in manifest.integrations["cado"].kubernetes
    ]
    changes = compare_reports(of(manifest), of(changed(manifest, "cado", kubernetes=expected)))
    assert {(flip.kind, flip.cluster) for flip in changes.flips} == {
        (FlipKind.EXPECTATION, "eu-1"),
        (FlipKind.EXPECTATION, "us-1"),
    }, "though the answer is as expected both times"


def test_gained_and_lost_rights_are_reported_with_their_risk() -> None:
    manifest = fleet.manifest(names=NAMES)
    grant = manifest.integrations["opentrace"].grants[0]
    wider = grant.model_copy(
        update={"rules": [*grant.rules, {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}]}
    )
    after = changed(manifest, "opentrace", grants=[wider])
    gained = compare_reports(of(manifest), of(after))
    assert kinds(gained) == {"gained"}
    assert [(g.integration, g.what, g.grave) for g in gained.gained] == [("opentrace", ["list secrets"], True)]
    assert "read every Secret" in gained.gained[0].risk
    lost = compare_reports(of(after), of(manifest))
    assert kinds(lost) == {"lost"}
    assert [loss.what for loss in lost.lost] == [["list secrets"]]


def test_another_trust_policy_or_group_is_reported() -> None:
    manifest = fleet.manifest(names=NAMES)
    cado = manifest.integrations["cado"]
    trust = cado.trust.model_copy(update={"principals": ["arn:aws:iam::999999999999:role/Other"]})
    identity = cado.identity.model_copy(update={"groups": ["system:masters"]})
    words = [a.words for a in compare_reports(of(manifest), of(changed(manifest, "cado", trust=trust))).access]
    assert len(words) == 1
    assert "999999999999:role/Other" in words[0]
    changes = compare_reports(of(manifest), of(changed(manifest, "cado", identity=identity)))
    assert {(a.cluster, a.words) for a in changes.access} >= {
        ("eu-1", "groups: cado:responders before, system:masters now")
    }


def test_added_and_removed_integrations_and_clusters_are_reported() -> None:
    one, two = fleet.manifest(("eu-1",), ("opentrace",)), fleet.manifest(("eu-1", "us-1"), NAMES)
    grown, shrunk = compare_reports(of(one), of(two)), compare_reports(of(two), of(one))
    assert [(a.integration, a.cluster, a.words) for a in grown.access] == [
        ("opentrace", "us-1", "has access to this cluster now"),
        ("cado", None, "is new, on eu-1, us-1"),
    ]
    assert [a.words for a in shrunk.access] == [
        "no longer has access to this cluster",
        "was removed; it was on eu-1, us-1",
    ]
    assert grown.not_compared == shrunk.not_compared == [], "additions and removals are changes"


def test_what_only_one_run_checked_is_not_a_change() -> None:
    whole = of()
    only_cado = [check for check in whole.checks if check.integration == "cado" and check.cluster != "us-1"]
    integrations = [i for i in whole.integrations if i.name == "cado"]
    selected = whole.model_copy(update={"checks": only_cado, "integrations": integrations})
    changes = compare_reports(whole, selected)
    assert not changes.any
    assert "opentrace in AWS: checked in the baseline only" in changes.not_compared
    assert "cado in cluster us-1: checked in the baseline only" in changes.not_compared
    assert compare_reports(selected, whole).not_compared[0].endswith("not checked in the baseline")


@pytest.mark.parametrize("field", ["project", "environment", "partition", "account"])
def test_a_report_of_another_environment_is_rejected(field: str) -> None:
    now = of()
    with pytest.raises(IncomparableReportsError) as refused:
        compare_reports(now.model_copy(update={field: "other"}), now)
    assert "other" in str(refused.value)
    assert "stack access/prod in account 111122223333 (aws)" in str(refused.value)


def test_a_report_of_another_kind_of_run_is_rejected() -> None:
    now = of()
    with pytest.raises(IncomparableReportsError, match="evaluated by an operator"):
        compare_reports(now.model_copy(update={"asked_by": "operator"}), now)


# Visible objects.


def sees(*names: str, state: State = State.COMPLETE, pods: int = 3) -> Report:
    nodes = [Node(kind="Deployment", name=name, namespace="web") for name in names]
    nodes += [Node(kind="Pod", name=f"p-{n}", namespace="web") for n in range(pods)]
    listings = [
        Listing(kind="Deployment", resource="deployments.apps", namespace=None, state=state, count=len(names)),
        Listing(kind="Pod", resource="pods", namespace=None, state=State.COMPLETE, count=pods),
    ]
    cluster = ClusterInventory(name="c", region="r", nodes=nodes, listings=listings)
    return build_report(
        fleet.proof(fleet.manifest(names=NAMES), inventory=fleet.inventory({"opentrace": {"eu-1": cluster}}))
    )


def test_objects_that_appeared_or_disappeared_are_named() -> None:
    changes = compare_reports(sees("api", "old"), sees("api", "new"))
    assert kinds(changes) == {"seen"}
    (seen,) = changes.seen
    assert (seen.kind, seen.appeared, seen.disappeared) == ("Deployment", ["web/new"], ["web/old"])
    assert changes.any


def test_a_kind_that_was_refused_before_and_is_visible_now_is_a_change() -> None:
    (seen,) = compare_reports(sees(state=State.REFUSED), sees("api")).became_visible
    assert (seen.count_before, seen.count_after, seen.appeared) == (None, 1, ["web/api"])


def test_another_number_of_pods_is_reported_and_is_not_a_change() -> None:
    changes = compare_reports(sees("api", pods=3), sees("api", pods=5))
    assert [(s.kind, s.count_before, s.count_after) for s in changes.seen] == [("Pod", 3, 5)]
    assert not changes.any, "their number differs in every run"


def test_an_incomplete_list_is_not_compared() -> None:
    assert compare_reports(sees("api", "old"), sees("api", state=State.INCOMPLETE)).seen == []


def test_a_run_without_an_inventory_is_reported_as_not_compared() -> None:
    assert compare_reports(of(), sees("api")).not_compared == ["visible objects: not collected in the baseline"]


def test_the_changes_have_the_time_of_the_baseline() -> None:
    before = of()
    earlier = before.model_copy(update={"started_at": before.started_at - timedelta(days=1)})
    assert compare_reports(earlier, before).baseline_started_at == earlier.started_at
