"""The documentation names what there is: modules and types, files and folders, and addresses within the checkout."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checkout import CHECKOUT, DOCS
from tests.support.source_tree import PACKAGES, modules

PAGES = sorted([*DOCS.rglob("*.md"), *CHECKOUT.glob("*.md"), *(CHECKOUT / ".github").rglob("*.md")])
MAPS = ("architecture.md", "glossary.md")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def names(text: str) -> list[str]:
    """The modules and types in the text, by their full names."""
    return [name for name in _CODE.findall(text) if re.fullmatch(rf"({'|'.join(PACKAGES)})(\.\w+)*", name)]


def exists(name: str) -> bool:
    """Whether this is a module, or something at the top of one."""
    module, _, last = name.rpartition(".")
    return name in modules() or (module in modules() and last in modules()[module].names)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes from the page's headings."""
    headings = _HEADING.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", MAPS)
def test_the_modules_and_types_that_a_page_names_exist(page: str) -> None:
    found = names((DOCS / page).read_text())
    assert len(found) > 20
    assert [name for name in found if not exists(name)] == []


def test_a_name_that_does_not_exist_would_be_found() -> None:
    assert exists("eks_access.model.integration.Integration")
    assert not exists("eks_access.model.integration.Integral")
    assert not exists("eks_access.models_of_old.Integration")


def test_every_term_of_the_glossary_has_a_meaning_and_a_type() -> None:
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    terms = [row for row in rows if row[0] != "term"]
    assert len(terms) >= 30
    assert len({term for term, _, _ in terms}) == len(terms), "one row a term"
    for term, meaning, carried_by in terms:
        assert meaning.endswith("."), term
        assert names(carried_by), term


def test_the_tree_names_every_package_and_no_other() -> None:
    tree = re.search(r"## The tree\n.*?```\n(.*?)```", (DOCS / "architecture.md").read_text(), re.DOTALL)
    assert tree is not None
    named: set[str] = set()
    top = ""
    for line in tree[1].splitlines():
        folder = line.split()[0].rstrip("/")
        top = top if line.startswith("  ") else folder
        named.add(f"{top}/{folder}" if line.startswith("  ") else folder)
    there = {
        str(path.parent.relative_to(CHECKOUT))
        for root in PACKAGES.values()
        for path in [*root.glob("__init__.py"), *root.glob("*/__init__.py"), *root.glob("*/__main__.py")]
    }
    assert named - {"tests"} == there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_within_the_checkout_leads_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link) or path.startswith("../../"):
            continue
        target = page if not path else (page.parent / path).resolve()
        is_there = target.exists() and not (anchor and target.suffix == ".md" and anchor not in anchors(target))
        if not is_there:
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", [*MAPS, "../CONTRIBUTING.md"])
def test_files_and_folders_that_a_page_names_exist(page: str) -> None:
    tops = {path.split("/")[0] for path in tracked()}
    for name in _CODE.findall((DOCS / page).read_text()):
        path = name.split("::")[0].rstrip("/")
        if "/" in name and name.split("/")[0] in tops and not re.search(r"[<>*{} ]", name):
            assert (CHECKOUT / path).exists(), name


def tracked() -> list[str]:
    return subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize(
    "message",
    [
        "is required where the cluster's name is an Output",
        "is not a known property",
        "which has no access policies, and profile",
        "aws-auth is left as it is",
        "this environment has `endpoint: loopback`, so no AWS call may leave this machine",
        "does not export the access manifest",
        "secrets are hidden in it; write it with",
        "the access manifest has version",
        "and this eks-access reads version",
    ],
)
def test_a_message_that_the_readme_explains_is_one_of_the_code(message: str) -> None:
    assert message in (CHECKOUT / "README.md").read_text()
    assert any(message in text for module in modules().values() for text in texts(module.tree))


def texts(tree: ast.Module) -> Iterator[str]:
    """The texts in the code, f-strings with \N{HORIZONTAL ELLIPSIS} in the place of values."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\u2026" for part in node.values)
