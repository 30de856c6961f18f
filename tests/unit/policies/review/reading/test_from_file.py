"""Every file is read or rejected with one sentence; malformed and huge files do not make the review fail."""

import json
from pathlib import Path
from typing import Any

import pytest

from eks_access_policies.review.difference import compare_sides
from eks_access_policies.review.reading import from_file
from eks_access_policies.review.reading.from_file import ReadError
from eks_access_policies.review.report import JsonFormat, MarkdownFormat, SarifFormat
from tests.support.review_stacks import Stack, allow, compare, compare_values, lines, rule


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


ODD: list[Any] = [
    None, 0, 1.5, True, "", "x", [], {}, [[]], [None], {"": None}, {"Statement": 3}, "{", "[]",
    '{"Statement": [1, null]}',
    {"Statement": {"Effect": "Allow", "Action": {"a": 1}, "Resource": 7, "Principal": [3, None]}},
    {"Statement": [{"Effect": "allow", "Action": ["s3:*", 5, None], "Condition": {"StringEquals": {"k": None}}}]},
    {"Statement": [{"Effect": "Allow", "NotAction": 4, "NotResource": {}, "NotPrincipal": "*", "Condition": [1]}]},
    {"Statement": [{"Еffect": "Allow", "Action": "iam:*", "Resource": "*"}]}, deep(150), "\ud800", "*" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_malformed_values_in_documents_rules_and_scopes_are_compared(value: Any) -> None:
    head = Stack().role("r")
    head.resources[0]["inputs"]["assumeRolePolicy"] = head.resources[0]["outputs"]["assumeRolePolicy"] = value
    head.add("aws:iam/rolePolicy:RolePolicy", "p", {"role": "r", "policy": value})
    head.entry("r", "dev", "g").bound("g", "dev", value)
    head.add(
        "aws:eks/accessEntry:AccessEntry",
        "odd",
        {"clusterName": value, "principalArn": value, "kubernetesGroups": value},
    )
    head.add("aws:iam/role:Role", "odd", {"name": value, "managedPolicyArns": value, "permissionsBoundary": value})
    kind = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
    head.add(kind, "odd", {"clusterName": "dev", "principalArn": value, "policyArn": value, "accessScope": value})
    found = compare(Stack(), head)
    for format_ in (MarkdownFormat(), SarifFormat(), JsonFormat()):
        assert format_.format(found).encode()


def test_ten_thousand_statements_are_compared() -> None:
    base = [allow("s3:GetObject", on=f"arn:aws:s3:::b{number}/*") for number in range(10_000)]
    head = [*base[1:], allow("s3:*", on="arn:aws:s3:::new/*")]
    found = compare(Stack().role("r", None, *base), Stack().role("r", None, *head))
    assert [line.split(":")[0] for line in lines(found)] == ["medium", "lost"]


def test_thousands_of_wildcards_and_a_rule_of_billions_of_parts_are_compared() -> None:
    wild = [allow(f"s3:*{number}*", on="*" * number + "x") for number in range(2000)]
    names = [f"n{number}" for number in range(2000)]
    head = Stack().role("r", None, *wild).entry("r", "dev", "g")
    head.bound("g", "dev", [{"apiGroups": names, "resources": names, "verbs": names, "resourceNames": names}])
    found = lines(compare(Stack().role("r"), head))
    assert any("has a rule too large to be taken apart" in line for line in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "is neither a preview, nor an exported state, nor an access manifest"),
        ('{"steps": 3}', "expected the output of `pulumi preview --json`"),
        ('{"deployment": {"resources": 3}}', "expected the output of `pulumi stack export`"),
        ('{"schemaVersion": 99}', "has version 99"),
        ('{"access": {"schemaVersion": 1}}', "is not valid"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_file_in_none_of_the_formats_is_rejected_with_what_is_expected(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ReadError, match=words.replace("[", r"\[")):
        from_file.load_side(str(path))


def test_a_preview_without_unchanged_resources_is_rejected_since_rights_are_missing_in_it() -> None:
    preview = {**Stack().role("r").preview(), "changeSummary": {"create": 1, "same": 12}}
    with pytest.raises(ReadError, match=r"omits 12 unchanged resources.*--show-sames"):
        from_file.parse_side(preview, "x")


def test_a_missing_file_is_rejected() -> None:
    with pytest.raises(ReadError, match="No such file"):
        from_file.load_side("nowhere.json")


def test_a_preview_alone_is_compared_with_the_state_before_its_changes(tmp_path: Path) -> None:
    before, after = Stack().role("r"), Stack().role("r", None, allow("iam:PassRole"))
    steps = after.preview()["steps"]
    steps[0] |= {"op": "update", "oldState": before.resources[0]}
    path = tmp_path / "preview.json"
    path.write_text(json.dumps({"steps": steps}))
    found = compare_sides(from_file.load_side_before(str(path)), from_file.load_side(str(path)))
    assert lines(found) == ["high: can hand any role to a service that then acts with it (iam:PassRole on everything)"]


def test_a_manifest_and_the_state_of_the_same_stack_have_the_same_access() -> None:
    rules = [rule(["get", "list"], "pods")]
    state = Stack().role("r", None, allow("eks:ListClusters"))
    state.entry("r", "dev", "g").bound("g", "dev", rules)
    manifest = {
        "schemaVersion": 1, "environment": "dev", "partition": "aws", "account": "111122223333", "endpoint": "aws",
        "integrations": {"r": {
            "vendor": "x", "title": "X", "profile": "least",
            "role": {"arn": "arn:aws:iam::111122223333:role/r", "name": "r", "maxSessionSeconds": 3600},
            "trust": {"kind": "cross-account", "refuses": [], "externalId": None, "organizationId": None,
                      "principals": ["arn:aws:iam::765656841499:role/ConductorOneService"]},
            "statements": [allow("eks:ListClusters")],
            "identity": {"username": "r", "groups": ["g"], "accessPolicies": []},
            "clusters": {"dev": {"name": "dev", "region": "r", "arn": "a", "endpoint": "e", "certificateAuthority": "c",
                                 "authenticationMode": "API", "method": "access-entry"}},
            "grants": [{"name": "g", "group": "g", "namespaces": None, "rules": rules}],
            "aws": [], "kubernetes": [], "handoff": {"fields": [], "steps": []}, "residualRisks": [],
        }},
    }  # fmt: skip
    found = compare_values(manifest, state.state())
    assert lines(found) == []
    manifest["integrations"]["r"]["grants"] = []  # type: ignore[index]
    gained = lines(compare_values(manifest, state.state()))
    assert gained, "a difference between them is reported"
