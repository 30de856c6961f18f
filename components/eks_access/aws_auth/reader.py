"""What the authenticator sees in aws-auth: who is mapped to what, and what it drops on the way.

Follows ParseMap and saveMap of aws-iam-authenticator
(https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/mapper/configmap/configmap.go): the sections
are independent, a section that does not parse maps nobody, an entry with a wrongly typed field keeps the field empty,
and of entries with the same key the last one counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from .goyaml import parser
from .goyaml.parser import Document, Node, YamlSyntaxError
from .goyaml.types import GoValue, is_merge, scalar, to_json

SectionName: TypeAlias = Literal["mapRoles", "mapUsers", "mapAccounts"]
ROLES: SectionName = "mapRoles"
USERS: SectionName = "mapUsers"
ACCOUNTS: SectionName = "mapAccounts"

# What Go's strings.TrimSpace and unicode.IsSpace take off.
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
    """What a principal becomes in Kubernetes."""

    username: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One item of a section's list, as the authenticator's structs hold it after decoding.

    `arn` is `rolearn` or `userarn`; `key` is what the authenticator files it under, None where it skips the item.
    `faults` are its complaints about this item.
    """

    arn: str
    identity: Identity
    key: str | None
    faults: tuple[str, ...] = ()
    sso: bool = False


@dataclass(frozen=True)
class Section:
    """One section as text, as YAML and as the authenticator reads it.

    `lost` is why nothing of it is read; `items` and `document.root.children` then need not correspond.
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
        """No text at all, or one of the texts that the authenticator skips before it parses."""
        return self.text is None or self.text.strip(_SPACE) in _EMPTY

    @property
    def errors(self) -> tuple[str, ...]:
        whole = (str(self.lost),) if self.lost else (self.not_a_list,) if self.not_a_list else ()
        return (*whole, *self.faults, *(fault for item in self.items for fault in item.faults))

    def node(self, index: int) -> Node:
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
    """What the authenticator sees in a ConfigMap's `data`."""
    roles, users, accounts = (read_section(data, name) for name in (ROLES, USERS, ACCOUNTS))
    return Reading(
        {item.key: item.identity for item in roles.items if item.key is not None},
        {item.key: item.identity for item in users.items if item.key is not None},
        frozenset(accounts.accounts),
        (*users.errors, *roles.errors, *accounts.errors),
    )


def read_section(data: Mapping[str, str], name: SectionName) -> Section:
    return _read_section(name, data.get(name))


@lru_cache(maxsize=16)
def _read_section(name: SectionName, text: str | None) -> Section:
    """A plan reads the same text from several sides; parsing is the slow part."""
    section = Section(name, text)
    if text is None or section.is_empty:
        return section
    if name != ACCOUNTS and text.lstrip(_SPACE).startswith("{"):
        # ToJSON passes such text on as JSON (k8s.io/apimachinery/pkg/util/yaml): an object, never a list.
        return Section(name, text, not_a_list="a mapping instead of a list")
    try:
        document = parser.parse(text)
        if name == ACCOUNTS:
            return _accounts(text, document)
        value = to_json(document.root)
    except YamlSyntaxError as lost:
        return Section(name, text, lost=lost)
    if value is None:
        return Section(name, text, document)
    if not isinstance(value, list):
        kind = "a mapping" if isinstance(value, dict) else "a single value"
        return Section(name, text, document, not_a_list=f"{kind} instead of a list")
    decode = _role if name == ROLES else _user
    return Section(name, text, document, tuple(map(decode, value)))


def _role(value: GoValue) -> Item:
    fields, faults = _decoded(value, "rolearn")
    arn, identity, sso = str(fields["rolearn"]), _identity(fields), fields["sso"]
    problem = ""
    key: str | None = arn.lower()
    if not arn and sso is None:
        key, problem = None, "one of rolearn or SSO must be supplied"
    elif arn and sso is not None:
        key, problem = None, "only one of rolearn or SSO can be supplied"
    elif sso is not None:
        key, problem = _sso_key(sso, faults)
    if problem:
        faults.append(problem)
    return Item(arn, identity, key, tuple(faults), sso is not None)


def _user(value: GoValue) -> Item:
    fields, faults = _decoded(value, "userarn")
    arn = str(fields["userarn"])
    if not arn:
        faults.append("value for userarn must be supplied")
    return Item(arn, _identity(fields), arn or None, tuple(faults))


def _decoded(value: GoValue, arn_field: str) -> tuple[dict[str, GoValue], list[str]]:
    """Go's json.Unmarshal into a mapping struct: unknown keys ignored, a wrong type leaves the field as it was."""
    fields: dict[str, GoValue] = {arn_field: "", "username": "", "groups": [], "userid": "", "sso": None}
    faults: list[str] = []
    if value is None:
        return fields, faults
    if not isinstance(value, dict):
        return fields, [f"{_go_type(value)} where a mapping is expected"]
    for name, given in value.items():
        known = fold(name)
        if known not in fields or (known == "sso" and arn_field == "userarn"):
            continue
        if known == "groups":
            if given is None or isinstance(given, list):
                fields[known] = [_text(group, "an item of groups", "", faults) for group in given or ()]
            else:
                faults.append(f"groups is {_go_type(given)}, not a list of strings")
        elif known == "sso":
            fields[known] = given if given is None or isinstance(given, dict) else {}
            if not (given is None or isinstance(given, dict)):
                faults.append(f"sso is {_go_type(given)}, not a mapping")
        else:
            fields[known] = _text(given, known, str(fields[known]), faults)
    return fields, faults


def fold(name: str) -> str:
    """A key as encoding/json compares it: Unicode simple folding, so `ſ` is `s` and the Kelvin sign is `k`."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in name).replace("ſ", "s")


def _text(value: GoValue, what: str, before: str, faults: list[str]) -> str:
    if value is None:
        return before
    if isinstance(value, str):
        return value
    faults.append(f"{what} is {_go_type(value)}, not a string")
    return before


def _go_type(value: GoValue) -> str:
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


def _identity(fields: dict[str, GoValue]) -> Identity:
    groups = fields["groups"]
    assert isinstance(groups, list)
    return Identity(str(fields["username"]), tuple(map(str, groups)))


def _sso_key(sso: GoValue, faults: list[str]) -> tuple[str | None, str]:
    """The wildcard ARN of an `sso` matcher (its feature gate is off by default), or why it is refused."""
    assert isinstance(sso, dict)
    given = {"permissionsetname": "", "accountid": "", "partition": ""}
    for name, value in sso.items():
        if (known := fold(name)) in given:
            given[known] = _text(value, known, given[known], faults)
    if not _ACCOUNT.fullmatch(given["accountid"]):
        return None, f"AccountID '{given['accountid']}' is not a valid AWS Account ID"
    if not _PERMISSION_SET.fullmatch(given["permissionsetname"]):
        return None, f"PermissionSetName '{given['permissionsetname']}' is not a valid AWS SSO PermissionSet Name"
    if given["partition"] and given["partition"] not in _PARTITIONS:
        return None, f"partition '{given['partition']}' is not a valid AWS partition"
    # A partition that is given is lost from the key: a bug of the authenticator, kept because it is what it does.
    partition = "" if given["partition"] else "aws"
    name = given["permissionsetname"]
    return f"arn:{partition}:iam::{given['accountid']}:role/AWSReservedSSO_{name}_*".lower(), ""


def _accounts(text: str, document: Document) -> Section:
    """go-yaml decodes accounts straight into strings: a scalar's source text, whatever type it looks like."""
    root = document.root
    while root is not None and root.kind == "alias":
        root = root.target
    if root is None or (root.kind == "scalar" and scalar(root) is None):
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
        value = scalar(node)
        accounts.append("" if value is None else str(value) if node.tag.endswith(":binary") else node.value)
    return Section(ACCOUNTS, text, document, accounts=tuple(accounts), faults=tuple(faults))


def keys_of(node: Node) -> list[tuple[str, Node]]:
    """The keys that an item's mapping itself spells, folded, with where they stand; merged ones are not among them."""
    target = node.target if node.kind == "alias" and node.target else node
    if target.kind != "mapping":
        return []
    return [(fold(k.value), k) for k in target.children[::2] if k.kind == "scalar" and not is_merge(k)]
