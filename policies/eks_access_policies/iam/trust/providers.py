"""OpenID Connect providers, and what a condition on a token's subject must spell out.

A multi-tenant provider (GitHub, GitLab.com, Terraform Cloud) issues tokens to everyone, and a token's subject begins
with the tenant's name: that must be literal, or anyone can assume the role. `must` is what a value has to begin with
for that, `narrow` what it begins with if it names one repository, project or service account.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ..glob import matching

_PART = r"[^*?:/]+"


@dataclass(frozen=True)
class Claim:
    """The patterns of a claim's values that name one tenant (`must`) and one subject of it (`narrow`)."""

    must: str
    narrow: str
    example: str
    """For messages."""

    def names_tenant(self, value: str) -> bool:
        return _matches(self.must, value)

    def names_subject(self, value: str) -> bool:
        return _matches(self.narrow, value)


_WHOLE = Claim(r"[^*?]+$", r"[^*?]+$", "one value without wildcards")
_NUMBER = Claim(r"[0-9]+$", r"[0-9]+$", "123456789")
_SERVICE_ACCOUNT = Claim(
    rf"system:serviceaccount:{_PART}:[^*?]*",
    rf"system:serviceaccount:{_PART}:{_PART}$",
    "system:serviceaccount:<ns>:<name>",
)
_GENERIC = Claim(
    r"[^*?]+$|[^*?:/|]+[:/|][^*?:/|]+[:/|]", r"[^*?]+$", "the subject in full, or at least its first two parts"
)


@dataclass(frozen=True)
class Provider:
    """A provider. A condition on any one of the claims in `audience` restricts the audience."""

    name: str
    hosts: tuple[str, ...]
    audience: tuple[str, ...] = ("aud",)
    subject: Claim = _GENERIC
    claims: tuple[tuple[str, Claim], ...] = ()
    """Claims other than `sub` that identify the subject."""
    known: frozenset[str] = frozenset()
    """All claims that STS passes on; empty if unknown."""
    built_in: bool = False


_GITHUB_CLAIMS = (
    ("repository", Claim(rf"{_PART}/", rf"{_PART}/{_PART}$", "org/repository")),
    ("repository_id", _NUMBER),
    ("repository_owner_id", Claim(_NUMBER.must, r"(?!)", "123456789")),
    ("enterprise_id", Claim(_NUMBER.must, r"(?!)", "123456789")),
    ("job_workflow_ref", Claim(rf"{_PART}/", rf"{_PART}/{_PART}/", "org/repository/.github/workflows/…")),
)
_OWNED = "repository_owner|organization"

PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "GitHub Actions",
        ("token.actions.githubusercontent.com", "token.actions.githubusercontent.com/*", "token.actions.*.ghe.com"),
        subject=Claim(
            rf"repo:{_PART}/|({_OWNED}):{_PART}(:|$)|(repository|enterprise|repository_owner|repository)(_id)?:{_PART}(:|$)"
            rf"|repository:{_PART}/|job_workflow_ref:{_PART}/",
            rf"repo:{_PART}/{_PART}:(?!pull_request$)|repository(_id)?:{_PART}|job_workflow_ref:{_PART}/{_PART}/",
            "repo:<organization>/<repository>:ref:refs/heads/main",
        ),
        claims=_GITHUB_CLAIMS,
        known=frozenset(
            {
                "actor",
                "actor_id",
                "aud",
                "enterprise_id",
                "environment",
                "job_workflow_ref",
                "ref",
                "repository",
                "repository_id",
                "repository_owner_id",
                "sub",
                "workflow",
            }
        ),
    ),
    Provider(
        "GitLab",
        ("gitlab.com", "gitlab.*", "*.gitlab.*", "*gitlab*"),
        subject=Claim(
            rf"project_path:{_PART}/",
            r"project_path:[^*?:]+:",
            "project_path:<group>/<project>:ref_type:branch:ref:main",
        ),
        claims=(("namespace_id", _NUMBER), ("project_id", _NUMBER), ("user_id", _NUMBER)),
    ),
    Provider(
        "EKS",
        ("oidc.eks.*", "oidc-eks.*"),
        subject=_SERVICE_ACCOUNT,
    ),
    Provider(
        "Google",
        ("accounts.google.com",),
        audience=("aud", "oaud"),
        subject=Claim(r"[^*?]+$", r"[^*?]+$", "the account's number, as in 110169484474386276334"),
        built_in=True,
    ),
    Provider(
        "Amazon Cognito",
        ("cognito-identity.amazonaws.com", "cognito-identity-us-gov.amazonaws.com"),
        claims=(("amr", Claim(r"(?!unauthenticated)[^*?]+", r"", "authenticated")),),
        subject=_WHOLE,
        built_in=True,
    ),
    Provider("Login with Amazon", ("www.amazon.com",), ("app_id",), _WHOLE, (("user_id", _WHOLE),), built_in=True),
    Provider("Facebook", ("graph.facebook.com",), ("app_id",), _WHOLE, (("id", _WHOLE),), built_in=True),
    Provider(
        "Terraform Cloud",
        ("app.terraform.io",),
        subject=Claim(
            rf"organization:{_PART}:",
            rf"organization:{_PART}:project:{_PART}:workspace:{_PART}:",
            "organization:<organization>:project:<project>:workspace:<workspace>:run_phase:*",
        ),
    ),
    Provider(
        "CircleCI",
        ("oidc.circleci.com/org/*",),
        subject=Claim(
            rf"org/{_PART}/", rf"org/{_PART}/project/{_PART}/", "org/<organization>/project/<project>/user/*"
        ),
        claims=(("oidc.circleci.com/project-id", _WHOLE),),
    ),
    Provider(
        "Bitbucket Pipelines",
        ("api.bitbucket.org/2.0/workspaces/*",),
        subject=Claim(r"\{[^*?}]+\}|[0-9a-fA-F-]{36}", r"\{[^*?}]+\}|[0-9a-fA-F-]{36}", "{<repository's UUID>}:*"),
    ),
    Provider(
        "Buildkite",
        ("agent.buildkite.com", "agent.*.buildkite.*"),
        subject=Claim(
            rf"organization:{_PART}:",
            rf"organization:{_PART}:pipeline:{_PART}:",
            "organization:<organization>:pipeline:<pipeline>:ref:refs/heads/main:*",
        ),
        claims=(
            ("organization_id", Claim(_WHOLE.must, r"(?!)", "an id")),
            ("organization_slug", Claim(_WHOLE.must, r"(?!)", "a name")),
            ("pipeline_id", _WHOLE),
            ("cluster_id", _WHOLE),
        ),
    ),
    Provider(
        "Spacelift", ("*.app.spacelift.io",), subject=Claim(rf"space:{_PART}:", rf"space:{_PART}:", "space:<space>:*")
    ),
    Provider(
        "Vercel",
        ("oidc.vercel.com", "oidc.vercel.com/*"),
        subject=Claim(
            rf"owner:{_PART}:",
            rf"owner:{_PART}:project:{_PART}:",
            "owner:<team>:project:<project>:environment:production",
        ),
    ),
    Provider("Auth0 or Okta", ("*.auth0.com", "*.auth0.com/*", "*.okta.com", "*.okta.com/*", "*.oktapreview.com/*")),
    Provider("Microsoft Entra ID", ("sts.windows.net/*", "login.microsoftonline.com/*"), subject=_WHOLE),
)
_OTHER = Provider("an OpenID Connect provider", ())
_IN_CLUSTER = Provider("a cluster", (), subject=_SERVICE_ACCOUNT)

BUILT_IN = frozenset(host for provider in PROVIDERS if provider.built_in for host in provider.hosts)


@lru_cache(maxsize=1024)
def find_provider(issuer: str) -> Provider:
    """The provider of this issuer; a generic one if it is unknown."""
    lowered = issuer.lower().rstrip("/")
    return next((each for each in PROVIDERS if any(matching(host, (lowered,)) for host in each.hosts)), _OTHER)


def subject_claim(provider: Provider, value: str) -> Claim:
    """The claim to check a subject against: a service account's subject looks the same for every cluster."""
    if provider is _OTHER and value.startswith("system:serviceaccount:"):
        return _IN_CLUSTER.subject
    return provider.subject


@lru_cache(maxsize=4096)
def _matches(pattern: str, value: str) -> bool:
    return re.match(pattern, value) is not None
