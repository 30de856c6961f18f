"""The plan of a review: what is reviewed, what is new, what cannot be reviewed, and which controls change."""

import json
from typing import Any

import pytest

from eks_access_policies.review.pull_request.environments import Project
from eks_access_policies.review.pull_request.plan import PlanError, ReviewPlan, Revision, parse_plan, plan_review

PROJECT = ("Pulumi.yaml", "__main__.py")


def plan(base: set[str], head: set[str], *changed: str, **options: Any) -> ReviewPlan:
    """The plan for two revisions, each with these environments."""

    def revision(environments: set[str]) -> Revision:
        return Revision(frozenset([*PROJECT, *(f"Pulumi.{name}.yaml" for name in environments)]))

    return plan_review(revision(base), revision(head), changed, Project(), **options)


def test_an_environment_that_stays_is_previewed_on_both_sides() -> None:
    found = plan({"dev", "prod"}, {"dev", "prod"}, "Pulumi.dev.yaml")
    assert found == ReviewPlan(("dev",))
    assert found.to_json()["previews"] == [
        {"environment": "dev", "side": "base"},
        {"environment": "dev", "side": "head"},
    ]


def test_a_new_environment_is_reviewed_against_nothing() -> None:
    found = plan({"dev"}, {"dev", "prod"}, "Pulumi.prod.yaml")
    assert found == ReviewPlan(("prod",), frozenset({"prod"}))
    assert found.to_json()["previews"] == [{"environment": "prod", "side": "head"}]


def test_in_a_new_project_all_is_new() -> None:
    head = Revision(frozenset({"Pulumi.yaml", "Pulumi.dev.yaml"}))
    found = plan_review(Revision(frozenset()), head, ["Pulumi.yaml", "Pulumi.dev.yaml"], Project())
    assert found.new == {"dev"}


def test_a_deleted_environment_is_reported_instead_of_reviewed() -> None:
    found = plan({"dev", "old"}, {"dev"}, "Pulumi.old.yaml", "__main__.py")
    assert found.environments == ("dev",)
    assert list(found.not_reviewed) == ["old"]
    assert "deleted" in found.not_reviewed["old"]


def test_a_renamed_environment_is_a_deleted_and_a_new_one() -> None:
    found = plan({"old"}, {"renamed"}, "Pulumi.old.yaml", "Pulumi.renamed.yaml")
    assert (found.environments, found.new) == (("renamed",), frozenset({"renamed"}))
    assert set(found.not_reviewed) == {"old"}


def test_a_changed_environment_that_is_not_listed_is_reported() -> None:
    found = plan({"dev"}, {"dev", "prod"}, "Pulumi.prod.yaml", among=["dev"])
    assert found.environments == ()
    assert "not among the environments" in found.not_reviewed["prod"]


def test_an_unlisted_environment_whose_own_configuration_stays_is_not() -> None:
    found = plan({"dev", "prod"}, {"dev", "prod"}, "__main__.py", among=["dev"])
    assert found == ReviewPlan(("dev",))


def test_a_listed_environment_without_a_configuration_is_reviewed_against_the_base() -> None:
    found = plan(set(), set(), "__main__.py", among=["dev"])
    assert found == ReviewPlan(("dev",))


@pytest.mark.parametrize(
    ("changed", "control", "is_control"),
    [
        ("policies/dev.json", "policies/{environment}.json", True),
        ("policies/a/b.json", "policies/{environment}.json", False),
        ("policies/dev.json", "policies/", True),
        ("policies/dev.json", "./policies", True),
        ("policies2/dev.json", "policies", False),
        ("requirements.txt", "requirements.txt", True),
        ("requirements-txt", "requirements.txt", False),
        (".github/workflows/x.yml", ".github/workflows", True),
        ("anything", ".", True),
    ],
)
def test_a_changed_control_is_named(changed: str, control: str, is_control: bool) -> None:
    found = plan({"dev"}, {"dev"}, changed, controls=["none", control])
    assert found.changed_controls == ((changed,) if is_control else ())


def test_without_controls_none_changes() -> None:
    assert plan({"dev"}, {"dev"}, "x").changed_controls == ()


def test_a_plan_is_read_as_it_was_written() -> None:
    found = ReviewPlan(("dev", "new"), frozenset({"new"}), {"old": "why"}, ("policies/x.json",))
    assert parse_plan(json.dumps(found.to_json())) == found


@pytest.mark.parametrize(
    "change", [{"environments": ["a/b"]}, {"environments": [1]}, {"new": None}, {"notReviewed": []}]
)
def test_a_plan_with_something_else_in_it_is_rejected(change: dict[str, Any]) -> None:
    written = ReviewPlan(("dev",)).to_json()
    assert parse_plan(json.dumps(written)).environments == ("dev",)
    with pytest.raises(PlanError):
        parse_plan(json.dumps(written | change))
