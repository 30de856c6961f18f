"""The formats: within GitHub's limits, safe for any name, and valid for their readers."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eks_access_policies.review.change import Review
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, SarifFormat
from eks_access_policies.review.report.markdown import LIMIT
from tests.support.review_stacks import UNKNOWN, Stack, allow, compare, rule, trust

HOSTILE = "`</details><!-- eks-access-review -->\n# @everyone [x](http://x) ‮"


def many(count: int) -> Review:
    """Changes that are all different, so that none are grouped."""
    head = Stack()
    for number in range(count):
        bucket = f"arn:aws:s3:::bucket-{number}/*"
        head.role(f"role-{number}", None, allow("s3:GetObject", "s3:PutObject", "iam:PassRole", on=bucket))
        head.entry(f"role-{number}", "dev", f"g{number}")
        head.bound(f"g{number}", "dev", [rule(["get"], "secrets")], f"namespace-{number}")
    return compare(Stack(), head)


def hostile() -> Review:
    head = Stack().role(HOSTILE, trust({"AWS": HOSTILE}), allow("s3:GetObject", on=HOSTILE))
    head.entry(HOSTILE, HOSTILE, HOSTILE).bound(HOSTILE, HOSTILE, [rule(["get"], "secrets", HOSTILE)], HOSTILE)
    return compare(Stack(), head)


@pytest.mark.parametrize("count", [1, 40, 400])
def test_a_comment_fits_and_names_or_counts_every_principal(count: int) -> None:
    found = many(count)
    text = MarkdownFormat().format(found)
    assert len(text.encode()) <= LIMIT
    assert text.count("<details>") == text.count("</details>")
    named = sum(f"`role-{number}`" in text for number in range(count))
    counted = int(text.rpartition("…and ")[2].partition(" ")[0].replace(",", "")) if "…and " in text else 0
    assert named + counted == count


def test_a_small_limit_leaves_the_summary_and_the_number_of_omitted_principals() -> None:
    text = MarkdownFormat(limit=400).format(many(30))
    assert len(text.encode()) <= 400
    assert "**30 principals gain access. Highest severity gained: high.**" in text
    assert "more. The JSON and SARIF of this review have all of them." in text


def test_a_hostile_name_stays_between_its_back_ticks() -> None:
    text = MarkdownFormat().format(hostile())
    outside = [part for line in text.splitlines() for part in line.split("`")[::2]]
    assert all(line.count("`") % 2 == 0 for line in text.splitlines()), "every name is closed on its line"
    for part in ("@everyone", "<!--", "http://x", "‮"):
        assert not any(part in each for each in outside), part
    assert "‮" not in text


def test_a_hostile_title_loses_its_markup() -> None:
    text = MarkdownFormat("Access review: <!-- x --> [a](b) `c` @d\n# e").format(compare(Stack(), Stack()))
    assert text.splitlines()[0] == "### Access review: -- x -- a(b) c d e"


def test_json_has_every_action_and_does_not_group_principals() -> None:
    value = json.loads(JsonFormat().format(many(3)))
    assert value["schemaVersion"] == 1
    assert [each["name"] for each in value["principals"]] == ["role-0", "role-1", "role-2"]
    actions = {action for change in value["principals"][0]["changes"] for action in change["detail"]}
    assert {"s3:GetObject", "s3:PutObject", "iam:PassRole", "get secrets"} <= actions
    assert value["gravest"] == "high"


def results(value: dict[str, Any]) -> list[dict[str, Any]]:
    (run,) = value["runs"]
    found: list[dict[str, Any]] = run["results"]
    return found


def test_sarif_has_what_the_standard_and_github_require() -> None:
    value = json.loads(SarifFormat("Pulumi.dev.yaml", "config:\n  x:\n    role-1:\n      a: b\n").format(many(3)))
    (run,) = value["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert value["version"] == "2.1.0"
    assert run["automationDetails"]["id"].endswith("/")
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule_ in rules:
        assert {"id", "shortDescription", "fullDescription", "help", "properties"} <= set(rule_)
        assert 0.0 < float(rule_["properties"]["security-severity"]) <= 10.0
        assert rule_["defaultConfiguration"]["level"] in ("note", "warning", "error")
    prints = set()
    for result in results(value):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "Pulumi.dev.yaml", "relative to the repository's root"
        assert place["region"]["startLine"] == (3 if "role-1" in result["message"]["text"] else 1)
        prints.add(result["partialFingerprints"]["eksAccessReview/v1"])
    assert len(prints) == len(results(value)), "each result is distinguished from the others"
    assert results(json.loads(SarifFormat().format(many(3)))) != []


SARIF: dict[str, tuple[set[str], dict[str, str]]] = {
    # Each object that is written: the properties that the standard requires, and the types of all (`[…]` is a list).
    "sarifLog": ({"version", "runs"}, {"$schema": "text", "version": "text", "runs": "[run]"}),
    "run": (
        {"tool"},
        {"tool": "tool", "automationDetails": "automation", "columnKind": "text", "results": "[result]"},
    ),
    "automation": (set(), {"id": "text"}),
    "tool": ({"driver"}, {"driver": "toolComponent"}),
    "toolComponent": ({"name"}, {"name": "text", "semanticVersion": "text", "rules": "[reportingDescriptor]"}),
    "reportingDescriptor": (
        {"id"},
        {"id": "text", "name": "text", "shortDescription": "message", "fullDescription": "message", "help": "message"}
        | {"defaultConfiguration": "configuration", "properties": "bag"},
    ),
    "configuration": (set(), {"level": "level"}),
    "result": (
        {"message"},
        {"ruleId": "text", "ruleIndex": "count", "level": "level", "message": "message", "locations": "[location]"}
        | {"partialFingerprints": "bag", "properties": "bag"},
    ),
    "message": ({"text"}, {"text": "text", "markdown": "text"}),
    "location": (set(), {"physicalLocation": "physicalLocation", "logicalLocations": "[logicalLocation]"}),
    "physicalLocation": ({"artifactLocation"}, {"artifactLocation": "artifact", "region": "region"}),
    "artifact": ({"uri"}, {"uri": "text"}),
    "region": ({"startLine"}, {"startLine": "line"}),
    "logicalLocation": (set(), {"name": "text", "kind": "text"}),
}
"""https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; its schema lets no object have other properties."""

PLAIN: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str) and value != "",
    "level": lambda value: value in ("none", "note", "warning", "error"),
    "count": lambda value: type(value) is int and value >= 0,
    "line": lambda value: type(value) is int and value >= 1,
    "bag": lambda value: isinstance(value, dict),
}


def find_violations(value: Any, kind: str, path: str) -> Iterator[str]:
    """Where the value violates the standard."""
    if kind.startswith("["):
        listed = value if isinstance(value, list) else [None]
        for at, each in enumerate(listed):
            yield from find_violations(each, kind[1:-1], f"{path}[{at}]")
    elif kind in PLAIN:
        if not PLAIN[kind](value):
            yield f"{path} is not a {kind}: {value!r}"
    elif not isinstance(value, dict):
        yield f"{path} is not a {kind}"
    else:
        required, known = SARIF[kind]
        yield from (f"{path} has no {name}" for name in required - set(value))
        yield from (f"{path}.{name} is not in the standard" for name in set(value) - set(known))
        for name in set(value) & set(known):
            yield from find_violations(value[name], known[name], f"{path}.{name}")


@pytest.mark.parametrize(
    "found",
    [many(3), hostile(), compare(Stack(), Stack()), compare(Stack().role("u"), Stack().role("u", UNKNOWN))],
)
def test_sarif_does_not_violate_the_standard(found: Review) -> None:
    value = json.loads(SarifFormat().format(found))
    assert list(find_violations(value, "sarifLog", "$")) == []
    assert value["version"] == "2.1.0"


def test_violations_of_the_standard_are_found() -> None:
    value = SarifFormat().convert(many(1))
    result = results(value)[0]
    del result["message"]
    result["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    result["severity"] = "high"
    assert sorted(each.partition(" ")[2] for each in find_violations(value, "sarifLog", "$")) == [
        "has no message",
        "is not a line: 0",
        "is not in the standard",
    ]


def test_sarif_has_gains_and_unknowns_and_no_losses() -> None:
    base = Stack().role("r", None, allow("iam:PassRole")).role("u")
    head = Stack().role("r").role("u", UNKNOWN)
    found = results(SarifFormat().convert(compare(base, head)))
    assert [each["ruleId"] for each in found] == ["access-unknown/medium"]


def test_sarif_has_no_more_results_than_github_shows() -> None:
    assert len(results(SarifFormat(limit=20).convert(many(20)))) == 20
