"""The trust policy of a custom integration's role: the same kinds of trust as the built-in integrations have."""

from pydantic import Field, model_validator

from ...base_models import StrictModel, Text, Texts
from ...errors import InvalidInputError
from ...model import trust
from ...model.integration import Place
from .templates import Templates


class CrossAccount(StrictModel):
    """A principal of the vendor's account assumes the role."""

    principals: Texts
    """ARNs of single roles or users; with an `external_id` also whole accounts, by their id or `:root`."""
    external_id: Text | None = None
    """The External ID, where the vendor uses one."""
    organization_id: Text | None = None
    """Only principals of this AWS Organization."""

    def build(self, templates: Templates, place: Place) -> trust.Trust:  # noqa: ARG002 - the signature of every kind
        external_id = templates.fill_optional(self.external_id)
        return trust.CrossAccount(
            trust.validate_trusted_principals("principals", templates.fill_list(self.principals)),
            external_id=None if external_id is None else trust.validate_external_id("external_id", external_id),
            organization_id=templates.fill_optional(self.organization_id),
        )


class WebIdentity(StrictModel):
    """A token of an OpenID Connect provider is exchanged for the role."""

    provider: Text
    """One that is built into IAM, as `accounts.google.com`, or the ARN of one that the account has in IAM."""
    audience: Text
    subject: Text
    """Required: without it, anyone with a token for the audience could assume the role. It may have wildcards after
    what names one project, as in `org/<organization>/project/<project>/user/*`."""
    authorized_audience: Text | None = None
    """Google's tokens only: the audience that was requested for a service account's token."""

    def build(self, templates: Templates, place: Place) -> trust.Trust:
        return trust.WebIdentity(
            trust.validate_oidc_provider("provider", templates.fill(self.provider), account=place.account),
            audience=templates.fill(self.audience),
            subject=templates.fill(self.subject),
            authorized_audience=templates.fill_optional(self.authorized_audience),
        )


class Saml(StrictModel):
    """An assertion of a SAML provider of the account is exchanged for the role."""

    provider: Text
    """The provider's ARN. The audience is the sign-in address of the partition."""
    sign_in_regions: list[Text] | None = None
    """The regions whose sign-in addresses are audiences as well; those of the clusters when left out."""

    def build(self, templates: Templates, place: Place) -> trust.Trust:
        given = self.sign_in_regions
        regions = place.regions if given is None else templates.fill_list(given)
        audience, *others = trust.saml_audiences("sign_in_regions", regions, partition_region=place.regions[0])
        provider = trust.validate_saml_provider("provider", templates.fill(self.provider), account=place.account)
        return trust.Saml(provider, audience, tuple(others))


class IdentityCenter(StrictModel):
    """People who are signed in with IAM Identity Center assume the role, each under their own name."""

    permission_sets: list[Text] = Field(default_factory=list)
    """Only people of these permission sets; all people when left out."""

    def build(self, templates: Templates, place: Place) -> trust.Trust:
        sets = templates.fill_list(self.permission_sets)
        if self.permission_sets and not sets:
            raise InvalidInputError("permission_sets", None, "expands to an empty list, which would mean all of them")
        valid = trust.validate_permission_sets("permission_sets", sets)
        return trust.IdentityCenter(place.partition, place.account, valid)


class Service(StrictModel):
    """An AWS service assumes the role."""

    service: Text
    """The service's principal, as `ssm.amazonaws.com`."""
    source_account: Text | None = "{account}"
    """It may act for resources of this account only; by default the account of the clusters. `null` for a service that
    does not send the account, as EC2."""
    source_arns: list[Text] = Field(default_factory=list)
    """It may act for these resources only."""

    def build(self, templates: Templates, place: Place) -> trust.Trust:  # noqa: ARG002 - the signature of every kind
        arns = tuple(templates.fill_list(self.source_arns))
        if self.source_arns and not arns:
            raise InvalidInputError("source_arns", None, "expands to an empty list, which would mean all of them")
        return trust.Service(templates.fill(self.service), templates.fill_optional(self.source_account), arns)


class PodIdentity(StrictModel):
    """Pods of one service account in the clusters assume the role by EKS Pod Identity; the association is created."""

    namespace: Text
    service_account: Text

    def build(self, templates: Templates, place: Place) -> trust.Trust:
        return trust.PodIdentity(
            place.account, place.cluster_arns, templates.fill(self.namespace), templates.fill(self.service_account)
        )


class Irsa(StrictModel):
    """Pods of one service account assume the role by their cluster's OpenID Connect provider, which is in IAM."""

    oidc_issuer: Text
    """The cluster's issuer, without https://."""
    namespace: Text
    service_account: Text

    def build(self, templates: Templates, place: Place) -> trust.Trust:
        issuer, *workload = map(templates.fill, (self.oidc_issuer, self.namespace, self.service_account))
        return trust.Irsa(place.partition, place.account, issuer, *workload)


class Trust(StrictModel):
    """Who may assume the role: exactly one of these."""

    cross_account: CrossAccount | None = None
    web_identity: WebIdentity | None = None
    saml: Saml | None = None
    identity_center: IdentityCenter | None = None
    service: Service | None = None
    pod_identity: PodIdentity | None = None
    irsa: Irsa | None = None

    @model_validator(mode="after")
    def _has_one_kind(self) -> "Trust":
        kinds = list(type(self).model_fields)
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"give one of {', '.join(kinds)}")
        return self

    def build(self, templates: Templates, place: Place) -> trust.Trust:
        """The trust that this describes.

        Raises:
            InvalidInputError: AWS would not accept it, or no principal or every principal could assume the role; with
                its path in the file.
        """
        ((kind, declared),) = self._declared()
        try:
            return declared.build(templates, place)
        except InvalidInputError as refused:
            path = f"trust.{kind}.{refused.path}"
            raise InvalidInputError(path, refused.value, refused.problem, refused.advice) from None

    def _declared(self) -> list[tuple[str, "_Kind"]]:
        kinds = {kind: getattr(self, kind) for kind in type(self).model_fields}
        return [(kind, declared) for kind, declared in kinds.items() if declared is not None]


_Kind = CrossAccount | WebIdentity | Saml | IdentityCenter | Service | PodIdentity | Irsa
