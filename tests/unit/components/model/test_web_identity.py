"""What IAM compares in a token, by its provider; and values that it would compare with nothing."""

import pytest

from eks_access.errors import InvalidInputError
from eks_access.model.placeholders import placeholder
from eks_access.model.trust import WebIdentity
from eks_access.model.trust.subject_patterns import FORMS

ISSUER = "oidc.example.com"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
CLIENT = "1-a.apps.googleusercontent.com"


def conditions(provider: str = PROVIDER, audience: str = "aws", subject: str = "s", **more: str) -> dict[str, object]:
    (statement,) = WebIdentity(provider, audience, subject, **more).statements()
    found: dict[str, object] = statement["Condition"]
    return found


@pytest.mark.parametrize(
    ("provider", "audience", "subject"),
    [
        ("graph.facebook.com", "app_id", "id"),
        ("www.amazon.com", "app_id", "user_id"),
        ("cognito-identity.amazonaws.com", "aud", "sub"),
        (PROVIDER, "aud", "sub"),
    ],
)
def test_a_provider_has_its_own_condition_keys(provider: str, audience: str, subject: str) -> None:
    issuer = ISSUER if provider == PROVIDER else provider
    assert conditions(provider, "1") == {"StringEquals": {f"{issuer}:{audience}": "1", f"{issuer}:{subject}": "s"}}


@pytest.mark.parametrize(
    "provider", ["graph.facebook.com", "www.amazon.com", "cognito-identity.amazonaws.com", PROVIDER]
)
def test_only_googles_tokens_have_a_requested_audience(provider: str) -> None:
    with pytest.raises(InvalidInputError, match="no token would match"):
        conditions(provider, authorized_audience="x")
    assert conditions("accounts.google.com", "2", "2", authorized_audience="x")


@pytest.mark.parametrize(
    ("audience", "subject", "problem"),
    [
        ("110", "111", "is another number than the audience, 110"),
        (CLIENT, "someone@example.com", "is not a numeric Google id"),
        ("https://acme.example", "110", "is neither an OAuth client id"),
        ("*.apps.googleusercontent.com", "110", "has a wildcard"),
        (CLIENT, "1*", "has a wildcard"),
        (".apps.googleusercontent.com", "110", "is neither an OAuth client id"),
    ],
)
def test_what_no_token_of_google_has_is_rejected(audience: str, subject: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        conditions("accounts.google.com", audience, subject)
    assert conditions("accounts.google.com", CLIENT, "110")
    assert conditions("accounts.google.com", "110", "110")


@pytest.mark.parametrize("audience", ["*", "sts.*", "a?s", "aws ", "", "${aws:username}"])
def test_an_audience_is_one_text(audience: str) -> None:
    with pytest.raises(InvalidInputError, match="audience"):
        conditions(audience=audience)


@pytest.mark.parametrize(
    "subject",
    [
        "org/0a/project/1b/user/*",
        "organization:acme:project:prod:workspace:app:run_phase:*",
        "organization:acme:project:prod:workspace:*:run_phase:apply",
        "organization:acme:project:Default Project:workspace:app:run_phase:*",
        "organization:acme:project:prod:stack:app:deployment:*:operation:*",
        "pulumi:deploy:org:acme:project:app:stack:prod:*",
        "modal:workspace_id:ac-1:environment_name:main:app_name:app:*",
        "account:1a:pipeline:2b:*",
        "space:root:stack:app:run_type:*:scope:*",
        "repo:acme/app:ref:refs/tags/v*",
        "repo:acme@1/app@2:environment:prod-*",
        "project_path:group/sub/app:ref_type:branch:ref:release-*",
        "organization:acme:pipeline:app:ref:refs/heads/main:*",
        "{0f8fad5b-d9cb-469f-a165-70867728950e}:*",
    ],
)
def test_a_pattern_that_its_beginning_closes_is_compared_as_one(subject: str) -> None:
    assert conditions(subject=subject) == {
        "StringEquals": {f"{ISSUER}:aud": "aws"},
        "StringLike": {f"{ISSUER}:sub": subject},
    }


@pytest.mark.parametrize(
    "subject",
    [
        "*",
        "repo:acme/*",
        "repo:acme/app:*",
        "repo:acme/app*:ref:refs/heads/main",
        "repo:*/app:ref:refs/heads/main",
        "org/*/project/1b/user/2c",
        "org/0a/project/1b*/user/2c",
        "org/0a/project/*",
        "organization:acme:*",
        "organization:*:project:prod:workspace:app:run_phase:*",
        "organization:acme:project:Default *:workspace:app:run_phase:*",
        "pulumi:deploy:org:acme:*",
        "account:1a:*",
        "space:*:stack:app:run_type:*:scope:*",
        "project_path:group/*:ref_type:branch:ref:main",
        "system:serviceaccount:agents:*",
        "user-?",
    ],
)
def test_a_pattern_that_others_can_match_is_rejected_and_so_is_one_of_an_unknown_form(subject: str) -> None:
    with pytest.raises(InvalidInputError, match="is a pattern, and what comes before its wildcard"):
        conditions(subject=subject)


@pytest.mark.parametrize("subject", [" ", "a ", "x${aws:username}", ""])
def test_a_subject_that_iam_would_not_compare_as_it_is_is_rejected(subject: str) -> None:
    with pytest.raises(InvalidInputError, match="subject"):
        conditions(subject=subject)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.provider)
def test_the_example_of_each_form_is_closed_once_its_parts_are_named(form: object) -> None:
    import re

    from eks_access.model.trust.subject_patterns import SubjectForm

    assert isinstance(form, SubjectForm)
    example = re.sub(r"<repository's UUID>", "0f8fad5b-d9cb-469f-a165-70867728950e", form.example)
    assert form.closes(re.sub(r"<[^>]+>", "x", example))


def test_values_that_are_not_known_yet_are_compared_as_texts() -> None:
    unknown = placeholder("args.subject")
    assert conditions(subject=unknown) == {"StringEquals": {f"{ISSUER}:aud": "aws", f"{ISSUER}:sub": unknown}}
