"""The report as JUnit XML for CI, with one suite for each integration in AWS and in each cluster.

A mismatch is a failure, and an inconclusive check an error. A check that was skipped because of another's failure is
skipped. So a CI tool shows red if and only if the probe's exit code is not 0.

JUnit XML has no standard. The elements and attributes here are those of Jenkins' junit-10.xsd, which GitLab, GitHub's
reporters, Azure and Buildkite read as well: https://github.com/jenkinsci/xunit-plugin
"""

import re
from collections.abc import Sequence
from typing import TextIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from ..outcome import Result
from .interface import FullReport, ReportFormat
from .models import CheckReport, Report

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""https://www.w3.org/TR/xml/#charsets"""


class JunitReport(ReportFormat):
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, full: FullReport) -> None:
        tree = ElementTree.ElementTree(build_xml(full.report))
        ElementTree.indent(tree)
        self._stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        tree.write(self._stream, encoding="unicode")
        self._stream.write("\n")


def build_xml(report: Report) -> Element:
    root = Element("testsuites", name=_text(f"eks-access probe of {report.environment}"))
    suites = [_suite(report, checks) for checks in _group_by_suite(report.checks)]
    if report.summary.read_whole is not None:
        suites.append(_collection_suite(report, report.summary.read_whole))
    root.extend(suites)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    root.set("time", f"{report.seconds:.3f}")
    return root


def _collection_suite(report: Report, read_whole: bool) -> Element:
    """A suite with one case for the collected inventory, which affects the exit code as well."""
    name = "everything that the integrations may see was read"
    case = Element("testcase", classname=_text(f"{report.environment}.collection"), name=name, time="0.000")
    if not read_whole:
        gaps = [
            f"{seen.integration} in cluster {seen.cluster}: {kind.kind}: {kind.reason}"
            for seen in report.seen or ()
            for kind in seen.kinds
            if kind.state == "incomplete"
        ]
        SubElement(case, "error", type="incomplete", message="not read whole").text = _text("\n".join(gaps))
    suite = Element(
        "testsuite", name="collection", tests="1", failures="0", errors=str(int(not read_whole)), time="0.000"
    )
    suite.append(case)
    return suite


def _group_by_suite(checks: Sequence[CheckReport]) -> list[list[CheckReport]]:
    """The checks of each integration in AWS, and of each integration in each cluster."""
    suites: dict[tuple[str, str | None], list[CheckReport]] = {}
    for check in checks:
        suites.setdefault((check.integration, check.cluster), []).append(check)
    return list(suites.values())


def _suite(report: Report, checks: Sequence[CheckReport]) -> Element:
    first = checks[0]
    cases = [_case(report, check) for check in checks]
    suite = Element(
        "testsuite",
        name=_text(f"{first.integration} in {f'cluster {first.cluster}' if first.cluster else 'AWS'}"),
        tests=str(len(cases)),
        failures=_count(cases, "failure"),
        errors=_count(cases, "error"),
        skipped=_count(cases, "skipped"),
        timestamp=report.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
        time=f"{sum(check.seconds for check in checks):.3f}",
    )
    suite.extend(cases)
    return suite


def _count(cases: Sequence[Element], outcome: str) -> str:
    return str(sum(case.find(outcome) is not None for case in cases))


def _case(report: Report, check: CheckReport) -> Element:
    case = Element(
        "testcase",
        # Tools identify a case by these two attributes, so together they name the check.
        classname=_text(".".join((report.environment, check.integration, check.cluster or check.plane))),
        name=_text(_name(check)),
        time=f"{check.seconds:.3f}",
    )
    if check.result is Result.AS_EXPECTED:
        if evidence := check.evidence.text:
            SubElement(case, "system-out").text = _text(evidence)
        return case
    if check.waits_for:
        SubElement(case, "skipped", message=_text(f"skipped, because this failed: {check.waits_for}"))
        return case
    element = SubElement(
        case,
        "failure" if check.result is Result.MISMATCH else "error",
        type=check.verdict.value,
        message=_text(f"expected {check.expected}, was {check.verdict}"),
    )
    lines = (check.why, check.cause, *check.differences, check.evidence.text, check.advice)
    element.text = _text("\n".join(line for line in lines if line))
    return case


def _name(check: CheckReport) -> str:
    detail = f" ({check.detail})" if check.detail else ""
    return f"{'may' if check.expected == 'allowed' else 'may not'} {check.call}{detail}"


def _text(text: str) -> str:
    """The text without characters that XML does not allow, not even escaped."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
