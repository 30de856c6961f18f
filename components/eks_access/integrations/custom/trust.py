"""Who may become a custom integration's role: the same kinds of trust as the built-in integrations have."""

from collections.abc import Callable

from pydantic import Field, model_validator

from ...errors import InvalidInputError
from ...model import trust
from ...model.integration import Place
from .part import Part, Text
from .part import Texts as SomeTexts
from .texts import Texts


class CrossAccount(Part):
    """A principal of the vendor's account assumes the role."""

    principals: SomeTexts
    """ARNs of single roles or users, never a whole account."""
    external_id: Text | None = None
    """The External ID, where the vendor uses one."""
    organization_id: Text | None = None
    """Only principals of this AWS Organization."""

    def made(self, texts: Texts, place: Place) -> trust.Trust:  # noqa: ARG002 - as every kind is made
        external_id = texts.optional(self.external_id)
        return trust.CrossAccount(
            trust.validate_principals("principals", texts.texts(self.principals)),
            external_id=None if external_id is None else trust.validate_external_id("external_id", external_id),
            organization_id=texts.optional(self.organization_id),
        )


class WebIdentity(Part):
    """A token of an OpenID Connect provider is exchanged for the role."""

    provider: Text
    """One that is built into IAM, as `accounts.google.com`, or the ARN of one that the account has in IAM."""
    audience: Text
    subject: Text
    """Without it, anyone with a token for the audience could come in, so it is required."""
    authorized_audience: Text | None = None

    def made(self, texts: Texts, place: Place) -> trust.Trust:
        return trust.WebIdentity(
            trust.validate_oidc_provider("provider", texts.text(self.provider), account=place.account),
            audience=texts.text(self.audience),
            subject=texts.text(self.subject),
            authorized_audience=texts.optional(self.authorized_audience),
        )


class Saml(Part):
    """An assertion of a SAML provider of the account is exchanged for the role."""

    provider: Text
    """The provider's ARN. The audience is that of the partition."""

    def made(self, texts: Texts, place: Place) -> trust.Trust:
        return trust.Saml(
            trust.validate_saml_provider("provider", texts.text(self.provider), account=place.account),
            trust.saml_audience(place.clusters[0].region),
        )


class IdentityCenter(Part):
    """People who are signed in with IAM Identity Center assume the role, each under their own name."""

    permission_sets: list[Text] = Field(default_factory=list)
    """Only people of these permission sets; all people when left out."""

    def made(self, texts: Texts, place: Place) -> trust.Trust:
        sets = texts.texts(self.permission_sets)
        if self.permission_sets and not sets:
            raise InvalidInputError("permission_sets", None, "becomes an empty list, which would mean all of them")
        checked = trust.validate_permission_sets("permission_sets", sets)
        return trust.IdentityCenter(place.partition, place.account, checked)


class Service(Part):
    """An AWS service assumes the role."""

    service: Text
    """The service's principal, as `ssm.amazonaws.com`."""
    source_account: Text = "{account}"
    """It may act for resources of this account only: by default the one of the clusters."""
    source_arns: list[Text] = Field(default_factory=list)
    """It may act for these resources only."""

    def made(self, texts: Texts, place: Place) -> trust.Trust:  # noqa: ARG002 - as every kind is made
        arns = tuple(texts.texts(self.source_arns))
        if self.source_arns and not arns:
            raise InvalidInputError("source_arns", None, "becomes an empty list, which would mean all of them")
        return trust.Service(texts.text(self.service), texts.text(self.source_account), arns)


class PodIdentity(Part):
    """Pods of one service account in the clusters have the role by EKS Pod Identity; the association is made."""

    namespace: Text
    service_account: Text

    def made(self, texts: Texts, place: Place) -> trust.Trust:
        return trust.PodIdentity(
            place.account, place.cluster_arns, texts.text(self.namespace), texts.text(self.service_account)
        )


class Irsa(Part):
    """Pods of one service account have the role by their cluster's OpenID Connect provider, which is in IAM."""

    oidc_issuer: Text
    """The cluster's issuer, without https://."""
    namespace: Text
    service_account: Text

    def made(self, texts: Texts, place: Place) -> trust.Trust:
        issuer, *workload = map(texts.text, (self.oidc_issuer, self.namespace, self.service_account))
        return trust.Irsa(place.partition, place.account, issuer, *workload)


class Trust(Part):
    """Who may become the role: one of these."""

    cross_account: CrossAccount | None = None
    web_identity: WebIdentity | None = None
    saml: Saml | None = None
    identity_center: IdentityCenter | None = None
    service: Service | None = None
    pod_identity: PodIdentity | None = None
    irsa: Irsa | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Trust":
        kinds = list(type(self).model_fields)
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"give one of {', '.join(kinds)}")
        return self

    def made(self, texts: Texts, place: Place) -> trust.Trust:
        """The trust that this describes.

        Raises:
            InvalidInputError: AWS would not take it, or it would let in nobody or everybody; told with its path in
                the file.
        """
        ((kind, make),) = self._given()
        try:
            return make(texts, place)
        except InvalidInputError as refused:
            path = f"trust.{kind}.{refused.path}"
            raise InvalidInputError(path, refused.value, refused.problem, refused.advice) from None

    def _given(self) -> list[tuple[str, Callable[[Texts, Place], trust.Trust]]]:
        parts = {kind: getattr(self, kind) for kind in type(self).model_fields}
        return [(kind, part.made) for kind, part in parts.items() if part is not None]
