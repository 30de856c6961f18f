"""The product's and the sandbox's modules as syntax trees: what each imports and defines, without importing it."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests.support.checkout import CHECKOUT

PRODUCT = {
    "eks_access": CHECKOUT / "components/eks_access",
    "eks_access_probe": CHECKOUT / "probe/eks_access_probe",
    "eks_access_policies": CHECKOUT / "policies/eks_access_policies",
    "eks_access_inventory": CHECKOUT / "inventory/eks_access_inventory",
    "eks_access_cli": CHECKOUT / "cli/eks_access_cli",
}
"""The packages that users install, by their names."""
PACKAGES = {**PRODUCT, "sandbox": CHECKOUT / "sandbox"}


@dataclass(frozen=True)
class Module:
    """One module. The name of a package's `__init__.py` is the package's."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @cached_property
    def imports(self) -> frozenset[str]:
        """Every module that is named in an import, wherever it is: in functions and for types only as well."""
        return frozenset(self._named(ast.walk(self.tree)))

    @cached_property
    def loads(self) -> frozenset[str]:
        """The modules that importing this one imports at once: not those in functions, nor those for types only."""
        return frozenset(self._named(_at_import(self.tree.body)))

    @cached_property
    def definitions(self) -> dict[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions and classes at the module's top, by name."""
        kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        return {node.name: node for node in self.tree.body if isinstance(node, kinds)}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that is bound at the module's top, or for types only."""
        found = set(self.definitions)
        for top in self.tree.body:
            for node in [top, *(top.body if isinstance(top, ast.If) else [])]:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    found |= {alias.asname or alias.name for alias in node.names}
                elif isinstance(node, ast.Assign | ast.AnnAssign):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    found |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        return frozenset(found)

    def _named(self, nodes: Iterable[ast.AST]) -> Iterator[str]:
        known = modules()
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    yield inner if inner in known else base

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        parts = parts[: len(parts) - node.level + 1]
        return ".".join([*parts, *([node.module] if node.module else [])])


def _at_import(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported, as far as they can import something."""
    for node in body:
        if isinstance(node, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from _at_import(node.body)
            yield from _at_import(node.orelse)
        elif isinstance(node, ast.Try):
            yield from _at_import([*node.body, *node.orelse, *node.finalbody])
            for handler in node.handlers:
                yield from _at_import(handler.body)
        else:
            yield node


@cache
def modules() -> dict[str, Module]:
    """Every module by its full name."""
    found = {}
    for folder in PACKAGES.values():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path)
    return found


def modules_of(package: str) -> list[Module]:
    """The modules of a package and of all packages in it."""
    return [module for name, module in modules().items() if is_in(name, package)]


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
