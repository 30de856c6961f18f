"""JUnit XML: it parses, its counts agree, and it has failures or errors if and only if the exit code is not 0."""

import io
from collections.abc import Callable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from eks_access_probe.collector.inventory import Listing, State
from eks_access_probe.outcome import Answer, Plane, Question, Result, Verdict
from eks_access_probe.report.build import build_report
from eks_access_probe.report.interface import FullReport, Proof
from eks_access_probe.report.junit import JunitReport
from eks_access_probe.report.models import Report
from tests.support import fleet

ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "timestamp", "time"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
    "system-out": set(),
}
"""The attributes in Jenkins' junit-10.xsd that are used here. Jenkins rejects others."""
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}


def written(of: Report) -> Element:
    stream = io.StringIO()
    JunitReport(stream).write(FullReport(of))
    return ElementTree.fromstring(stream.getvalue())


def answering(verdict: Verdict, where: Callable[[Question], bool], reason: str = "", message: str = "") -> Proof:
    return fleet.proof(answer=lambda q: Answer(verdict, None, reason, message) if where(q) else fleet.as_declared(q))


def secrets_in_us(question: Question) -> bool:
    return question.call == "list secrets" and question.cluster == "us-1"


def test_there_is_a_suite_for_each_integration_in_aws_and_in_each_cluster() -> None:
    names = [suite.get("name") for suite in written(build_report(fleet.proof()))]
    assert names[:3] == ["opentrace in AWS", "opentrace in cluster eu-1", "opentrace in cluster us-1"]
    assert "cado in cluster us-1" in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_elements_of_the_jenkins_schema_are_written_and_the_counts_agree(verdict: Verdict) -> None:
    root = written(build_report(answering(verdict, lambda q: q.plane is Plane.KUBERNETES)))
    for parent in root.iter():
        assert set(parent.attrib) <= ATTRIBUTES[parent.tag]
        assert {child.tag for child in parent} <= CHILDREN.get(parent.tag, set())
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite)
        for counted, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[counted]) == len(suite.findall(f"testcase/{tag}"))
    for counted in ("tests", "failures", "errors"):
        assert int(root.attrib[counted]) == sum(int(suite.attrib[counted]) for suite in root)


@pytest.mark.parametrize(
    ("verdict", "tag", "exit_code"),
    [(Verdict.ALLOWED, "failure", 1), (Verdict.UNREACHABLE, "error", 3), (Verdict.NOT_AUTHENTICATED, "error", 3)],
)
def test_a_mismatch_is_a_failure_and_an_inconclusive_check_an_error(verdict: Verdict, tag: str, exit_code: int) -> None:
    report = build_report(answering(verdict, secrets_in_us, reason="Because", message="as the server reported"))
    root = written(report)
    found = root.findall(f"testsuite/testcase/{tag}")
    assert len(found) == 3, "of OpenTrace, Cado and Apono"
    assert report.summary.exit_code == exit_code
    assert "Because: as the server reported" in (found[0].text or ""), "with the evidence"
    assert found[0].get("message") == f"expected denied, was {verdict}"


def test_a_check_that_waits_for_a_failed_one_is_skipped_beside_that_failure() -> None:
    proof = fleet.proof()
    sign_in = next(o for o in proof.outcomes if o.question.verb == "sign in")
    outcomes = [
        o
        if o.question.cluster != "eu-1" or o.question.integration != "opentrace"
        else type(o)(o.question, Answer(Verdict.NOT_AUTHENTICATED, 401), 1, 0.0)
        if o is sign_in
        else type(o)(o.question, Answer(Verdict.NOT_AUTHENTICATED), 0, 0.0, waits_for=sign_in.question.call)
        for o in proof.outcomes
    ]
    report = build_report(Proof(proof.manifest, outcomes, proof.started_at, proof.seconds))
    suite = next(s for s in written(report) if s.get("name") == "opentrace in cluster eu-1")
    assert (suite.get("failures"), suite.get("errors")) == ("1", "0")
    assert int(suite.attrib["skipped"]) == len(suite) - 1
    assert report.summary.exit_code == 1, "skipped cases are always beside a failure"


@pytest.mark.parametrize(("state", "errors", "exit_code"), [(State.COMPLETE, "0", 0), (State.INCOMPLETE, "1", 3)])
def test_an_incomplete_inventory_is_an_error(state: State, errors: str, exit_code: int) -> None:
    gap = Listing(kind="Pod", resource="pods", namespace=None, state=state, count=1, reason="410 Gone")
    seen = fleet.inventory({"cado": {"eu-1": fleet.cluster_inventory(5, gaps=(gap,))}})
    report = build_report(fleet.proof(inventory=seen))
    assert (written(report).get("errors"), report.summary.exit_code) == (errors, exit_code)


def test_everything_as_declared_has_no_failures_and_no_errors() -> None:
    report = build_report(fleet.proof())
    root = written(report)
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    assert report.summary.exit_code == 0
    assert {check.result for check in report.checks} == {Result.AS_EXPECTED}


def test_characters_that_xml_does_not_allow_are_replaced_and_markup_is_text() -> None:
    report = build_report(answering(Verdict.ALLOWED, secrets_in_us, message="\x00\x1b[31m <b>&amp; ]]> \ufffe"))
    text = written(report).findall("testsuite/testcase/failure")[0].text or ""
    assert "��[31m <b>&amp; ]]> �" in text
