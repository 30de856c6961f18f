"""The resource `ConnectorRegistration`: the engine's operations, carried out by `eks_access.connector.registration`.

State contains the activation code, as a secret, from the moment of registration: AWS never returns it again, so a
refresh keeps it, and drops it only when another activation has replaced the one that it belongs to.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import DiffRequest
from typing_extensions import override

from ...connector import registration
from ...connector.registration import Registration, RegistrationError, RegistrationRequest
from ...connector.session import Session, Settings
from ...connector.validation import DEFAULT_LIMIT
from ...endpoint import LoopbackError
from ...errors import InvalidInputError
from ..errors import NotAvailableError, ProviderError
from ..handler import LiveResource, Operation, Outputs, ResourceHandler, Values, Warn
from ..properties import OutputProperty
from ..values import Properties, is_known, unwrap, wrap
from .connector_inputs import INPUTS, UNCOMPARED

TOKEN = "eks-access:index:ConnectorRegistration"


class Clients(Protocol):
    """The AWS clients that a registration needs; `eks_access.connector.session.Session` has them."""

    @property
    def eks(self) -> Any: ...

    @property
    def iam(self) -> Any: ...


def _now() -> datetime:
    return datetime.now(UTC)


class ConnectorRegistrations(ResourceHandler):
    """The operations on registrations with EKS Connector."""

    token = TOKEN
    description = (
        "The registration of a cluster with Amazon EKS Connector. A registration whose activation has expired before"
        " an agent used it is replaced. Import it with the id `<region>/<name>`."
    )
    inputs = INPUTS
    outputs = (
        OutputProperty("arn", "The connected cluster's ARN."),
        OutputProperty("activationId", "The activation that the agent registers itself with."),
        OutputProperty(
            "activationCode",
            "The activation's code. EKS returns it once: it is not known for an imported registration.",
            schema={"type": "string", "secret": True},
            is_required=False,
        ),
        OutputProperty("activationExpiry", "When the activation expires if no agent has used it."),
        OutputProperty("status", "The status when it was registered or last refreshed."),
    )
    # The new registration has the name of the old one.
    delete_before_replace = True
    refusals = (InvalidInputError,)
    unavailable = (RegistrationError, BotoCoreError, LoopbackError)

    def __init__(
        self,
        warn: Warn,
        connect: Callable[[Settings], Clients] = Session,
        *,
        now: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(warn)
        self._connect = connect
        self._now = now
        self._sleep = sleep

    def create_resource(self, operation: Operation, values: Values) -> tuple[str, Outputs]:
        if operation.is_preview:
            self._preview(operation.urn, values)
            return "", {}
        request = _build_request(values)
        with self.translate_errors(_subject(request.name)):
            clients = self._connect(_build_settings(values))
            if (adopted := _adopt(clients.eks, values, request)) is not None:
                return registration.format_identifier(request), _build_outputs(adopted)
            created = registration.register(
                clients.eks,
                clients.iam,
                request,
                deadline=operation.timeout or registration.PROPAGATION_SECONDS,
                sleep=self._sleep,
                on_delay=lambda message: self._warn(operation.urn, message),
            )
        return registration.format_identifier(request), _build_outputs(created)

    @override
    def find_resource(
        self, operation: Operation, identifier: str, inputs: Properties, state: Properties
    ) -> LiveResource | None:
        region, slash, name = identifier.partition("/")
        if not slash or not name:
            raise ProviderError(f"{identifier!r} is not an id of ConnectorRegistration; it is <region>/<name>")
        live = self._find({**self.read_values(inputs), "region": region}, name)
        if live is None:
            return None
        outputs = _build_outputs(live)
        # Registered again outside of this stack: the known code belongs to an activation that no longer exists.
        is_same_activation = unwrap(state.get("activationId")) in (None, live.activation_id)
        if is_same_activation and "activationCode" in state:
            outputs = {"activationCode": state["activationCode"], **outputs}
        return LiveResource({**inputs, **_find_drift(inputs, live, region)}, outputs)

    def update_resource(self, operation: Operation, state: Properties, values: Values) -> Outputs:
        if not operation.is_preview:
            old, new = unwrap(state.get("tags")) or {}, values.get("tags") or {}
            with self.translate_errors(_subject(str(values["name"]))):
                registration.retag(self._connect(_build_settings(values)).eks, str(unwrap(state["arn"])), old, new)
        return self._select(self.outputs, state)

    @override
    def delete_resource(self, operation: Operation, identifier: str, state: Properties) -> None:
        name = identifier.partition("/")[2]
        with self.translate_errors(_subject(name)):
            registration.deregister(self._connect(_build_settings(self.read_values(state))).eks, name)

    def find_replacement_reasons(self, request: DiffRequest) -> Sequence[str]:
        """The activation's expiry, if no agent can connect with this registration any more.

        AWS is called only if the state says that this may be so.
        """
        state, now = request.old_state, self._now()
        has_code = unwrap(state.get("activationCode")) is not None
        expiry = unwrap(state.get("activationExpiry"))
        if not registration.is_lost(
            str(unwrap(state.get("status"))), datetime.fromisoformat(expiry) if expiry else None, has_code, now
        ):
            return ()
        values = self.read_values(request.new_inputs) | {"region": unwrap(state.get("region"))}
        if not is_known([values.get(name) for name in UNCOMPARED]):
            return ()
        live = self._find(values, str(unwrap(state.get("name"))))
        if live is None:
            # Deleted: the next refresh finds that, and it is created again.
            return ()
        has_code = has_code and live.activation_id == unwrap(state.get("activationId"))
        is_lost = registration.is_lost(live.status, live.activation_expiry, has_code, now)
        return ("activationExpiry",) if is_lost else ()

    def _find(self, values: Values, name: str) -> Registration | None:
        with self.translate_errors(_subject(name)):
            return registration.find(self._connect(_build_settings(values)).eks, name)

    def _preview(self, urn: str, values: Values) -> None:
        needed = {name: value for name, value in values.items() if name not in ("roleArn", "tags")}
        if not is_known(needed):
            return
        role = values.get("roleArn")
        request = _build_request({**values, "tags": {}, "roleArn": role if is_known(role) else ""})
        tags = values.get("tags")
        if is_known(tags):
            request = replace(request, tags=tags or {})
        try:
            with self.translate_errors(_subject(request.name)):
                eks = self._connect(_build_settings(values)).eks
                if not values.get("adopt") or registration.find_adoptable(eks, request) is None:
                    registration.validate_availability(eks, request)
        except NotAvailableError as error:
            # A preview must work where only the deployment itself has credentials.
            self._warn(urn, f"not checked whether the cluster can be registered: {error}")


def _adopt(eks: Any, values: Values, request: RegistrationRequest) -> Registration | None:
    """The registration that exists already, with the tags as requested; None if there is none to take over."""
    if not values.get("adopt"):
        return None
    live = registration.find_adoptable(eks, request)
    if live is not None:
        registration.retag(eks, live.arn, live.tags, {**live.tags, **request.tags})
    return live


def _subject(name: str) -> str:
    return f"connected cluster {name!r}"


def _build_settings(values: Values) -> Settings:
    return Settings(values["region"], values.get("endpoint"), values.get("profile"), values.get("account"))


def _build_request(values: Values) -> RegistrationRequest:
    return RegistrationRequest(
        name=values["name"],
        role_arn=str(values["roleArn"]),
        provider=values["clusterProvider"],
        region=values["region"],
        tags=values.get("tags") or {},
        limit=int(values.get("limit") or DEFAULT_LIMIT),
        ensure_service_linked_role=bool(values.get("ensureServiceLinkedRole")),
    )


def _build_outputs(live: Registration) -> dict[str, PropertyValue]:
    outputs = {
        "arn": PropertyValue(live.arn),
        "activationId": PropertyValue(live.activation_id),
        "activationExpiry": PropertyValue(
            live.activation_expiry.isoformat(timespec="seconds") if live.activation_expiry else ""
        ),
        "status": PropertyValue(live.status),
    }
    if live.activation_code is not None:
        outputs["activationCode"] = PropertyValue(live.activation_code, is_secret=True)
    return outputs


def _find_drift(inputs: Properties, live: Registration, region: str) -> dict[str, PropertyValue]:
    """The inputs that EKS has with other values. The others keep their values as they are, secrecy included."""
    found: Mapping[str, Any] = {
        "name": live.name,
        "roleArn": live.role_arn,
        "clusterProvider": live.provider,
        "region": region,
    }
    tags = {key: value for key, value in live.tags.items() if not key.startswith("aws:")}
    if tags or unwrap(inputs.get("tags")):
        found = {**found, "tags": tags}
    return {name: wrap(value) for name, value in found.items() if unwrap(inputs.get(name)) != value}
