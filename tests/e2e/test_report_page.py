"""The page in a real browser: of a real run, of a large fleet, by keyboard, in light and dark, with hostile names."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eks_access_probe.report.build import build_report
from eks_access_probe.report.html import render_page
from eks_access_probe.report.interface import FullReport
from sandbox import Sandbox
from tests.e2e.browser import Page, browser
from tests.e2e.program import Program
from tests.support import fleet
from tests.support.hostile_reports import PAYLOADS, hostile

pytestmark = pytest.mark.e2e

CHECKS = Path(__file__).parent / "page_checks"
MANY = 20_000
SECONDS_TO_LOAD = 10.0
SECONDS_TO_EXPAND = 2.0
"""Far more than it takes; CI's machines are slow and shared."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def probed(sandbox: Sandbox, deployed: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a real run, with the collected inventory."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    run = deployed.probe("--collect", "--html", str(file))
    assert run.mismatches() == []
    return file


@pytest.fixture
def opened(page: Page) -> Callable[[FullReport | Path, Path], float]:
    """A function that opens a report or file in the page and returns its load time in seconds."""

    def open_it(document: FullReport | Path, folder: Path) -> float:
        file = document
        if isinstance(document, FullReport):
            file = folder / "page.html"
            file.write_text(render_page(document), encoding="utf-8")
        assert isinstance(file, Path)
        page.forget()
        return page.open(file)

    return open_it


Open = Callable[[FullReport | Path, Path], float]


def assert_clean(page: Page) -> None:
    assert page.errors == []
    assert [url.partition(":")[0] for url in page.requests] == ["file"], "the page itself, and nothing else"


def test_a_real_runs_page_shows_every_integration_and_cluster_without_network_requests(
    page: Page, opened: Open, probed: Path, deployed: Program, tmp_path: Path
) -> None:
    opened(probed, tmp_path)
    text = page.run("document.body.innerText")
    integrations = deployed.manifest()["integrations"]
    assert len(integrations) > 5
    for name, access in integrations.items():
        assert name in text
        for key, cluster in access["clusters"].items():
            assert key in text
            assert cluster["name"] in text
    to_topology(page)
    assert page.run("document.querySelectorAll('#lines .line').length") >= 100
    assert_clean(page)


def test_no_secret_value_of_the_sandbox_is_in_the_file(sandbox: Sandbox, probed: Path, deployed: Program) -> None:
    text = probed.read_text()
    canaries = json.loads((sandbox.state.folder / "canaries.json").read_text())
    values = [value for held in canaries.values() for value in ([held] if isinstance(held, str) else held)]
    external_ids = {a["trust"].get("externalId") for a in deployed.manifest()["integrations"].values()} - {None}
    assert len(values) > 5
    assert external_ids
    for secret in (*values, *external_ids, sandbox.env["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in text
    assert "k8s-aws-v1." not in text
    assert deployed.folder.as_posix() not in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_names_neither_run_scripts_nor_add_elements(
    page: Page, opened: Open, payload: str, tmp_path: Path
) -> None:
    opened(hostile(payload), tmp_path)
    page.run("window.alert = () => { throw new Error('a name was run') }")
    page.run("document.querySelectorAll('summary').forEach((one) => one.click())")
    to_topology(page)
    page.run("document.querySelector('#graph .node.workload').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    page.run("document.getElementById('as-table').click()")
    page.wait("document.querySelector('.rows.workloads .row') !== null")
    assert page.run("document.querySelectorAll('img, iframe, object, script:not([type]), style').length") == 2
    assert_clean(page)


def test_twenty_thousand_pods_load_and_expand_without_freezing(page: Page, opened: Open, tmp_path: Path) -> None:
    seen = fleet.inventory({"opentrace": {"eu-1": fleet.cluster_inventory(MANY, namespaces=1)}})
    load = opened(FullReport(build_report(fleet.proof(inventory=seen)), seen), tmp_path)
    to_topology(page)
    assert "20,000 pods" in page.run("document.getElementById('graph-status').textContent")

    drawn = page.run("document.querySelectorAll('#graph *').length")
    assert drawn < 3000, "only what is in view exists"
    expand = page.run(
        """(async () => {
          const started = performance.now();
          document.querySelector('#graph .node.workload').dispatchEvent(new MouseEvent('click', {bubbles: true}));
          await new Promise(requestAnimationFrame);
          return (performance.now() - started) / 1000;
        })()"""
    )
    assert page.run("document.querySelectorAll('.rows.pods [role=row]').length") == 6, "its five pods and the heads"
    scroll = page.run(
        """(async () => {
          const view = document.querySelector('#graph .window');
          let slowest = 0;
          for (let at = 0; at <= 40; at += 1) {
            const started = performance.now();
            view.scrollTop = (view.scrollHeight * at) / 40;
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            slowest = Math.max(slowest, performance.now() - started);
          }
          return slowest / 1000;
        })()"""
    )
    assert page.run("document.querySelectorAll('#graph *').length") < 3000
    search = page.run(
        """(async () => {
          const field = document.getElementById('graph-search');
          field.value = 'app-3999';
          field.dispatchEvent(new Event('input', {bubbles: true}));
          const started = performance.now();
          const found = () => document.querySelectorAll('#graph .node.workload').length === 1;
          while (!found()) await new Promise(requestAnimationFrame);
          return (performance.now() - started) / 1000;
        })()"""
    )
    for name, seconds, limit in (
        ("load", load, SECONDS_TO_LOAD),
        ("expand", expand, SECONDS_TO_EXPAND),
        ("scroll", scroll, SECONDS_TO_EXPAND),
        ("search", search, SECONDS_TO_EXPAND),
    ):
        print(f"{MANY:,} pods, {name}: {seconds:.3f} s")
        assert seconds < limit, f"{name} took {seconds:.2f} s"
    assert_clean(page)


def test_the_whole_page_can_be_used_by_keyboard(page: Page, opened: Open, tmp_path: Path) -> None:
    opened(FullReport(build_report(fleet.proof(inventory=(seen := small_inventory()))), seen), tmp_path)
    reached = press_tab(page, 60)
    assert reached[0] == "Skip to the content"
    for what in ("Theme: system", "Overview", "Who has access"):
        assert what in reached, "in the order of the page"
    page.run("document.querySelector('#lines summary').focus()")
    page.press("Enter")
    page.wait("document.querySelector('#lines details').open")
    page.wait("document.querySelector('#lines details table') !== null")  # an opened expectation shows its answers
    to_topology(page)
    page.run("document.querySelector('#graph .node.workload').focus()")
    page.press("Enter")
    page.wait("document.activeElement.closest('.panel') !== null")
    page.press("Tab")
    page.press("Enter")
    assert page.run("document.activeElement.classList.contains('workload')"), "closing the panel restores the focus"
    assert_clean(page)


def test_filters_select_the_matching_lines_and_failures_come_first(page: Page, opened: Open, tmp_path: Path) -> None:
    opened(hostile("vendor"), tmp_path)
    assert page.run("document.querySelector('#lines .line').classList.contains('mismatch')")
    page.run("document.querySelector('#filters input[value=mismatch]').click()")
    page.run("document.querySelector('#filters input[value=not-proven]').click()")
    page.wait("document.querySelectorAll('#lines .mismatch').length === 0")
    assert page.run("document.querySelectorAll('#lines .as-expected').length") > 5
    page.run("document.querySelector('#filters [name=text]').focus()")
    page.type("no such words")
    page.wait("document.getElementById('found').textContent === 'Nothing matches.'")
    page.run("document.querySelector('.cell.mismatch').click()")
    page.wait("document.querySelectorAll('#lines .mismatch').length > 0")
    assert page.run("document.querySelector('#filters [name=integration]').value") != "", (
        "a cell filters by its integration"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_enough_contrast_and_every_control_has_an_accessible_name(
    page: Page, opened: Open, scheme: str, tmp_path: Path
) -> None:
    page.prefer(color_scheme=scheme, reduced_motion="reduce")
    opened(hostile("vendor"), tmp_path)
    to_topology(page)
    assert page.run((CHECKS / "contrasts.js").read_text()) == [], "WCAG AA: 4.5, or 3 where the text is large"
    assert page.run("getComputedStyle(document.documentElement).scrollBehavior") == "auto", (
        "reduced motion is respected"
    )
    assert page.run((CHECKS / "structure.js").read_text()) == []
    nameless = [
        node["role"]["value"]
        for node in page.accessibility_tree()
        if node.get("role", {}).get("value") in NAMED_ROLES and not node.get("name", {}).get("value")
    ]
    assert nameless == []
    shown = tmp_path / f"{scheme}.png"
    page.screenshot(shown)
    assert shown.stat().st_size > 20_000, "the page is not empty"


def test_the_theme_can_be_light_dark_or_the_systems(page: Page, opened: Open, tmp_path: Path) -> None:
    page.prefer(color_scheme="light")
    opened(FullReport(build_report(fleet.proof())), tmp_path)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.run(ground)
    page.run("document.getElementById('theme').click()")
    assert page.run(ground) == light, "theme light is what a light system shows"
    page.run("document.getElementById('theme').click()")
    dark = page.run(ground)
    assert dark != light
    page.prefer(color_scheme="dark")
    page.run("document.getElementById('theme').click()")
    assert page.run(ground) == dark, "theme system follows the system's preference"


def test_the_page_prints_with_every_section_open(page: Page, opened: Open, tmp_path: Path) -> None:
    opened(FullReport(build_report(fleet.proof())), tmp_path)
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF")
    assert page.run("[...document.querySelectorAll('.integration details')].every((one) => one.open)")


# Helpers.

NAMED_ROLES = (
    "button",
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "table",
    "region",
    "navigation",
    "image",
    "img",
)


def to_topology(page: Page) -> None:
    page.run("document.getElementById('topology').scrollIntoView({ behavior: 'instant' })")
    page.wait("document.querySelector('#graph .node.workload') !== null")


def small_inventory() -> Any:
    return fleet.inventory({"opentrace": {"eu-1": fleet.cluster_inventory(40, namespaces=3)}})


def press_tab(page: Page, times: int) -> list[str]:
    """The texts of the elements that the Tab key reaches, in order."""
    reached = []
    for _ in range(times):
        page.press("Tab")
        reached.append(page.run("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"))
    return reached
