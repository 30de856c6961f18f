"""OpenID Connect providers, and what a condition on a token's subject must spell out.

A multi-tenant provider (GitHub, GitLab.com, Terraform Cloud) issues tokens to everyone, and a token's subject begins
with the tenant's name: that must be literal, or anyone can assume the role. `must` is what a value has to begin with
for that, `narrow` what it begins with if it names one repository, project or service account. An issuer that is one
organization's own (a self-hosted GitLab, CircleCI's per organization) has no other tenants: there, what names no
subject is only wide.
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
    wide: str = "covers more than one subject"
    """Why a value that names the tenant only is wide, for messages."""

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


_SPIFFE = Claim(r"spiffe://[^*?/]+/", r"spiffe://[^*?]+$", "spiffe://<trust domain>/ns/<ns>/sa/<name>")
"""https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md: a trust domain has an issuer of its own."""


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
    is_own: bool = False
    """The issuer is one organization's own."""
    tenant_audience: Claim | None = None
    """Audiences that are one organization's own: its tokens have no other, and no other tokens have it."""
    code: str = ""
    """A claim that identifies what a job runs, and not whose job it is."""
    names_customers_by_session: bool = False
    """A vendor's issuer, of which all customers have the same subject: the session name is the customer's id."""


_NAME = r"[^*?:/@]+(?:@(?:[^*?:/@]+|\*))?"
"""The name of an owner or repository, alone or with its id. Names have no `@`, so that any id is still that name's.

https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/"""
_GITHUB_SUBJECT = Claim(
    rf"repo:{_NAME}/|(repository_owner|organization):{_NAME}(:|$)"
    rf"|(repository|enterprise|repository_owner)(_id)?:{_NAME}(:|$)|repository:{_NAME}/",
    # Pull requests have no context but that word, so a pattern for the context is for them as well.
    rf"repo:{_NAME}/{_NAME}:[^*?:]+:|repository(_id)?:{_NAME}",
    "repo:<organization>@<id>/<repository>@<id>:ref:refs/heads/main",
    "covers pull requests, or more than one repository",
)
_GITHUB_CLAIMS = (
    ("repository", Claim(rf"{_PART}/", rf"{_PART}/{_PART}$", "org/repository")),
    ("repository_id", _NUMBER),
    ("repository_owner_id", Claim(_NUMBER.must, r"(?!)", "123456789")),
    ("enterprise_id", Claim(_NUMBER.must, r"(?!)", "123456789")),
)
_GITHUB_KNOWN = frozenset(
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
)
_GITLAB_SUBJECT = Claim(
    rf"project_path:{_PART}/", r"project_path:[^*?:]+:", "project_path:<group>/<project>:ref_type:branch:ref:main"
)
_GITLAB_CLAIMS = (("namespace_id", _NUMBER), ("project_id", _NUMBER), ("user_id", _NUMBER))
_TERRAFORM_SUBJECT = Claim(
    rf"organization:{_PART}:",
    rf"organization:{_PART}:project:{_PART}:(workspace|stack):{_PART}:",
    "organization:<organization>:project:<project>:workspace:<workspace>:run_phase:*",
)
_VERCEL_SUBJECT = Claim(
    rf"owner:{_PART}:",
    rf"owner:{_PART}:project:{_PART}:",
    "owner:<team>:project:<project>:environment:production",
)
_MICROSOFT = ("33e01921-4d64-4f8c-a055-5bdaffd5e33d", "cab8a31a-1906-4287-a0d8-4eef66b95f6e")
"""The tenants of Microsoft Sentinel and Defender for Cloud, the second one of Azure Government.

https://learn.microsoft.com/azure/sentinel/connect-aws"""

PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "GitHub Actions",
        ("token.actions.githubusercontent.com",),
        subject=_GITHUB_SUBJECT,
        claims=_GITHUB_CLAIMS,
        known=_GITHUB_KNOWN,
        code="job_workflow_ref",
    ),
    Provider(
        "GitHub Actions of one enterprise",
        ("token.actions.githubusercontent.com/*", "token.actions.*.ghe.com", "*/_services/token"),
        subject=_GITHUB_SUBJECT,
        claims=_GITHUB_CLAIMS,
        known=_GITHUB_KNOWN,
        code="job_workflow_ref",
        is_own=True,
    ),
    Provider(
        "GitLab",
        # Instances on which anyone can have an account.
        (
            "gitlab.com",
            "gitlab.alpinelinux.org",
            "gitlab.freedesktop.org",
            "gitlab.gnome.org",
            "gitlab.haskell.org",
            "gitlab.kitware.com",
            "gitlab.torproject.org",
            "gitlab.wikimedia.org",
            "gitlab.winehq.org",
            "gitlab.xfce.org",
            "framagit.org",
            "jihulab.com",
            "salsa.debian.org",
        ),
        subject=_GITLAB_SUBJECT,
        claims=_GITLAB_CLAIMS,
    ),
    Provider("GitLab of one's own", ("*gitlab*",), subject=_GITLAB_SUBJECT, claims=_GITLAB_CLAIMS, is_own=True),
    Provider(
        "EKS",
        ("oidc.eks.*", "oidc-eks.*"),
        subject=_SERVICE_ACCOUNT,
    ),
    Provider(
        "a Kubernetes cluster",
        ("container.googleapis.com/v1/projects/*", "*.oic.*aks.azure.*"),
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
        (
            "cognito-identity.amazonaws.com",
            "cognito-identity-us-gov.amazonaws.com",
            "cognito-identity.cn-north-1.amazonaws.com.cn",
        ),
        claims=(
            (
                "amr",
                Claim(
                    r"[^*?]+",
                    r"(?!unauthenticated)",
                    "authenticated",
                    "is for guests: anyone on the internet gets credentials of the role",
                ),
            ),
        ),
        subject=_WHOLE,
        built_in=True,
    ),
    Provider("Login with Amazon", ("www.amazon.com",), ("app_id",), _WHOLE, (("user_id", _WHOLE),), built_in=True),
    Provider("Facebook", ("graph.facebook.com",), ("app_id",), _WHOLE, (("id", _WHOLE),), built_in=True),
    Provider("Terraform Cloud", ("app.terraform.io", "app.*.terraform.io"), subject=_TERRAFORM_SUBJECT),
    Provider("Terraform Enterprise", ("tfe.*", "*.tfe.*", "terraform.*"), subject=_TERRAFORM_SUBJECT, is_own=True),
    Provider(
        "CircleCI",
        ("oidc.circleci.com/org/*", "*circleci*"),
        subject=Claim(
            rf"org/{_PART}/", rf"org/{_PART}/project/{_PART}/", "org/<organization>/project/<project>/user/*"
        ),
        claims=(("oidc.circleci.com/project-id", _WHOLE),),
        is_own=True,
    ),
    Provider(
        "Bitbucket Pipelines",
        ("api.bitbucket.org/2.0/workspaces/*",),
        subject=Claim(r"\{[^*?}]+\}|[0-9a-fA-F-]{36}", r"\{[^*?}]+\}|[0-9a-fA-F-]{36}", "{<repository's UUID>}:*"),
        is_own=True,
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
        "Pulumi Cloud",
        ("api.pulumi.com/oidc",),
        subject=Claim(
            rf"pulumi:[a-z]+:(org|pulumi\.organization\.login):{_PART}(:|$)",
            rf"pulumi:[a-z]+:(org|pulumi\.organization\.login):{_PART}"
            rf":(project:{_PART}:stack|env|currentEnvironment\.name):{_PART}",
            "pulumi:deploy:org:<organization>:project:<project>:stack:<stack>:*",
        ),
    ),
    Provider(
        "Modal",
        ("oidc.modal.com",),
        subject=Claim(
            rf"modal:workspace_id:{_PART}(:|$)",
            rf"modal:workspace_id:{_PART}:environment_name:{_PART}:app_name:{_PART}",
            "modal:workspace_id:<workspace>:environment_name:<environment>:app_name:<app>:*",
        ),
        claims=(("workspace_id", Claim(_WHOLE.must, r"(?!)", "ac-…")),),
    ),
    Provider(
        "Codefresh",
        ("oidc.codefresh.io",),
        subject=Claim(
            rf"account:{_PART}:", rf"account:{_PART}:pipeline:{_PART}", "account:<account>:pipeline:<pipeline>:*"
        ),
    ),
    Provider(
        "Spacelift",
        ("*.app.spacelift.io", "*.app.*.spacelift.io"),
        subject=Claim(rf"space:{_PART}:", rf"space:{_PART}:", "space:<space>:*"),
        is_own=True,
    ),
    Provider(
        "Vercel",
        ("oidc.vercel.com",),
        subject=_VERCEL_SUBJECT,
        tenant_audience=Claim(r"https://vercel\.com/[^*?/]+$", r"", "https://vercel.com/<team>"),
    ),
    Provider("Vercel of one team", ("oidc.vercel.com/*",), subject=_VERCEL_SUBJECT, is_own=True),
    Provider(
        "an issuer of one organization's own",
        # Azure DevOps, Fly.io, Harness, Scalr and Semaphore have an issuer for each organization.
        (
            "vstoken.dev.azure.com/*",
            "oidc.fly.io/*",
            "app*.harness.io/ng/api/oidc/account/*",
            "*.scalr.io",
            "*.semaphoreci.com",
        ),
        is_own=True,
    ),
    Provider("SPIRE", ("*spiffe*", "*spire*"), subject=_SPIFFE, is_own=True),
    Provider("Auth0 or Okta", ("*.auth0.com", "*.auth0.com/*", "*.okta.com", "*.okta.com/*", "*.oktapreview.com/*")),
    Provider(
        "Microsoft Sentinel or Defender for Cloud",
        tuple(f"sts.windows.net/{each}" for each in _MICROSOFT),
        names_customers_by_session=True,
    ),
    Provider("Microsoft Entra ID", ("sts.windows.net/*", "login.microsoftonline.com/*"), subject=_WHOLE),
)
_OTHER = Provider("an OpenID Connect provider", ())
_IN_CLUSTER = Provider("a cluster", (), subject=_SERVICE_ACCOUNT)
_IN_TRUST_DOMAIN = Provider("a SPIFFE trust domain", (), subject=_SPIFFE, is_own=True)

BUILT_IN = frozenset(host for provider in PROVIDERS if provider.built_in for host in provider.hosts)


@lru_cache(maxsize=1024)
def find_provider(issuer: str) -> Provider:
    """The provider of this issuer; a generic one if it is unknown."""
    lowered = issuer.lower().rstrip("/")
    return next((each for each in PROVIDERS if any(matching(host, (lowered,)) for host in each.hosts)), _OTHER)


def provider_of_subject(provider: Provider, value: str) -> Provider:
    """The provider whose subjects look like the value: an unknown issuer may be a cluster's, or a trust domain's."""
    if provider is _OTHER and value.startswith("system:serviceaccount:"):
        return _IN_CLUSTER
    if provider is _OTHER and value.startswith("spiffe://"):
        return _IN_TRUST_DOMAIN
    return provider


@lru_cache(maxsize=4096)
def _matches(pattern: str, value: str) -> bool:
    return re.match(pattern, value) is not None
