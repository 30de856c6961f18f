"""Subjects of OpenID Connect tokens with a part that varies, such as a user or a run.

IAM takes `*` and `?` literally unless the operator is StringLike. A pattern is accepted where all that decides is
spelled out before it; the forms are those of the providers' own documentation.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import InvalidInputError
from ..placeholders import is_known

_PART = r"[^*?:/${}\s]+"
_TITLE = rf"{_PART}(?: {_PART})*"
"""A name that may have spaces, as HCP Terraform's `Default Project`."""


@dataclass(frozen=True)
class SubjectForm:
    """A provider's form of subjects: the literal beginning of a pattern, and an example."""

    provider: str
    beginning: str
    example: str

    def closes(self, subject: str) -> bool:
        """Whether only what this form lets vary varies in the pattern."""
        return re.match(self.beginning, subject) is not None


FORMS = (
    # https://circleci.com/docs/openid-connect-tokens/
    SubjectForm("CircleCI", rf"org/{_PART}/project/{_PART}/user/", "org/<organization>/project/<project>/user/*"),
    # https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
    SubjectForm(
        "HCP Terraform",
        rf"organization:{_PART}:project:{_TITLE}:(workspace|stack):",
        "organization:<organization>:project:<project>:workspace:<workspace>:run_phase:*",
    ),
    # https://docs.spacelift.io/integrations/cloud-providers/oidc
    SubjectForm("Spacelift", rf"space:{_PART}:(stack|module):", "space:<space>:stack:<stack>:run_type:*:scope:*"),
    # https://docs.github.com/actions/reference/security/oidc: a branch, tag or environment has to be chosen, since
    # pull requests have tokens as well.
    SubjectForm(
        "GitHub Actions",
        rf"repo:{_PART}/{_PART}:(ref:refs/(heads|tags)/|environment:)",
        "repo:<owner>/<repository>:ref:refs/tags/*",
    ),
    # https://docs.gitlab.com/ci/secrets/id_token_authentication/
    SubjectForm(
        "GitLab",
        rf"project_path:{_PART}(/{_PART})+:ref_type:(branch|tag):ref:",
        "project_path:<group>/<project>:ref_type:tag:ref:*",
    ),
    # https://buildkite.com/docs/agent/cli/reference/oidc
    SubjectForm(
        "Buildkite",
        rf"organization:{_PART}:pipeline:{_PART}:ref:",
        "organization:<organization>:pipeline:<pipeline>:ref:refs/heads/main:*",
    ),
    # https://www.pulumi.com/docs/deployments/deployments/oidc/
    SubjectForm(
        "Pulumi Cloud",
        rf"pulumi:deploy:org:{_PART}:project:{_PART}:",
        "pulumi:deploy:org:<organization>:project:<project>:stack:<stack>:*",
    ),
    # https://modal.com/docs/guide/oidc-integration
    SubjectForm(
        "Modal",
        rf"modal:workspace_id:{_PART}:environment_name:{_PART}:app_name:{_PART}:",
        "modal:workspace_id:<workspace>:environment_name:<environment>:app_name:<app>:*",
    ),
    # https://codefresh.io/docs/docs/integrations/oidc-pipelines/
    SubjectForm("Codefresh", rf"account:{_PART}:pipeline:{_PART}:", "account:<account>:pipeline:<pipeline>:*"),
    # https://support.atlassian.com/bitbucket-cloud/docs/deploy-on-aws-using-bitbucket-pipelines-openid-connect/
    SubjectForm("Bitbucket Pipelines", r"\{[0-9a-fA-F-]{36}\}:", "{<repository's UUID>}:*"),
)


def has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def validate_subject(path: str, subject: str, forms: Iterable[SubjectForm] = FORMS) -> str:
    """Validates that a subject is one subject, or a pattern that is closed before its first wildcard.

    Raises:
        InvalidInputError: it is a pattern that others could match, or one of an unknown form; or a policy variable.
    """
    validate_no_variable(path, subject)
    if is_known(subject) and has_wildcard(subject) and not any(form.closes(subject) for form in forms):
        raise InvalidInputError(
            path,
            subject,
            "is a pattern, and what comes before its wildcard does not name one project, stack or repository",
            "Patterns like these are accepted: " + ", ".join(form.example for form in forms) + ".",
        )
    return subject


def validate_literal(path: str, value: str) -> str:
    """Validates that a value has no wildcard, which IAM would take literally, and no policy variable."""
    validate_no_variable(path, value)
    if has_wildcard(value):
        raise InvalidInputError(
            path, value, "has a wildcard, which IAM takes literally here, so that no token would match"
        )
    return value


def validate_no_variable(path: str, value: str) -> None:
    """Validates that IAM compares the value itself.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    if not value or value != value.strip():
        raise InvalidInputError(path, value, "is empty, or begins or ends with a space")
    if "${" in value:
        raise InvalidInputError(path, value, "has a policy variable, which IAM replaces by a value of the request")
