"""The data of the table of resource types: one line for each type, complete for the SDKs that are installed."""

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import eks_access_policies

_DATA = Path(eks_access_policies.__file__).parent / "resource_types" / "data"
_FILES = ("aws", "aws_native", "kubernetes", "others")
_EVALUATIONS = {"understood", "harmless", "not_evaluated"}
_KEYS = {
    "understood": {"understood", "unread", "where", "source"},
    "harmless": {"harmless", "component", "made_from", "source"},
    "not_evaluated": {"not_evaluated", "properties", "where", "unless", "limit", "source"},
}
_KUBERNETES = re.compile(r"kubernetes:(?P<group>[^:/]+)(/[^:]+)?:(?P<kind>\w+?)(Patch|List)?")
_GETTER = re.compile(r'@pulumi\.getter(?:\(name="(?P<name>\w+)"\))?\s+(?:@.+\s+)*def (?P<function>\w+)\(')


def _read(name: str) -> str:
    return (_DATA / f"{name}.json").read_text(encoding="utf-8")


@cache
def _types(name: str) -> dict[str, dict[str, Any]]:
    types: dict[str, dict[str, Any]] = json.loads(_read(name))["types"]
    return types


def _sdk(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _find_sdk_types(package: str, prefix: str) -> set[str]:
    """The type tokens in the SDK's table of modules."""
    written = (_sdk(package) / "__init__.py").read_text(encoding="utf-8")
    return set(re.findall(rf'^ +"({prefix}:[^"]+)": "\w+"', written, re.MULTILINE))


def _find_evaluations(line: dict[str, Any]) -> set[str]:
    return _EVALUATIONS & line.keys()


def _find_problems(line: dict[str, Any]) -> list[str]:
    """What is wrong with a line of the table."""
    evaluations = _find_evaluations(line)
    if len(evaluations) != 1:
        return ["is not exactly one of understood, harmless and not_evaluated"]
    evaluation = evaluations.pop()
    problems = []
    if unexpected := line.keys() - _KEYS[evaluation]:
        problems.append(f"has {', '.join(sorted(unexpected))}, which is read for no {evaluation} type")
    if not re.fullmatch(r"https://[^\s/]+/\S*", line.get("source", "")):
        problems.append("has no source that is an https address")
    if not line[evaluation]:
        problems.append(f"does not say what is {evaluation}")
    return problems


@pytest.mark.parametrize("name", _FILES)
def test_a_file_has_one_line_for_each_type_in_order(name: str) -> None:
    lines = _read(name).partition('"types": {\n')[2].partition("\n}")[0].splitlines()
    tokens = [json.loads("{" + line.removesuffix(",") + "}").popitem()[0] for line in lines]
    assert tokens == sorted(set(tokens)), "lines are sorted, and no type is there twice"
    assert tokens == list(_types(name))


@pytest.mark.parametrize("name", _FILES)
def test_every_line_is_one_of_three_with_a_source(name: str) -> None:
    problems = {token: found for token, line in _types(name).items() if (found := _find_problems(line))}
    assert not problems


def test_prefixes_and_packages_say_why() -> None:
    table = json.loads(_read("others"))
    assert not {prefix: found for prefix, line in table["prefixes"].items() if (found := _find_problems(line))}
    assert all(isinstance(why, str) and why for why in table["packages"].values())


@pytest.mark.parametrize(
    "line",
    [
        {"harmless": "does nothing"},
        {"harmless": "does nothing", "source": "http://example.com/"},
        {"harmless": "", "source": "https://example.com/"},
        {"harmless": "does nothing", "not_evaluated": "gives access", "source": "https://example.com/"},
        {"harmless": "does nothing", "properties": ["policy"], "source": "https://example.com/"},
        {"source": "https://example.com/"},
    ],
)
def test_a_wrong_line_is_found(line: dict[str, Any]) -> None:
    assert _find_problems(line)


def test_every_aws_type_of_the_installed_sdk_is_in_the_table() -> None:
    missing = _find_sdk_types("pulumi_aws", "aws") - _types("aws").keys()
    assert not missing, (
        f"add a line for {', '.join(sorted(missing))} to data/aws.json: understood, harmless, or not_evaluated with the"
        " properties that may give access (policies, grants, principals, credentials)"
    )


def test_every_kubernetes_kind_of_the_installed_sdk_is_in_the_table() -> None:
    matches = [_KUBERNETES.fullmatch(token) for token in _find_sdk_types("pulumi_kubernetes", "kubernetes")]
    kinds = {f"kubernetes:{match['group']}:{match['kind']}" for match in matches if match}
    assert all(matches)
    assert "kubernetes:core:Secret" in kinds
    missing = kinds - _types("kubernetes").keys()
    assert not missing, f"add a line for {', '.join(sorted(missing))} to data/kubernetes.json"


def test_properties_of_aws_types_exist_in_the_installed_sdk() -> None:
    named = {token: _first_steps(line) for token, line in _types("aws").items() if _first_steps(line)}
    found = _find_sdk_properties(frozenset(named))
    assert found.keys() == named.keys() & _find_sdk_types("pulumi_aws", "aws"), "the SDK has its types elsewhere now"
    missing = {token: absent for token, properties in found.items() if (absent := named[token] - properties)}
    assert not missing, "properties that the SDK does not have give access to nothing; what are they called now?"


def test_the_properties_of_a_type_are_read_from_the_sdk() -> None:
    token = "aws:sqs/queue:Queue"
    properties = _find_sdk_properties(frozenset({token}))[token]
    assert {"policy", "kmsMasterKeyId"} <= properties
    assert "queuePolicy" not in properties


def _first_steps(line: dict[str, Any]) -> set[str]:
    """The properties that a line names; of the path to a nested one, the first step."""
    named = (*line.get("understood", ()), *line.get("properties", ()), *line.get("where", ()))
    return {name.split("/")[1] if name.startswith("/") else name for name in named}


def _find_sdk_properties(tokens: frozenset[str]) -> dict[str, set[str]]:
    """The properties of those of the types that the installed SDK has."""
    found = {}
    for module in {token.split(":")[1].partition("/")[0] for token in tokens}:
        for path in _sdk("pulumi_aws").glob(f"{module}/[!_]*.py" if module != "lambda" else "lambda_/[!_]*.py"):
            if path.name == "outputs.py" or path.name.startswith("get_"):
                continue
            source = path.read_text(encoding="utf-8")
            for token in re.findall(r"__init__\(\s+'(aws:[^']+)'", source):
                if token in tokens:
                    found[token] = {match["name"] or match["function"] for match in _GETTER.finditer(source)}
    return found
