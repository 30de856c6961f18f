"""The documentation names what there is: modules and types, files and folders, and addresses within the checkout."""

import re
import subprocess
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
