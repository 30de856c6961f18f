"""OpenID Connect providers: whose tokens they are, and what of a token's subject must be spelled out.

A provider of many customers (GitHub, GitLab.com, Terraform Cloud) gives everyone a token, and its subject begins with
the customer's name: that must be literal, or anyone may come. `must` is what a value has to begin with for that,
`narrow` what it begins with when it names one repository, project or service account.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ..glob import matching

_PART = r"[^*?:/]+"


@dataclass(frozen=True)
class Claim:
    """What a value must look like to leave no choice of customer, and to name one thing."""

    must: str
    narrow: str
    looks: str
    """An example, for messages."""

    def is_closed(self, value: str) -> bool:
        return _match(self.must, value)

    def is_narrow(self, value: str) -> bool:
        return _match(self.narrow, value)


def _claim(must: str, narrow: str, looks: str) -> Claim:
    return Claim(must, narrow, looks)


_WHOLE = Claim(r"[^*?]+$", r"[^*?]+$", "one value without wildcards")
_NUMBER = Claim(r"[0-9]+$", r"[0-9]+$", "123456789")
_SERVICE_ACCOUNT = _claim(
    rf"system:serviceaccount:{_PART}:[^*?]*",
    rf"system:serviceaccount:{_PART}:{_PART}$",
    "system:serviceaccount:<ns>:<name>",
)
_GENERIC = _claim(
    r"[^*?]+$|[^*?:/|]+[:/|][^*?:/|]+[:/|]", r"[^*?]+$", "the subject in full, or at least its first two parts"
)


@dataclass(frozen=True)
class Provider:
    """`audience` and `subject` are claims, any one of which will do."""

    name: str
    hosts: tuple[str, ...]
    audience: tuple[str, ...] = ("aud",)
    subject: Claim = _GENERIC
    claims: tuple[tuple[str, Claim], ...] = ()
    """Claims other than `sub` that say whose token it is."""
    known: frozenset[str] = frozenset()
    """All claims that STS passes on; none named where it is not known."""
    built_in: bool = False


_GITHUB_CLAIMS = (
    ("repository", _claim(rf"{_PART}/", rf"{_PART}/{_PART}$", "org/repository")),
    ("repository_id", _NUMBER),
    ("repository_owner_id", Claim(_NUMBER.must, r"(?!)", "123456789")),
    ("enterprise_id", Claim(_NUMBER.must, r"(?!)", "123456789")),
    ("job_workflow_ref", _claim(rf"{_PART}/", rf"{_PART}/{_PART}/", "org/repository/.github/workflows/…")),
)
_OWNED = "repository_owner|organization"

PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "GitHub Actions",
        ("token.actions.githubusercontent.com", "token.actions.githubusercontent.com/*", "token.actions.*.ghe.com"),
        subject=_claim(
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
        subject=_claim(
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
        subject=_claim(
            rf"organization:{_PART}:",
            rf"organization:{_PART}:project:{_PART}:workspace:{_PART}:",
            "organization:<organization>:project:<project>:workspace:<workspace>:run_phase:*",
        ),
    ),
    Provider(
        "CircleCI",
        ("oidc.circleci.com/org/*",),
        subject=_claim(
            rf"org/{_PART}/", rf"org/{_PART}/project/{_PART}/", "org/<organization>/project/<project>/user/*"
        ),
        claims=(("oidc.circleci.com/project-id", _WHOLE),),
    ),
    Provider(
        "Bitbucket Pipelines",
        ("api.bitbucket.org/2.0/workspaces/*",),
        subject=_claim(r"\{[^*?}]+\}|[0-9a-fA-F-]{36}", r"\{[^*?}]+\}|[0-9a-fA-F-]{36}", "{<repository's UUID>}:*"),
    ),
    Provider(
        "Buildkite",
        ("agent.buildkite.com", "agent.*.buildkite.*"),
        subject=_claim(
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
        "Spacelift", ("*.app.spacelift.io",), subject=_claim(rf"space:{_PART}:", rf"space:{_PART}:", "space:<space>:*")
    ),
    Provider(
        "Vercel",
        ("oidc.vercel.com", "oidc.vercel.com/*"),
        subject=_claim(
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
def provider_of(issuer: str) -> Provider:
    lowered = issuer.lower().rstrip("/")
    return next((each for each in PROVIDERS if any(matching(host, (lowered,)) for host in each.hosts)), _OTHER)


def subject_claim(provider: Provider, value: str) -> Claim:
    """What is asked of this subject: service accounts look alike whoever's cluster it is."""
    if provider is _OTHER and value.startswith("system:serviceaccount:"):
        return _IN_CLUSTER.subject
    return provider.subject


@lru_cache(maxsize=4096)
def _match(pattern: str, value: str) -> bool:
    return re.match(pattern, value) is not None
