"""The shape of the source tree as docs/architecture.md has it: what may import what, and how things are named."""

import ast
import re
from collections.abc import Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.checkout import CHECKOUT, DOCS
from tests.support.source_tree import PACKAGES, PRODUCT, Module, is_in, modules, modules_of

THIRD_PARTIES_OF_PROVISIONING = ("boto3", "botocore", "click", "pulumi", "pulumi_aws", "pulumi_kubernetes", "rich")
MAX_MODULES = 10
"""Modules beside the folders at the top of a package: as many as a reader takes in at one glance."""
DIALECT = re.compile(r"\b(told|whoever|whom|somebody|anew|knock|hindrance)\b", re.IGNORECASE)
MAX_DIALECT = 23
"""Most are in texts that reach deployed objects or the manifest (a rule's `why`), which stay as they are."""


def importers(of: Iterable[str], among: Iterable[Module]) -> list[str]:
    """The modules that import one of these packages, or anything in them, wherever in the file."""
    packages = tuple(of)
    return [
        f"{module.name} imports {name}"
        for module in among
        for name in sorted(module.imports)
        if any(is_in(name, package) for package in packages)
    ]


def test_the_model_imports_no_pulumi_no_aws_sdk_and_no_command_line() -> None:
    assert modules_of("eks_access.model"), "the package is where this test looks for it"
    assert importers(THIRD_PARTIES_OF_PROVISIONING, modules_of("eks_access.model")) == []


def test_the_model_imports_nothing_of_the_product_but_errors() -> None:
    allowed = ("eks_access.model", "eks_access.errors")
    for module in modules_of("eks_access.model"):
        ours = [name for name in module.imports if name.startswith("eks_access")]
        assert [name for name in ours if not any(is_in(name, each) for each in allowed)] == [], module.name


@pytest.mark.parametrize(
    ("package", "above"),
    [
        ("eks_access", ("eks_access_probe", "eks_access_policies", "eks_access_inventory", "eks_access_cli")),
        ("eks_access_probe", ("eks_access_policies", "eks_access_inventory", "eks_access_cli")),
        ("eks_access_policies", ("eks_access_probe", "eks_access_inventory", "eks_access_cli")),
        ("eks_access_inventory", ("eks_access_cli",)),
    ],
)
def test_a_package_imports_none_of_the_packages_above_or_beside_it(package: str, above: tuple[str, ...]) -> None:
    assert importers(above, modules_of(package)) == []


@pytest.mark.parametrize("package", sorted(set(PRODUCT) - {"eks_access_cli"}))
def test_only_the_command_line_imports_click(package: str) -> None:
    assert importers(["click"], modules_of(package)) == []


@pytest.mark.parametrize("package", sorted(PRODUCT))
def test_nothing_in_the_product_imports_the_sandbox_or_the_tests(package: str) -> None:
    assert importers(["sandbox", "tests", "benchmarks"], modules_of(package)) == []


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    """By what importing a module loads at once: imports in functions and for types only are not counted, nor is
    the `__init__` of a package on the way to a module in it."""
    graph = {module.name: module.loads & modules().keys() - {module.name} for module in modules_of(package)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


@pytest.mark.parametrize("package", ["eks_access", "eks_access_policies.access", "eks_access_policies.review"])
def test_no_packages_in_these_import_each_other_in_a_circle(package: str) -> None:
    depth = package.count(".") + 2
    graph: dict[str, set[str]] = {}
    for module in modules_of(package):
        room = ".".join(module.name.split(".")[:depth])
        used = {".".join(name.split(".")[:depth]) for name in module.loads if is_in(name, package)}
        graph.setdefault(room, set()).update(used - {room})
    assert len(graph) > 3, "the package is where this test looks for it"
    TopologicalSorter(graph).prepare()


def test_every_exception_of_the_product_ends_in_error_and_is_an_eks_access_error() -> None:
    assert {"EksAccessError", "InvalidInputError", "ManifestError"} <= exceptions(), "the reader finds exceptions"
    strangers = [
        f"{module.name}.{name}"
        for module in modules().values()
        for name in module.definitions
        if module.name.split(".")[0] in PRODUCT
        and name in exceptions()
        and not (name.endswith("Error") and "EksAccessError" in {name, *ancestors(name)})
    ]
    assert strangers == []


def test_no_test_imports_from_a_test_module_or_a_conftest() -> None:
    found = []
    for path in sorted((CHECKOUT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            parts = f"{getattr(node, 'module', '') or ''}.{'.'.join(names)}".split(".")
            if names and any(part.startswith("test_") or part == "conftest" for part in parts):
                found.append(f"{path.relative_to(CHECKOUT)}:{getattr(node, 'lineno', 0)}")
    assert found == [], "what several tests need is in tests/support"


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_no_module_has_a_function_or_class_of_its_own_name(package: str) -> None:
    """Such a function hides its module from `from package import name`. An entry point, `main`, may be called that."""
    found = [module.name for module in modules_of(package) if module.path.stem in module.definitions.keys() - {"main"}]
    assert found == []


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_has_at_most_ten_modules_beside_its_folders(package: str) -> None:
    special = ("__init__.py", "__main__.py")
    found = sorted(path.name for path in PACKAGES[package].glob("*.py") if path.name not in special)
    assert len(found) <= MAX_MODULES, found


def test_every_exception_of_the_sandbox_ends_in_error() -> None:
    found = [f"{module.name}.{name}" for module in modules_of("sandbox") for name in module.definitions]
    assert [name for name in found if name.rpartition(".")[2] in exceptions() and not name.endswith("Error")] == []


def test_product_docs_and_readme_are_in_the_fields_words() -> None:
    """Words that the field does not use for this: what is told is reported, formatted or described, who is a principal
    or a caller, a knock is a connection attempt. A few lines need one of them."""
    files = [path for name in PRODUCT for path in (CHECKOUT / PRODUCT[name]).rglob("*.py")]
    files += [*DOCS.rglob("*.md"), *DOCS.rglob("*.json"), *CHECKOUT.glob("*.md")]
    found = [
        f"{path.relative_to(CHECKOUT)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for _ in DIALECT.findall(line)
    ]
    assert len(found) <= MAX_DIALECT, "\n".join(found)


def test_imports_are_found_wherever_they_are_and_told_apart_by_when_they_run(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n"
        "from ..errors import EksAccessError\n"
        "from . import iam\n"
        "if TYPE_CHECKING:\n    import pulumi\n"
        "def f():\n    from eks_access_cli.main import main\n"
    )
    wrong = Module("eks_access.model.wrong", path)
    assert wrong.loads == {"typing", "eks_access.errors", "eks_access.model.iam"}
    assert wrong.imports - wrong.loads == {"pulumi", "eks_access_cli.main"}
    assert importers(["eks_access_cli"], [wrong]) == ["eks_access.model.wrong imports eks_access_cli.main"]


def ancestors(name: str) -> set[str]:
    """The classes that one of ours extends, by their names without modules: names of exceptions are unique enough."""
    found: set[str] = set()
    for base in _bases().get(name, ()):
        found |= {base, *ancestors(base)}
    return found


@cache
def exceptions() -> set[str]:
    """The names of our classes that are exceptions."""
    of_python = re.compile(r"(\w*Error|\w*Exception|Warning)")
    return {name for name in _bases() if any(of_python.fullmatch(base) for base in ancestors(name))}


@cache
def _bases() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for module in modules().values():
        for name, node in module.definitions.items():
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
                found.setdefault(name, set()).update(bases - {name})
    return found
