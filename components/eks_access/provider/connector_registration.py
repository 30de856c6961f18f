"""The resource `ConnectorRegistration`: the engine's operations, carried out by `eks_access.connector.registration`.

State holds the activation code, as a secret, from the moment of registration: AWS never tells it again, so a refresh
keeps it as it is, and drops it only where another activation has taken the place of the one that it belongs to.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckFailure,
    CheckRequest,
    CheckResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    PropertyDiff,
    PropertyDiffKind,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
)

from ..connector import registration
from ..connector.registration import Registration, RegistrationError, Wanted
from ..connector.session import Session, Settings
from ..connector.validation import DEFAULT_LIMIT
from ..endpoint import LoopbackError
from ..errors import InvalidInputError
from .connector_inputs import CONNECTOR_REGISTRATION, HOW, PROPERTIES, REPLACES, REQUIRED, differs, faults
from .handler import Handler, ProviderError, Warn
from .values import UNKNOWN, Properties, is_known, plain, wrapped

TOKEN = "eks-access:index:ConnectorRegistration"
OUTPUTS = ("arn", "activationId", "activationCode", "activationExpiry", "status")


class Clients(Protocol):
    @property
    def eks(self) -> Any: ...

    @property
    def iam(self) -> Any: ...


def _now() -> datetime:
    return datetime.now(UTC)


class ConnectorRegistrations(Handler):
    token = TOKEN

    def __init__(
        self,
        warn: Warn,
        connect: Callable[[Settings], Clients] = Session,
        *,
        now: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._warn = warn
        self._connect = connect
        self._now = now
        self._sleep = sleep

    def schema(self) -> Mapping[str, Any]:
        return CONNECTOR_REGISTRATION

    def check(self, request: CheckRequest) -> CheckResponse:
        given = request.new_inputs
        values = {name: plain(value) for name, value in given.items() if plain(value) is not None}
        failures = [
            CheckFailure(name, f"is not a property of ConnectorRegistration; it has {', '.join(PROPERTIES)}")
            for name in values
            if name not in PROPERTIES
        ]
        failures += [CheckFailure(name, "is required") for name in REQUIRED if name not in values]
        failures += [fault for name in PROPERTIES if _is_given(values, name) for fault in faults(name, values[name])]
        return CheckResponse({name: given[name] for name in PROPERTIES if name in values}, failures)

    def diff(self, request: DiffRequest) -> DiffResponse:
        old = {name: plain(request.old_state.get(name)) for name in PROPERTIES}
        new = {name: plain(request.new_inputs.get(name)) for name in PROPERTIES}
        changed = [n for n in PROPERTIES if n not in request.ignore_changes and differs(n, old[n], new[n])]
        replaces = [name for name in changed if name in REPLACES]
        if not replaces and self._is_lost(request):
            changed, replaces = [*changed, "activationExpiry"], ["activationExpiry"]
        return DiffResponse(
            changes=bool(changed),
            replaces=replaces,
            diffs=changed,
            # The new registration has the name of the old one.
            delete_before_replace=True,
            detailed_diff={name: PropertyDiff(_kind(name in replaces), input_diff=False) for name in changed},
        )

    def create(self, request: CreateRequest) -> CreateResponse:
        values = _values(request.properties)
        if request.preview:
            self._preview(request.urn, values)
            return CreateResponse(None, {**request.properties, **{name: wrapped(UNKNOWN) for name in OUTPUTS}})
        wanted = _wanted(values)
        with _plainly(wanted.name):
            clients = self._connect(_settings(values))
            made = registration.register(
                clients.eks,
                clients.iam,
                wanted,
                deadline=request.timeout or registration.PROPAGATION_SECONDS,
                sleep=self._sleep,
                on_delay=lambda message: self._warn(request.urn, message),
            )
        return CreateResponse(registration.identifier(wanted), {**request.properties, **_outputs(made)})

    def read(self, request: ReadRequest) -> ReadResponse:
        region, slash, name = request.resource_id.partition("/")
        if not slash or not name:
            raise ProviderError(f"{request.resource_id!r} is not an id of ConnectorRegistration; it is <region>/<name>")
        kept = dict(request.properties)
        given = dict(request.inputs) or {n: value for n, value in kept.items() if n in PROPERTIES}
        with _plainly(name):
            live = registration.find(self._connect(_settings({**_values(given), "region": region})).eks, name)
        if live is None:
            return ReadResponse()
        inputs = {**given, **_as_found(given, live, region)}
        if plain(kept.get("activationId")) not in (None, live.activation_id):
            # Registered anew by somebody else: the code that is known belongs to an activation that is gone.
            kept.pop("activationCode", None)
        return ReadResponse(request.resource_id, {**kept, **inputs, **_outputs(live)}, inputs)

    def update(self, request: UpdateRequest) -> UpdateResponse:
        values = _values(request.news)
        outputs = {name: request.olds[name] for name in OUTPUTS if name in request.olds}
        if not request.preview:
            old, new = plain(request.olds.get("tags")) or {}, values.get("tags") or {}
            with _plainly(str(values["name"])):
                registration.retag(self._connect(_settings(values)).eks, str(plain(outputs["arn"])), old, new)
        return UpdateResponse({**request.news, **outputs})

    def delete(self, request: DeleteRequest) -> None:
        values = _values(request.properties)
        name = request.resource_id.partition("/")[2]
        with _plainly(name):
            registration.deregister(self._connect(_settings(values)).eks, name)

    def _preview(self, urn: str, values: Mapping[str, Any]) -> None:
        asked = {name: value for name, value in values.items() if name not in ("roleArn", "tags")}
        if not is_known(asked):
            return
        wanted = _wanted({**values, "tags": {}})
        try:
            registration.check_possible(self._connect(_settings(values)).eks, wanted)
        except InvalidInputError as refused:
            raise ProviderError(f"cluster {wanted.name!r}: {refused}") from refused
        except (RegistrationError, BotoCoreError, LoopbackError) as error:
            # A preview must work where only the deployment itself has credentials.
            self._warn(urn, f"not checked whether cluster {wanted.name!r} can be registered: {error}")

    def _is_lost(self, request: DiffRequest) -> bool:
        """Whether nothing can connect with this registration any more. AWS is asked only where state suspects it."""
        state, now = _plain_state(request.old_state), self._now()
        if not registration.is_lost(state["status"], state["expiry"], state["code"] is not None, now):
            return False
        values = _values(request.new_inputs) | {"region": plain(request.old_state.get("region"))}
        if not is_known({name: values.get(name) for name in HOW}):
            return False
        name = str(plain(request.old_state.get("name")))
        with _plainly(name):
            live = registration.find(self._connect(_settings(values)).eks, name)
        if live is None:
            # Gone: the refresh that finds it so makes it anew.
            return False
        has_code = state["code"] is not None and live.activation_id == plain(request.old_state.get("activationId"))
        return registration.is_lost(live.status, live.activation_expiry, has_code, now)


def _kind(replaces: bool) -> PropertyDiffKind:
    return PropertyDiffKind.UPDATE_REPLACE if replaces else PropertyDiffKind.UPDATE


@contextmanager
def _plainly(name: str) -> Iterator[None]:
    """Every error names the cluster and is told in plain words."""
    try:
        yield
    except (InvalidInputError, RegistrationError, BotoCoreError, LoopbackError) as error:
        raise ProviderError(f"connected cluster {name!r}: {error}") from error


def _is_given(values: Mapping[str, Any], name: str) -> bool:
    return name in values and is_known(values[name])


def _values(properties: Properties) -> dict[str, Any]:
    return {name: plain(properties[name]) for name in PROPERTIES if name in properties}


def _settings(values: Mapping[str, Any]) -> Settings:
    return Settings(values["region"], values.get("endpoint"), values.get("profile"), values.get("account"))


def _wanted(values: Mapping[str, Any]) -> Wanted:
    return Wanted(
        name=values["name"],
        role_arn=str(values["roleArn"]),
        provider=values["clusterProvider"],
        region=values["region"],
        tags=values.get("tags") or {},
        limit=int(values.get("limit") or DEFAULT_LIMIT),
        ensure_service_linked_role=bool(values.get("ensureServiceLinkedRole")),
    )


def _outputs(live: Registration) -> dict[str, PropertyValue]:
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


def _as_found(given: Properties, live: Registration, region: str) -> dict[str, PropertyValue]:
    """The inputs as EKS has them; as they were given where that is the same, secrecy included."""
    found: dict[str, Any] = {
        "name": live.name,
        "roleArn": live.role_arn,
        "clusterProvider": live.provider,
        "region": region,
        "tags": {key: value for key, value in live.tags.items() if not key.startswith("aws:")},
    }
    if not found["tags"] and not plain(given.get("tags")):
        del found["tags"]
    return {name: wrapped(value) for name, value in found.items() if plain(given.get(name)) != value}


def _plain_state(state: Properties) -> dict[str, Any]:
    expiry = plain(state.get("activationExpiry"))
    return {
        "status": str(plain(state.get("status"))),
        "expiry": datetime.fromisoformat(expiry) if expiry else None,
        "code": plain(state.get("activationCode")),
    }
