"""What is printed for people: no name or message from elsewhere acts on a terminal, or looks like a line of ours."""

import ast
import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eks_access.manifest.models import HandoffField
from eks_access.text_layout import print_paragraph, show_controls
from eks_access_cli.console import SafeConsole
from eks_access_cli.main import main
from eks_access_policies.evaluate.configuration import Configuration
from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.evaluate.exemptions import Exemption
from eks_access_policies.report import print_table
from eks_access_policies.review.report import TableFormat
from eks_access_probe.collector.inventory import ClusterInventory, IntegrationInventory, Inventory, Listing, State
from eks_access_probe.collector.table import print_inventory
from eks_access_probe.leftovers.cluster_state import Binding, ClusterState
from eks_access_probe.outcome import Answer, Plane, Question, Result, Verdict
from eks_access_probe.report.build import build_report
from eks_access_probe.report.changes_table import ChangesTable
from eks_access_probe.report.interface import FullReport
from eks_access_probe.report.models import AccessChange, Changes, Flip, FlipKind, RightChange, SeenChange
from eks_access_probe.report.table import TableReport
from tests.support import fleet
from tests.support.checkout import CHECKOUT
from tests.support.policies.resources import ResourceSpec, stack
from tests.support.review_stacks import Stack, compare

HOSTILE = "a\x1b[2J\x9b31m\u202eb\u2066\x7f\nError: forged\u2028\ud800c"
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printed(*renderables: object, terminal: bool = False) -> str:
    out = io.StringIO()
    console = SafeConsole(file=out, width=200, force_terminal=terminal, color_system="standard" if terminal else None)
    for each in renderables:
        console.print(each)
    return out.getvalue()


def table() -> Table:
    found = Table(box=None)
    found.add_column(HOSTILE)
    found.add_column(Text(HOSTILE))
    found.add_row(HOSTILE, Text(HOSTILE))
    return found


@pytest.mark.parametrize("renderable", [HOSTILE, Text(HOSTILE), Text.assemble((HOSTILE, "bold"), "x")])
def test_a_text_is_one_line_without_control_characters(renderable: object) -> None:
    text = printed(renderable)
    assert not ACTING.search(text)
    assert text.count("\n") == 1
    assert "a␛[2J�31m�b" in text, "shown, not dropped: the name is not another's"


def test_cells_and_headings_of_tables_are_too() -> None:
    text = printed(Padding(table(), 1))
    assert not ACTING.search(text)
    assert "Error" not in [line.strip()[:5] for line in text.splitlines()]


def test_a_paragraph_is_too() -> None:
    console = SafeConsole(file=io.StringIO(), width=80)
    print_paragraph(console, Text(HOSTILE), mark="·")
    assert console.file.getvalue().count("\n") == 1  # type: ignore[attr-defined]


def test_our_own_colours_stay_on_a_terminal_and_are_left_out_where_it_is_piped() -> None:
    assert printed(Text("gone", "red"), terminal=True) == "\x1b[31mgone\x1b[0m\n"
    assert printed(Text("gone", "red")) == "gone\n"
    styled = printed(Text.assemble((HOSTILE, "red"), ("after", "bold")), terminal=True)
    assert "\x1b[1mafter\x1b[0m" in styled, "styles stay where they were"
    assert "\x1b[2J" not in styled


def test_text_with_lines_of_its_own_keeps_them() -> None:
    assert show_controls("a\n\x1bb", keep_lines=True) == "a\n␛b"
    assert show_controls("é € ✓ … ‑ 日本") == "é € ✓ … ‑ 日本"


@pytest.mark.parametrize("character", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u180e", "\U000e0041"])
def test_a_character_without_width_is_shown_since_two_names_would_look_alike(character: str) -> None:
    assert show_controls(f"cluster{character}-admin") == "cluster\ufffd-admin"


def test_the_probes_table_shows_control_characters() -> None:
    def answer(question: Question) -> Answer:
        return Answer(Verdict.COULD_NOT_ASK, 500, HOSTILE, HOSTILE)

    manifest = fleet.manifest(names=("cado",))
    access = manifest.integrations["cado"].model_copy(update={"title": HOSTILE})
    proof = fleet.proof(manifest.model_copy(update={"integrations": {"cado": access}}), answer)
    for verbose in (False, True):
        out = io.StringIO()
        TableReport(SafeConsole(file=out, width=120), verbose=verbose).write(proof)
        assert not ACTING.search(out.getvalue())
        assert "␛[2J" in out.getvalue()


def test_leftovers_are_shown_and_their_json_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from eks_access_probe.leftovers.inspector import ClusterInspector
    from tests.support.manifests import access, manifest

    name = "baton-\x1b]0;x\x07$(touch pwned)-binding"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(
        ClusterInspector, "inspect", lambda *_: ClusterState(bindings=(Binding("RoleBinding", name, "-x", ()),))
    )
    monkeypatch.setattr(ClusterInspector, "list_registrations", lambda *_: ())
    path = tmp_path / "access.json"
    clusters = {"one": {"name": "prod-0", "region": "us-east-1"}}
    path.write_text(json.dumps({**manifest(cado=access("cado")), "clusters": clusters}))
    arguments = ["leftovers", "--manifest", str(path)]
    shown = CliRunner().invoke(main, arguments).output
    assert not ACTING.search(shown)
    (found,) = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).output)["leftovers"]
    assert found["name"] == f"-x/{name}"
    assert found["remove"] == f"kubectl delete rolebinding --namespace=-x -- '{name}'"


def open_console() -> tuple[SafeConsole, io.StringIO]:
    out = io.StringIO()
    return SafeConsole(file=out, width=120), out


MARKUP = "[link=https://evil.example]x[/link][/bold]"
"""To rich, a style or a hyperlink of its own; an end without a beginning is an error."""


def check_shown(text: str) -> None:
    assert not ACTING.search(text)
    assert not re.search(r"(?m)^\s*Error: forged", text), "it begins no line of its own"
    shown = "".join(text.split())  # wrapped at the width
    assert "a␛[2J�31m" in shown, "shown, not dropped"
    assert MARKUP in shown, "and not taken for a style"


def test_the_packs_table_shows_control_characters() -> None:
    name = HOSTILE + MARKUP
    group = {"kind": "Group", "name": name}
    bound = ResourceSpec(
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
        name,
        {"metadata": {"name": name}, "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [group]},
    )
    found = stack([bound])
    findings = Evaluator().stack(found)
    assert findings
    console, out = open_console()
    exemptions = [Exemption("allowedGroups", name, (findings[0],)), Exemption("allowedGroups", name)]
    print_table(found, findings, Configuration(), console, exemptions)
    check_shown(out.getvalue())


def test_the_reviews_table_shows_control_characters() -> None:
    name = HOSTILE + MARKUP
    rights = [{"apiGroups": [name], "resources": [name], "verbs": ["create"], "resourceNames": [name]}]
    review = compare(Stack(), Stack().role(name).entry(name, name, name).bound(name, name, rights, name))
    console, out = open_console()
    TableFormat(console).write(review)
    text = out.getvalue()
    assert not ACTING.search(text)
    assert not re.search(r"(?m)^\s*Error: forged", text)
    assert MARKUP in "".join(text.split())


def test_the_table_of_changes_shows_control_characters() -> None:
    before = build_report(fleet.proof(fleet.manifest(names=("cado",)), fleet.as_declared))
    name = HOSTILE + MARKUP
    right = RightChange(integration=name, plane="kubernetes", what=[name], where=name, risk=name, grave=True)
    flip = Flip(
        kind=FlipKind.BROKE,
        integration=name,
        cluster=name,
        plane=Plane.KUBERNETES,
        call=name,
        detail=name,
        why=name,
        expected=Verdict.DENIED,
        before=Result.AS_EXPECTED,
        after=Result.MISMATCH,
        verdict_before=Verdict.DENIED,
        verdict_after=Verdict.ALLOWED,
    )
    seen = SeenChange(
        integration=name, cluster=name, kind=name, count_before=1, count_after=2, appeared=[name], disappeared=[name]
    )
    changes = Changes(
        baseline_started_at=fleet.WHEN,
        access=[AccessChange(integration=name, cluster=name, words=name)],
        gained=[right],
        lost=[right],
        flips=[flip],
        added=1,
        removed=1,
        seen=[seen],
        not_compared=[name],
    )
    console, out = open_console()
    ChangesTable(console).write(FullReport(before.model_copy(update={"changes": changes})))
    check_shown(out.getvalue())


def test_the_collectors_table_shows_control_characters() -> None:
    name = HOSTILE + MARKUP
    access = fleet.manifest(names=("cado",)).integrations["cado"].model_copy(update={"title": name})
    listing = Listing(kind=name, resource=name, namespace=name, state=State.INCOMPLETE, count=1, reason=name)
    cluster = ClusterInventory(name=name, region=name, trouble=name, listings=[listing])
    found = IntegrationInventory(trouble=name, clusters={name: cluster}, listings=[listing])
    inventory = Inventory(environment=name, account="1", started_at=fleet.WHEN, seconds=1.0, integrations={name: found})
    console, out = open_console()
    print_inventory(inventory, {name: access}, console)
    check_shown(out.getvalue())


@pytest.mark.parametrize("arguments", [["explain", "cado"], ["handoff"], ["handoff", "--format", "markdown"]])
def test_explanations_and_handoffs_show_control_characters(tmp_path: Path, arguments: list[str]) -> None:
    name = HOSTILE.replace("\ud800", "") + MARKUP
    access = fleet.manifest(names=("cado",)).integrations["cado"]
    handoff = access.handoff.model_copy(
        update={"fields": [HandoffField(label=name, value=name)], "steps": [f"{name}\n{name}"]}
    )
    changed = access.model_copy(update={"title": name, "residual_risks": [name], "handoff": handoff})
    manifest = fleet.manifest(names=("cado",)).model_copy(update={"integrations": {"cado": changed}})
    path = tmp_path / "access.json"
    path.write_text(manifest.model_dump_json(by_alias=True))
    done = CliRunner().invoke(main, [*arguments, "--manifest", str(path)])
    assert done.exit_code == 0, done.output
    assert not ACTING.search(done.output)
    assert "␛[2J" in done.output


def test_an_error_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[2J\nall is well"
    done = CliRunner().invoke(main, ["policies", str(path)])
    assert done.exit_code == 2
    assert done.output.count("\n") == 1
    assert not ACTING.search(done.output)


def test_commands_print_by_the_console_and_by_output_alone() -> None:
    root = Path(CHECKOUT, "cli", "eks_access_cli")
    found = [
        f"{path.relative_to(root)}:{call.lineno}: {name}"
        for path in root.rglob("*.py")
        if path.name not in ("console.py", "output.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and (name := ast.unparse(call.func)) in ("click.echo", "print", "Console")
    ]
    assert not found, "there, control characters are shown"
