"""Reads aws-auth as the authenticator does: the identity of each principal, and what it ignores.

Follows ParseMap and saveMap of aws-iam-authenticator
(https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/mapper/configmap/configmap.go): the sections
are independent, a section that does not parse maps no principal, an entry with a wrongly typed field keeps the field
empty, and of entries with the same key the last one counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from .goyaml import parser
from .goyaml.parser import Document, Node, YamlSyntaxError
from .goyaml.types import GoValue, convert_to_json, is_merge, resolve_scalar

SectionName: TypeAlias = Literal["mapRoles", "mapUsers", "mapAccounts"]
ROLES: SectionName = "mapRoles"
USERS: SectionName = "mapUsers"
ACCOUNTS: SectionName = "mapAccounts"

# The characters that Go's strings.TrimSpace removes (unicode.IsSpace).
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_EMPTY = ("", "``", '""', "''")
_ACCOUNT = re.compile(r"[0-9]{12}")
_PERMISSION_SET = re.compile(r"[\w+=,.@-]{1,32}", re.ASCII)
_PARTITIONS = (
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
)


@dataclass(frozen=True)
class Identity:
    """The Kubernetes username and groups of a principal."""

    username: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """An item of a section's list, as the authenticator decodes it.

    Attributes:
        arn: its `rolearn` or `userarn`.
        identity: its username and groups.
        key: the authenticator's key for it; None if it ignores the item.
        faults: the authenticator's errors about it.
        sso: does it match an Identity Center permission set instead of an ARN?
    """

    arn: str
    identity: Identity
    key: str | None
    faults: tuple[str, ...] = ()
    sso: bool = False


@dataclass(frozen=True)
class Section:
    """A section as text, as YAML and as the authenticator reads it.

    Attributes:
        name: the section's key in `data`.
        text: its text; None if the key is missing.
        document: the parsed text; None if it is empty or cannot be parsed.
        items: the items of `mapRoles` or `mapUsers`, in the order of `document.root.children`.
        accounts: the items of `mapAccounts`.
        lost: why the authenticator reads nothing of the section; None otherwise.
        not_a_list: what the section is instead of a list; None otherwise.
        faults: the authenticator's errors about items of `mapAccounts`.
    """

    name: SectionName
    text: str | None
    document: Document | None = None
    items: tuple[Item, ...] = ()
    accounts: tuple[str, ...] = ()
    lost: YamlSyntaxError | None = None
    not_a_list: str | None = None
    faults: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Is there no text, or one that the authenticator skips before it parses?"""
        return self.text is None or self.text.strip(_SPACE) in _EMPTY

    @property
    def errors(self) -> tuple[str, ...]:
        """All errors that the authenticator reports about the section."""
        whole = (str(self.lost),) if self.lost else (self.not_a_list,) if self.not_a_list else ()
        return (*whole, *self.faults, *(fault for item in self.items for fault in item.faults))

    def node(self, index: int) -> Node:
        """The YAML node of an item."""
        assert self.document is not None
        assert self.document.root is not None
        return self.document.root.children[index]


@dataclass(frozen=True)
class Reading:
    """The authenticator's maps. Role keys are lower-cased ARNs, user keys the ARNs as written."""

    roles: Mapping[str, Identity] = field(default_factory=dict)
    users: Mapping[str, Identity] = field(default_factory=dict)
    accounts: frozenset[str] = frozenset()
    errors: tuple[str, ...] = ()


def read(data: Mapping[str, str]) -> Reading:
    """The mappings that the authenticator reads from a ConfigMap's `data`."""
    roles, users, accounts = (read_section(data, name) for name in (ROLES, USERS, ACCOUNTS))
    return Reading(
        {item.key: item.identity for item in roles.items if item.key is not None},
        {item.key: item.identity for item in users.items if item.key is not None},
        frozenset(accounts.accounts),
        (*users.errors, *roles.errors, *accounts.errors),
    )


def read_section(data: Mapping[str, str], name: SectionName) -> Section:
    """One section of a ConfigMap's `data`."""
    return _read_section_text(name, data.get(name))


@lru_cache(maxsize=16)
def _read_section_text(name: SectionName, text: str | None) -> Section:
    """Cached, because a plan reads the same text several times, and parsing is the slow part."""
    section = Section(name, text)
    if text is None or section.is_empty:
        return section
    if name != ACCOUNTS and text.lstrip(_SPACE).startswith("{"):
        # ToJSON passes such text on as JSON (k8s.io/apimachinery/pkg/util/yaml): an object, never a list.
        return Section(name, text, not_a_list="a mapping instead of a list")
    try:
        document = parser.parse(text)
        if name == ACCOUNTS:
            return _read_accounts(text, document)
        value = convert_to_json(document.root)
    except YamlSyntaxError as lost:
        return Section(name, text, lost=lost)
    except RecursionError:
        return Section(name, text, lost=YamlSyntaxError(1, "nested too deeply"))
    if value is None:
        return Section(name, text, document)
    if not isinstance(value, list):
        kind = "a mapping" if isinstance(value, dict) else "a single value"
        return Section(name, text, document, not_a_list=f"{kind} instead of a list")
    decode = _decode_role if name == ROLES else _decode_user
    return Section(name, text, document, tuple(map(decode, value)))


def _decode_role(value: GoValue) -> Item:
    fields, faults = _decode_fields(value, "rolearn")
    arn, identity, sso = str(fields["rolearn"]), _read_identity(fields), fields["sso"]
    problem = ""
    key: str | None = arn.lower()
    if not arn and sso is None:
        key, problem = None, "one of rolearn or SSO must be supplied"
    elif arn and sso is not None:
        key, problem = None, "only one of rolearn or SSO can be supplied"
    elif sso is not None:
        key, problem = _find_sso_key(sso, faults)
    if problem:
        faults.append(problem)
    return Item(arn, identity, key, tuple(faults), sso is not None)


def _decode_user(value: GoValue) -> Item:
    fields, faults = _decode_fields(value, "userarn")
    arn = str(fields["userarn"])
    if not arn:
        faults.append("value for userarn must be supplied")
    return Item(arn, _read_identity(fields), arn or None, tuple(faults))


def _decode_fields(value: GoValue, arn_field: str) -> tuple[dict[str, GoValue], list[str]]:
    """Go's json.Unmarshal into a mapping struct: unknown keys ignored, a wrong type leaves the field as it was."""
    fields: dict[str, GoValue] = {arn_field: "", "username": "", "groups": [], "userid": "", "sso": None}
    faults: list[str] = []
    if value is None:
        return fields, faults
    if not isinstance(value, dict):
        return fields, [f"{_describe_go_type(value)} where a mapping is expected"]
    for name, field_value in value.items():
        known = fold(name)
        if known not in fields or (known == "sso" and arn_field == "userarn"):
            continue
        if known == "groups":
            if field_value is None or isinstance(field_value, list):
                fields[known] = [_decode_string(group, "an item of groups", "", faults) for group in field_value or ()]
            else:
                faults.append(f"groups is {_describe_go_type(field_value)}, not a list of strings")
        elif known == "sso":
            fields[known] = field_value if field_value is None or isinstance(field_value, dict) else {}
            if not (field_value is None or isinstance(field_value, dict)):
                faults.append(f"sso is {_describe_go_type(field_value)}, not a mapping")
        else:
            fields[known] = _decode_string(field_value, known, str(fields[known]), faults)
    return fields, faults


def fold(name: str) -> str:
    """A key as encoding/json compares it: Unicode simple folding, so `ſ` is `s` and the Kelvin sign is `k`."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in name).replace("ſ", "s")


def _decode_string(value: GoValue, what: str, before: str, faults: list[str]) -> str:
    if value is None:
        return before
    if isinstance(value, str):
        return value
    faults.append(f"{what} is {_describe_go_type(value)}, not a string")
    return before


def _describe_go_type(value: GoValue) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
    return "a mapping"


def _read_identity(fields: dict[str, GoValue]) -> Identity:
    groups = fields["groups"]
    assert isinstance(groups, list)
    return Identity(str(fields["username"]), tuple(map(str, groups)))


def _find_sso_key(sso: GoValue, faults: list[str]) -> tuple[str | None, str]:
    """The wildcard ARN of an `sso` matcher (its feature gate is off by default), or the reason why it is refused."""
    assert isinstance(sso, dict)
    fields = {"permissionsetname": "", "accountid": "", "partition": ""}
    for name, value in sso.items():
        if (known := fold(name)) in fields:
            fields[known] = _decode_string(value, known, fields[known], faults)
    if not _ACCOUNT.fullmatch(fields["accountid"]):
        return None, f"AccountID '{fields['accountid']}' is not a valid AWS Account ID"
    if not _PERMISSION_SET.fullmatch(fields["permissionsetname"]):
        return None, f"PermissionSetName '{fields['permissionsetname']}' is not a valid AWS SSO PermissionSet Name"
    if fields["partition"] and fields["partition"] not in _PARTITIONS:
        return None, f"partition '{fields['partition']}' is not a valid AWS partition"
    # An explicit partition is missing from the key: a bug of the authenticator, reproduced because it is what it does.
    partition = "" if fields["partition"] else "aws"
    name = fields["permissionsetname"]
    return f"arn:{partition}:iam::{fields['accountid']}:role/AWSReservedSSO_{name}_*".lower(), ""


def _read_accounts(text: str, document: Document) -> Section:
    """go-yaml decodes accounts straight into strings: a scalar's source text, whatever type it looks like."""
    root = document.root
    while root is not None and root.kind == "alias":
        root = root.target
    if root is None or (root.kind == "scalar" and resolve_scalar(root) is None):
        return Section(ACCOUNTS, text, document)
    if root.kind != "sequence":
        return Section(ACCOUNTS, text, document, not_a_list="not a list of account IDs")
    accounts: list[str] = []
    faults: list[str] = []
    for child in root.children:
        node = child.target if child.kind == "alias" else child
        assert node is not None
        if node.kind != "scalar":
            faults.append(f"line {child.line}: not an account ID")
            continue
        value = resolve_scalar(node)
        accounts.append("" if value is None else str(value) if node.tag.endswith(":binary") else node.value)
    return Section(ACCOUNTS, text, document, accounts=tuple(accounts), faults=tuple(faults))


def find_spelled_keys(node: Node) -> list[tuple[str, Node]]:
    """The keys that are written in an item's mapping, folded, with their nodes; without those of a merge (`<<`)."""
    target = node.target if node.kind == "alias" and node.target else node
    if target.kind != "mapping":
        return []
    return [(fold(k.value), k) for k in target.children[::2] if k.kind == "scalar" and not is_merge(k)]
