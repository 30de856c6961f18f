"""The page as text: nothing in it is markup or script but its own, nothing is loaded, and no secret is in it."""

import base64
import hashlib
import io
import json
import re
from functools import cache
from html.parser import HTMLParser

import pytest

from eks_access_probe.outcome import Answer, Question, Verdict
from eks_access_probe.report.html import HtmlReport, page
from eks_access_probe.report.html.compact import Pool, script_json
from eks_access_probe.report.json import Document, report
from tests.support import fleet
from tests.support.hostile_reports import PAYLOADS, hostile


class Read(HTMLParser):
    """The elements of a page, with what is in scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._in, []).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@cache
def read_plain() -> Read:
    return Read(page(hostile("name")))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_that_are_markup_stay_names(payload: str) -> None:
    plain, odd = read_plain(), Read(page(hostile(payload)))
    assert [tag for tag, _ in odd.elements] == [tag for tag, _ in plain.elements], "not one element more or less"
    assert [sorted(attributes) for _, attributes in odd.elements] == [sorted(a) for _, a in plain.elements]
    for tag in ("script", "style"):
        assert len(odd.of(tag)) == len(plain.of(tag))
    for attributes in odd.of("a"):
        assert (attributes["href"] or "").startswith("#"), "links lead within the page"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_data_for_the_script_is_json_with_nothing_that_could_end_it(payload: str) -> None:
    written = script_json({payload: [payload, "\ud800"]})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {payload: [payload, "\ud800"]}


def test_the_page_allows_its_own_script_and_style_and_nothing_else() -> None:
    text = page(Document(report(fleet.proof())))
    read = Read(text)
    (policy,) = (meta["content"] or "" for meta in read.of("meta") if meta.get("http-equiv"))
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    for directive, pattern in (("script-src", r"<script>(.*?)</script>"), ("style-src", r"<style>(.*?)</style>")):
        (inlined,) = re.findall(pattern, text, re.S)
        digest = base64.b64encode(hashlib.sha256(inlined.encode()).digest()).decode()
        assert directives[directive] == f"'sha256-{digest}'", "by its hash, so that no other can run"
    assert "unsafe" not in policy


def test_nothing_is_loaded_from_anywhere() -> None:
    read = Read(page(Document(report(fleet.proof()))))
    for tag, attributes in read.elements:
        assert not {"src", "srcset", "action", "data", "poster"} & set(attributes), tag
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form[action]")
        assert not [name for name in attributes if name.startswith("on") or name == "style"], "the policy forbids them"
    assert not re.search(r"@import|url\(", " ".join(read.texts["style"]))


def test_every_integration_cluster_identity_and_risk_is_in_it() -> None:
    told = report(fleet.proof())
    text = page(Document(told))
    for integration in told.integrations:
        for named in (integration.name, integration.role_arn, *integration.residual_risks):
            assert named.replace("'", "&#39;") in text
        for key, cluster in integration.clusters.items():
            assert key in text
            assert cluster.name in text


def test_the_external_id_is_not_in_the_page_nor_what_was_given_as_a_secret() -> None:
    def repeats(question: Question) -> Answer:
        return Answer(Verdict.DENIED, 403, "AccessDenied", f"no role for {fleet.SECRET}")

    for answer in (fleet.as_declared, repeats):
        document = Document(report(fleet.proof(answer=answer)))
        text = page(document)
        assert fleet.SECRET not in text
        assert fleet.SECRET not in document.report.model_dump_json()
        assert "External ID &#39;[not shown]&#39;" in text


def test_what_is_not_as_declared_is_there_without_the_script() -> None:
    def answer(question: Question) -> Answer:
        if (question.integration, question.cluster, question.call) == ("cado", "us-1", "list secrets"):
            return Answer(Verdict.ALLOWED, 200, "", "the words of the API server")
        return fleet.as_declared(question)

    without_scripts = re.sub(r"<script.*?</script>", "", page(Document(report(fleet.proof(answer=answer)))), flags=re.S)
    assert "1 of" in without_scripts
    assert "the words of the API server" in without_scripts


def test_a_run_without_anything_to_draw_still_has_a_page() -> None:
    empty = report(fleet.proof()).model_copy(update={"integrations": [], "checks": []})
    stream = io.StringIO()
    HtmlReport(stream).write(Document(empty))
    assert stream.getvalue().startswith("<!doctype html>")


def test_the_same_report_gives_the_same_page() -> None:
    document = Document(report(fleet.proof()))
    assert page(document) == page(document)


def test_a_pool_has_each_value_once() -> None:
    pool = Pool[str]()
    assert [pool("a"), pool("b"), pool("a")] == [0, 1, 0]
    assert pool.values == ["a", "b"]
