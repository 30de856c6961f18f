"""The identities file, which names the credentials to act as each integration with, and contains none.

    version: 1
    integrations:
      opentrace:    {web_identity: {token: {command: [./google-token]}, wrong_audience: {file: other.jwt}}}
      conductorone: {profile: conductorone}
      apono-saml:   {saml: {assertion: {command: [./assertion, '{role_arn}']}, forged: {file: forged.xml.b64}}}
      apono-sso:    {sso: {profile: jane, session_name: jane@example.com, another: joe@example.com, not_sso: ci}}
      collector:    {pod_identity: {profile: node, cluster: prod, token: {command: [./pod-token]}}}
      eks-connector: {operator: {profile: admin, kubeconfigs: {onprem: onprem.yaml}}}
    stranger: {profile: stranger}

A profile is one of the AWS configuration. A token or an assertion (base64) comes from a file, or from a command's
output; in the command `{role_arn}` and `{saml_provider_arn}` are replaced by the integration's. Of `sso`, `profile` is
a session of IAM Identity Center and `session_name` its user's name. Of `pod_identity`, `profile` may call
eks-auth:AssumeRoleForPodIdentity on `cluster` (your key for it), as nodes may, and the token is a pod's. The other
fields (other tokens, `another` user's name, a profile that is `not_sso`, the stranger: any principal of another account
that may call sts:AssumeRole) are for requests that the trust policy must refuse.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from eks_access.base_models import StrictModel, Text
from eks_access.errors import EksAccessError

IDENTITIES_VARIABLE = "EKS_ACCESS_IDENTITIES"


class IdentitiesError(EksAccessError, ValueError):
    """The identities file is missing or invalid. The message has the path, the field and the reason."""


class _IdentitiesModel(StrictModel, strict=False):
    """Part of the identities file; paths and dates in it are written as text."""


class TokenSource(_IdentitiesModel):
    """A token or assertion from a file, or from the output of a command."""

    command: Annotated[list[str], Field(min_length=1)] | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _validate_one_source(self) -> Self:
        if (self.command is None) == (self.file is None):
            raise ValueError("give either 'command' or 'file'")
        return self


class WebIdentity(_IdentitiesModel):
    """Tokens for AssumeRoleWithWebIdentity: the vendor's, and those that must be refused."""

    token: TokenSource
    wrong_audience: TokenSource | None = None
    wrong_subject: TokenSource | None = None
    forged: TokenSource | None = None


class Saml(_IdentitiesModel):
    """Assertions for AssumeRoleWithSAML: the vendor's, and those that must be refused."""

    assertion: TokenSource
    wrong_audience: TokenSource | None = None
    forged: TokenSource | None = None


class Sso(_IdentitiesModel):
    """A session of IAM Identity Center, and what must be refused in its place."""

    profile: Text
    session_name: Text
    another: Text | None = None
    not_sso: Text | None = None


class PodIdentity(_IdentitiesModel):
    """A pod's token, and the profile that exchanges it at EKS Auth as the agent on the pod's node does."""

    profile: Text
    cluster: Text
    """The user's key for the cluster that the pod is in."""
    token: TokenSource
    wrong_subject: TokenSource | None = None
    """The token of a pod with another service account."""


class Operator(_IdentitiesModel):
    """The operator of the clusters, who makes the requests if the integration's role cannot be assumed."""

    profile: Text
    kubeconfigs: dict[str, Path] = Field(default_factory=dict)
    """By the user's keys for the clusters."""


class Identity(_IdentitiesModel):
    """How the probe acts as one integration: exactly one of the fields."""

    profile: Text | None = None
    web_identity: WebIdentity | None = None
    saml: Saml | None = None
    sso: Sso | None = None
    pod_identity: PodIdentity | None = None
    operator: Operator | None = None

    @model_validator(mode="after")
    def _validate_one_kind(self) -> Self:
        values = [getattr(self, kind) for kind in type(self).model_fields]
        if sum(value is not None for value in values) != 1:
            raise ValueError("give one of 'profile', 'web_identity', 'saml', 'sso', 'pod_identity' and 'operator'")
        return self


class Stranger(_IdentitiesModel):
    """A principal of another account, which every trust policy must refuse."""

    profile: Text


class Identities(_IdentitiesModel):
    """The identities file, by integration or vendor."""

    version: Literal[1]
    integrations: dict[str, Identity] = Field(default_factory=dict)
    stranger: Stranger | None = None

    def find(self, integration: str, vendor: str) -> Identity | None:
        """The integration's own identity, or its vendor's: several integrations of one vendor may share one."""
        return self.integrations.get(integration) or self.integrations.get(vendor)


def find_identities_file(path: Path | None, environ: Mapping[str, str]) -> Path:
    """The path of the option --identities, or of the environment variable.

    Raises:
        IdentitiesError: neither is given.
    """
    found = path or (Path(environ[IDENTITIES_VARIABLE]) if environ.get(IDENTITIES_VARIABLE) else None)
    if found is None:
        raise IdentitiesError(
            f"no credentials to act as the integrations with: give --identities FILE or set {IDENTITIES_VARIABLE}"
            " (the sandbox sets it: `python -m sandbox run -- COMMAND`)"
        )
    return found


def load_identities(path: Path) -> Identities:
    """The identities in the file.

    Raises:
        IdentitiesError: it cannot be read, or is not of the form above.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as cause:
        raise IdentitiesError(f"{path}: {cause.strerror}") from cause
    except (yaml.YAMLError, UnicodeDecodeError) as cause:
        raise IdentitiesError(f"{path}: is not valid YAML") from cause
    if not isinstance(content, dict):
        raise IdentitiesError(f"{path}: expected a mapping with 'version' and 'integrations'")
    try:
        return Identities.model_validate(content)
    except ValidationError as invalid:
        problems = "; ".join(
            f"{'.'.join(map(str, error['loc'])) or 'the file'}: {error['msg']}"
            for error in invalid.errors(include_url=False, include_input=False)
        )
        raise IdentitiesError(f"{path}: {problems}") from None
