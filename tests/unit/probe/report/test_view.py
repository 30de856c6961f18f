"""The content of the page: headline, matrix, lines, drawing, visibility tables and topology."""

from itertools import pairwise

import pytest

from eks_access_probe.collector.inventory import ClusterInventory, Edges, Listing, Node, Relation, State
from eks_access_probe.outcome import Answer, Question, Result, Verdict
from eks_access_probe.report.build import build_report
from eks_access_probe.report.html import topology, view, visibility
from eks_access_probe.report.html.drawing import COLUMNS, lay_out
from eks_access_probe.report.models import Report
from tests.support import fleet


def failing(question: Question) -> Answer:
    """Cado may list Secrets in one cluster; another cluster is unreachable for Apono."""
    if (question.integration, question.cluster, question.call) == ("cado", "us-1", "list secrets"):
        return Answer(Verdict.ALLOWED, 200)
    if (question.integration, question.cluster) == ("apono", "eu-1"):
        return Answer(Verdict.UNREACHABLE)
    return fleet.as_declared(question)


@pytest.fixture(scope="module")
def report() -> Report:
    return build_report(fleet.proof(answer=failing))


# The headline, the matrix, the lines.


def test_the_headline_has_the_worst_result() -> None:
    good = view.build_headline(build_report(fleet.proof()))
    assert good.result is Result.AS_EXPECTED
    assert good.title.startswith("All ")
    unproven = view.build_headline(build_report(fleet.proof(answer=lambda q: Answer(Verdict.UNREACHABLE))))
    assert unproven.result is Result.NOT_PROVEN
    assert "could not be proven" in unproven.title


def test_a_mismatch_outweighs_an_inconclusive_check(report: Report) -> None:
    headline = view.build_headline(report)
    assert headline.result is Result.MISMATCH
    assert headline.title.startswith("1 of ")
    assert headline.title.endswith("does not hold")
    assert "could not be proven" in headline.sentence


def test_the_matrix_has_a_cell_for_each_integration_in_aws_and_each_of_its_clusters(report: Report) -> None:
    matrix = view.build_matrix(report)
    assert matrix.columns == ("eu-1", "us-1")
    cells = {row.name: row.cells for row in matrix.rows}
    aws, eu, us = cells["cado"]
    assert aws is not None
    assert eu is not None
    assert us is not None
    assert (aws.result, eu.result, us.result) == (Result.AS_EXPECTED, Result.AS_EXPECTED, Result.MISMATCH)
    assert us.held == us.total - 1
    assert cells["conductorone"][2] is None, "it is not in that cluster"


def test_mismatches_are_first_then_inconclusive_checks(report: Report) -> None:
    results = [line.first.result for line in view.group_checks(report.checks)]
    assert results == sorted(results, key=[Result.MISMATCH, Result.NOT_PROVEN, Result.AS_EXPECTED].index)
    assert results[0] is Result.MISMATCH


def test_the_same_call_with_the_same_result_in_several_clusters_is_one_line(report: Report) -> None:
    lines = [line for line in view.group_checks(report.checks) if line.first.integration == "cado"]
    secrets = [line for line in lines if line.first.call == "list secrets"]
    assert [line.clusters for line in secrets] == [("us-1",), ("eu-1",)], "a different result is a line of its own"
    assert sum(len(line.checks) for line in lines) == sum(c.integration == "cado" for c in report.checks)


def test_checks_that_fail_for_one_cause_are_one_finding(report: Report) -> None:
    failed = [check.model_copy(update={"result": Result.MISMATCH, "waits_for": ""}) for check in report.checks[:4]]
    missing = {"cause": "ClusterRoleBinding x is missing", "integration": "acme"}
    checks = [*(check.model_copy(update=missing) for check in failed[:3]), failed[3]]
    first, second = view.select_findings(view.group_checks(checks))
    assert first.same_cause == tuple(check.call for check in checks[1:3])
    assert second.same_cause == ()


def test_findings_are_the_checks_that_are_not_as_expected(report: Report) -> None:
    found = view.select_findings(view.group_checks(report.checks))
    assert {line.first.result for line in found} == {Result.MISMATCH, Result.NOT_PROVEN}
    assert len(view.select_findings(view.group_checks(report.checks) * 20)) == view.MAX_FINDINGS


def test_the_explorer_has_every_line_with_each_text_once(report: Report) -> None:
    lines = view.group_checks(report.checks)
    explorer = view.build_explorer(lines)
    assert len(explorer["rows"]) == len(lines)
    assert len(explorer["texts"]) == len(set(explorer["texts"]))
    assert explorer["texts"][explorer["rows"][0][3]] == lines[0].first.call


# The drawing.


def test_the_drawing_leads_from_each_integration_to_its_rules(report: Report) -> None:
    drawn = lay_out(report)
    by_column = [[box.title for box in drawn.boxes if box.column == number] for number in range(len(COLUMNS))]
    assert by_column[0] == [integration.name for integration in report.integrations]
    assert by_column[2] == ["prod-eu-1", "prod-us-1"], "a cluster that several integrations enter is one box"
    assert len(by_column[4]) == len(report.integrations)
    assert len({(curve.path, curve.cluster) for curve in drawn.curves}) == len(drawn.curves)


def test_boxes_of_a_column_do_not_overlap_and_stay_within_the_drawing() -> None:
    clusters = tuple(f"c-{number}" for number in range(25))
    reports = [build_report(fleet.proof(of)) for of in (fleet.manifest(clusters), fleet.manifest(("one",), ("cado",)))]
    for report in (*reports, reports[0].model_copy(update={"integrations": []})):
        drawn = lay_out(report)
        for column in range(len(COLUMNS)):
            boxes = sorted((box for box in drawn.boxes if box.column == column), key=lambda box: box.y)
            for above, below in pairwise(boxes):
                assert above.y + above.height < below.y
            assert all(box.y >= 0 and box.y + box.height <= drawn.height for box in boxes)


def test_only_the_failing_path_is_drawn_as_failing(report: Report) -> None:
    number = [integration.name for integration in report.integrations].index("cado")
    of_cado = {(curve.cluster, curve.result) for curve in lay_out(report).curves if curve.integration == number}
    assert ("us-1", Result.MISMATCH) in of_cado
    assert ("eu-1", Result.AS_EXPECTED) in of_cado
    assert (None, Result.AS_EXPECTED) in of_cado, "it assumes the role as declared"


def test_severe_rights_are_marked_and_long_names_are_cut(report: Report) -> None:
    rules = {box.integrations[0]: box for box in lay_out(report).boxes if box.column == 4}
    names = [integration.name for integration in report.integrations]
    assert rules[names.index("cado")].is_severe, "it runs commands in pods"
    assert not rules[names.index("opentrace")].is_severe
    provision = next(box for box in lay_out(report).boxes if box.title == "conductorone-provision:{{SessionName}}")
    assert provision.short_title.endswith("…")


# Visibility tables.


def seeing(*listings: Listing) -> ClusterInventory:
    return ClusterInventory(name="c", region="r", listings=list(listings))


def listing(kind: str, state: State, count: int, reason: str = "") -> Listing:
    return Listing(kind=kind, resource=f"{kind.lower()}s", namespace=None, state=state, count=count, reason=reason)


def test_visible_objects_are_compared_with_the_highest_number_in_the_cluster() -> None:
    inventory = fleet.inventory(
        {
            "opentrace": {
                "eu-1": seeing(listing("Pod", State.COMPLETE, 40), listing("Node", State.INCOMPLETE, 2, "410 Gone"))
            },
            "cado": {
                "eu-1": seeing(listing("Pod", State.COMPLETE, 10), listing("Node", State.REFUSED, 0, "403 Forbidden"))
            },
        }
    )
    report = build_report(fleet.proof(fleet.manifest(("eu-1",), ("opentrace", "cado", "apono")), inventory=inventory))
    (table,) = visibility.build_tables(report)
    rows = dict(table.rows)
    assert table.integrations == ("opentrace", "cado", "apono")
    assert [(sight.words, sight.share) for sight in rows["Pods"]] == [("40", 1.0), ("10", 0.25), ("—", 0.0)]
    assert [(sight.words, sight.style) for sight in rows["Nodes"]] == [
        ("2 or more", "gap"),
        ("⊘ refused", "refused"),
        ("—", "unasked"),
    ], "an incomplete number is never shown as complete"
    assert rows["Nodes"][1].reason == "403 Forbidden"


def test_without_an_inventory_the_checked_lists_are_compared(report: Report) -> None:
    table = next(table for table in visibility.build_tables(report) if table.cluster == "us-1")
    secrets = dict(zip(table.integrations, dict(table.rows)["Secrets"], strict=True))
    assert secrets["cado"].words == "may list"
    assert secrets["opentrace"].words == "⊘ refused"


# The topology.


def test_pods_belong_to_their_outermost_owner() -> None:
    graph = topology.build_topology(fleet.cluster_inventory(10, namespaces=2, pods_of_each=5))
    assert [workload[1:] for workload in graph["workloads"]] == [
        ["Deployment", "app-0000", "5/5"],
        ["Deployment", "app-0001", "5/5"],
    ]
    assert [pod[0] for pod in graph["pods"]] == [0] * 5 + [1] * 5
    assert graph["texts"][graph["pods"][0][3]] == "app-0000-6d4cf56db6", "the replica set in between is kept"
    assert graph["serves"] == [[0, 0, 5], [1, 1, 5]]
    assert graph["routes"] == [[0, 0]]
    assert graph["machines"][graph["pods"][0][4]] == "ip-10-0-0-0"


def test_an_object_without_owner_is_a_workload_and_ownership_loops_end() -> None:
    edges = Edges()
    edges.add(Relation.OWNED_BY, 1, 2)
    edges.add(Relation.OWNED_BY, 2, 1)
    nodes = [
        Node(kind="Pod", name="alone", namespace="web"),
        Node(kind="Pod", name="odd", namespace="web"),
        Node(kind="ReplicaSet", name="odder", namespace="web"),
        Node(kind="ReplicaSet", name="orphan", namespace="web"),
        Node(kind="Namespace", name="empty"),
    ]
    graph = topology.build_topology(ClusterInventory(name="c", region="r", nodes=nodes, edges=edges))
    assert {workload[2] for workload in graph["workloads"]} == {"alone", "odder", "orphan"}
    assert len(graph["pods"]) == 2
    assert graph["namespaces"] == ["web", "empty"] or graph["namespaces"] == ["empty", "web"]


def test_an_incomplete_list_is_reported_with_the_graph() -> None:
    gap = listing("Pod", State.INCOMPLETE, 7, "the list expired twice")
    graph = topology.build_topology(fleet.cluster_inventory(5, gaps=(gap,)))
    assert graph["gaps"] == [["Pod", "", "incomplete", 7, "the list expired twice"]]


def test_risks_name_the_rights_that_cause_them(report: Report) -> None:
    by_name = {integration.name: view.describe_risks(integration) for integration in report.integrations}
    (danger,) = by_name["cado"].dangers
    assert "run commands in every pod" in danger.words
    assert "pods/exec" in danger.rights[0].what
    assert by_name["opentrace"].dangers == ()
    assert by_name["opentrace"].residual
