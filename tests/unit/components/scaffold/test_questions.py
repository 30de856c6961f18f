"""Questions come from the types of the vendors' arguments, and answers become their values."""

from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations import vendors
from eks_access.scaffold.questions import (
    SHARED,
    Kind,
    Question,
    find_clear_secret,
    find_nested,
    list_questions,
    list_references,
)


@pytest.mark.parametrize("vendor", sorted(vendors()))
def test_every_argument_of_a_vendor_is_a_question_with_its_meaning(vendor: str) -> None:
    found = vendors()[vendor]
    questions = {each.name: each for each in list_questions(found)}
    assert questions.keys() == set(found.arguments.__annotations__)
    assert all(each.text for each in questions.values())
    required = set(found.arguments.__required_keys__)  # type: ignore[attr-defined]
    assert {name for name, each in questions.items() if each.required} == required - (
        set() if found.own_clusters else {"clusters"}
    )
    positions = [each.name in SHARED for each in list_questions(found)]
    assert positions == sorted(positions), "options of every integration are last"


def question(vendor: str, *keys: str) -> Question:
    found = find_nested(list_questions(vendors()[vendor]), keys)
    assert len(found) == len(keys)
    assert found[-1] is not None
    return found[-1]


@pytest.mark.parametrize(
    ("vendor", "keys", "kind"),
    [
        ("opentrace", ["subject"], Kind.TEXT),
        ("cado", ["platform_role_arns"], Kind.TEXTS),
        ("cado", ["exec_enabled"], Kind.FLAG),
        ("cado", ["max_session_seconds"], Kind.NUMBER),
        ("apono", ["federation"], Kind.CHOICE),
        ("apono", ["connector_rights"], Kind.STRUCTURE),
        ("apono", ["connector_rights", "namespace"], Kind.TEXT),
        ("eks-connector", ["clusters"], Kind.STRUCTURES),
        ("eks-connector", ["clusters", "onprem", "provider"], Kind.CHOICE),
        ("eks-connector", ["viewers", "platform", "namespaces"], Kind.TEXTS),
        ("cado", ["tags"], Kind.OTHER),
        ("custom", ["arguments"], Kind.OTHER),
    ],
)
def test_the_kind_of_an_answer_follows_from_the_type(vendor: str, keys: list[str], kind: Kind) -> None:
    assert question(vendor, *keys).kind is kind


def test_a_name_of_the_users_own_is_no_question_and_an_unknown_argument_ends_the_path() -> None:
    questions = list_questions(vendors()["eks-connector"])
    assert [each and each.name for each in find_nested(questions, ["clusters", "x", "name"])] == [
        "clusters",
        None,
        "name",
    ]
    assert len(find_nested(questions, ["clusters", "x", "nmae"])) == 2
    assert find_nested(questions, ["nothing"]) == []


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        (Kind.TEXT, "0123", "0123"),
        (Kind.TEXT, " true ", "true"),
        (Kind.TEXT, "{secret: c1-id}", {"secret": "c1-id"}),
        (Kind.TEXT, "{not: a reference}", "{not: a reference}"),
        (Kind.TEXTS, "a, b,,c", ["a", "b", "c"]),
        (Kind.TEXTS, "[a, 'b,c']", ["a", "b,c"]),
        (Kind.FLAG, "no", False),
        (Kind.NUMBER, "3600", 3600),
        (Kind.OTHER, "{team: platform}", {"team": "platform"}),
    ],
)
def test_an_answer_becomes_a_value_of_its_kind(kind: Kind, answer: str, value: Any) -> None:
    assert Question("x", "", kind).parse(answer) == value


@pytest.mark.parametrize(
    ("kind", "answer"),
    [(Kind.FLAG, "perhaps"), (Kind.NUMBER, "many"), (Kind.NUMBER, "true"), (Kind.OTHER, "{"), (Kind.TEXTS, "[")],
)
def test_an_answer_of_another_kind_is_refused_and_not_repeated(kind: Kind, answer: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Question("x", "", kind).parse(answer)
    assert refused.value.value is None


def test_a_choice_is_one_of_its_values() -> None:
    federation = question("apono", "federation")
    assert federation.parse("sso") == "sso"
    with pytest.raises(InvalidInputError, match="is not one of sso, saml"):
        federation.parse("SSO")


def test_secrets_are_known_by_the_component_and_kubeconfigs_by_their_name() -> None:
    assert question("conductorone", "deploy_connector", "client_secret").secret
    assert question("eks-connector", "clusters", "x", "kubeconfig").secret
    assert not question("conductorone", "external_id").secret
    questions = list_questions(vendors()["conductorone"])
    connector = {"client_id": {"secret": "a"}, "client_secret": "b"}
    assert find_clear_secret(questions, {"deploy_connector": connector}) == "deploy_connector.client_secret"
    assert find_clear_secret(questions, {"deploy_connector": {"client_id": {"secret": "a"}}}) is None


def test_references_are_found_at_any_depth() -> None:
    tree = {"a": [{"secret": "x"}, {"b": {"secret": "y"}}], "secret": "z", "more": 1}
    assert list(list_references(tree)) == ["x", "y"]
