"""What is refused, and filled in, before anything is sent to AWS. Pure functions."""

from collections.abc import Sequence

from ..declared import input_properties, refusals
from ..errors import Failure, PluginError
from ..naming import DEFAULTS_KEY, NameRequiredError, autoname
from ..plugin import Checked, Operation, Values
from ..values import UNKNOWN, Unknown, has_unknown
from . import documents
from .resource import ResourceType, sdk_module
from .session import parsed


def check_config(config: Values) -> list[Failure]:
    """What is wrong with the provider's configuration: a misspelt endpoint would lead to the real AWS."""
    values: Values = {}
    for key, value in config.items():
        if key in ("version", "pluginDownloadURL"):
            continue
        try:
            values[key] = parsed(key, value)
        except PluginError as error:
            return [Failure(key, str(error))]
    properties = input_properties("pulumi_aws.provider", "ProviderArgs") or {}
    return list(refusals(values, properties, owner="the aws provider", need_required=False))


def check(type_: ResourceType, op: Operation, olds: Values, news: Values) -> Checked:
    """The inputs with a name and with documents as text, and what is wrong with them."""
    inputs = {key: value for key, value in news.items() if key != DEFAULTS_KEY}
    failures = list(_undeclared(type_, inputs))
    for field in type_.fields:
        if field.document and field.name in inputs:
            failures += _document(field.name, inputs)
    if type_.name_limit is not None:
        try:
            _name(type_, op, olds, inputs)
        except NameRequiredError as error:
            failures.append(Failure(type_.name_field, str(error)))
        failures += _name_too_long(type_, inputs)
    return Checked(inputs, failures)


def sdk_class(token: str) -> tuple[str, str]:
    """The module and the class of the Python SDK that declare a type's inputs."""
    return sdk_module(token), f"{token.rpartition(':')[2]}Args"


def _undeclared(type_: ResourceType, inputs: Values) -> Sequence[Failure]:
    properties = input_properties(*sdk_class(type_.token)) or {}
    owner = type_.token.rpartition(":")[2]
    found = list(refusals(inputs, properties, owner=owner, need_required=True))
    served = {f.name for f in type_.fields} | {"tags", "region"}
    for name in sorted(set(inputs) & (set(properties) - served)):
        found.append(Failure(name, f"{name!r} of {owner} is not supported by the sandbox's stand-in plug-in"))
    return found


def _document(name: str, inputs: Values) -> list[Failure]:
    """Check a policy document, and write one that was given as an object as text."""
    value = inputs[name]
    if isinstance(value, dict):
        inputs[name] = UNKNOWN if has_unknown(value) else documents.dump(value)
    elif isinstance(value, str):
        try:
            documents.parse(value)
        except documents.InvalidDocumentError as error:
            return [Failure(name, f"{name!r} {error}")]
    return []


def _name(type_: ResourceType, op: Operation, olds: Values, inputs: Values) -> None:
    field, prefix = type_.name_field, inputs.get("namePrefix")
    if field in inputs:
        return
    if field in (olds.get(DEFAULTS_KEY) or ()) and olds.get("namePrefix") == prefix:
        inputs[field] = olds[field]
    elif isinstance(prefix, Unknown):
        inputs[field] = UNKNOWN
    elif prefix:
        inputs[field] = autoname(prefix.removesuffix("-"), op.seed, limit=type_.name_limit)
    else:
        inputs[field] = autoname(op.name, op.seed, limit=type_.name_limit, proposed=op.autonaming)
    inputs[DEFAULTS_KEY] = [field]


def _name_too_long(type_: ResourceType, inputs: Values) -> list[Failure]:
    name, limit = inputs.get(type_.name_field), type_.name_limit
    if not isinstance(name, str) or limit is None or 1 <= len(name) <= limit:
        return []
    return [
        Failure(
            type_.name_field,
            f"expected length of {type_.name_field} to be in the range (1 - {limit}), got {name}",
        )
    ]
