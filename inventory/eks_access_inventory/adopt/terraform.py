"""What Terraform (or OpenTofu) manages, by a state that the user gives. A state holds secrets: only names are kept.

Read are a state file of version 4, and the output of `terraform show -json`.
https://developer.hashicorp.com/terraform/internals/json-format
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from eks_access.errors import EksAccessError
from eks_access_policies.access.principals import canonicalize

_VERSION = 4
_ADVICE = "Give a state file of version 4 (`terraform state pull`), or the output of `terraform show -json`."


class TerraformStateError(EksAccessError):
    """The file is no state of Terraform that can be read. The message has nothing of its content."""


Key = tuple[str, ...]
"""What identifies something: its kind, and the names under which AWS or a cluster has it."""


@dataclass(frozen=True)
class TerraformState:
    """What a state has of access: the address in Terraform of each, by what it is.

    Objects of clusters are by kind, namespace and name: the state does not show in which cluster they are.
    """

    path: str
    addresses: Mapping[Key, str] = field(default_factory=dict)

    def find_role(self, name: str) -> str:
        """The address of the role; empty if the state has none of this name."""
        return self.addresses.get(("role", name), "")

    def find_inline_policy(self, role: str, name: str) -> str:
        return self.addresses.get(("inline-policy", role, name), "")

    def find_policy(self, arn: str) -> str:
        return self.addresses.get(("policy", arn), "")

    def find_attachment(self, role: str, arn: str) -> str:
        return self.addresses.get(("attachment", role, arn), "")

    def find_entry(self, cluster: str, principal_arn: str) -> str:
        return self.addresses.get(("entry", cluster, canonicalize(principal_arn)), "")

    def find_association(self, cluster: str, principal_arn: str, policy_arn: str) -> str:
        return self.addresses.get(("association", cluster, canonicalize(principal_arn), policy_arn), "")

    def find_object(self, kind: str, namespace: str | None, name: str) -> str:
        return self.addresses.get(("object", kind, namespace or "", name), "")

    def find_aws_auth(self) -> str:
        """The address of the aws-auth ConfigMap, of whatever cluster."""
        return self.find_object("ConfigMap", "kube-system", "aws-auth")


@dataclass(frozen=True)
class _Instance:
    address: str
    type: str
    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return value if isinstance(value, str) else ""


def parse_terraform_state(text: str, path: str = "the Terraform state") -> TerraformState:
    """The state in a file's text; `path` is for messages.

    Raises:
        TerraformStateError: it is neither a state of version 4 nor the output of `terraform show -json`.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise TerraformStateError(f"{path} is not JSON{where}. {_ADVICE}") from None
    if not isinstance(document, Mapping):
        raise TerraformStateError(f"{path} is not a state of Terraform: it is no object. {_ADVICE}")
    addresses: dict[Key, str] = {}
    try:
        for instance in _find_instances(document, path):
            for key in _identify(instance):
                if all(key[1:2]) and key[-1]:
                    addresses.setdefault(key, instance.address)
    except (AttributeError, KeyError, TypeError):
        raise TerraformStateError(f"{path} does not have the form of a state of Terraform. {_ADVICE}") from None
    return TerraformState(path, addresses)


def _find_instances(document: Mapping[str, Any], path: str) -> Iterator[_Instance]:
    if "format_version" in document:
        if "planned_values" in document:
            raise TerraformStateError(f"{path} is a plan of Terraform, and no state. {_ADVICE}")
        yield from _find_in_module((document.get("values") or {}).get("root_module") or {})
        return
    if "resources" not in document or "version" not in document:
        raise TerraformStateError(f"{path} is not a state of Terraform. {_ADVICE}")
    if document["version"] != _VERSION:
        raise TerraformStateError(f"{path} is a state of another version than {_VERSION}. {_ADVICE}")
    for resource in document["resources"]:
        if resource.get("mode") == "managed":
            module = f"{resource['module']}." if resource.get("module") else ""
            address = f"{module}{resource['type']}.{resource['name']}"
            for instance in resource.get("instances") or ():
                index = instance.get("index_key")
                suffix = "" if index is None else f"[{json.dumps(index)}]"
                yield _Instance(f"{address}{suffix}", resource["type"], instance.get("attributes") or {})


def _find_in_module(module: Mapping[str, Any]) -> Iterator[_Instance]:
    for resource in module.get("resources") or ():
        if resource.get("mode") == "managed":
            yield _Instance(resource["address"], resource["type"], resource.get("values") or {})
    for child in module.get("child_modules") or ():
        yield from _find_in_module(child)


def _identify(instance: _Instance) -> Iterator[Key]:
    if instance.type in _BY_TYPE:
        yield from _BY_TYPE[instance.type](instance)
    elif kind := _KINDS.get(instance.type.removesuffix("_data").removesuffix("_v1")):
        yield _key_of_object(kind, _first(instance.values.get("metadata")))


def _identify_role(instance: _Instance) -> Iterator[Key]:
    role = instance.text("name")
    yield "role", role
    for inline in instance.values.get("inline_policy") or ():
        yield "inline-policy", role, inline.get("name") or ""
    for arn in instance.values.get("managed_policy_arns") or ():
        yield "attachment", role, arn


def _identify_manifest(instance: _Instance) -> Iterator[Key]:
    manifest = instance.values.get("manifest") or {}
    # A state file has the type of such a value beside it.
    manifest = manifest.get("value", manifest)
    yield _key_of_object(str(manifest.get("kind") or ""), manifest.get("metadata") or {})


def _identify_kubectl_manifest(instance: _Instance) -> Iterator[Key]:
    yield "object", instance.text("kind"), instance.text("namespace"), instance.text("name")


def _key_of_object(kind: str, metadata: Mapping[str, Any]) -> Key:
    return "object", kind, metadata.get("namespace") or "", metadata.get("name") or ""


def _first(blocks: Any) -> Mapping[str, Any]:
    return blocks[0] if isinstance(blocks, list) and blocks else {}


_BY_TYPE: Mapping[str, Callable[[_Instance], Iterator[Key]]] = {
    "aws_iam_role": _identify_role,
    "aws_iam_role_policy": lambda each: iter([("inline-policy", each.text("role"), each.text("name"))]),
    "aws_iam_policy": lambda each: iter([("policy", each.text("arn"))]),
    "aws_iam_role_policy_attachment": lambda each: iter([("attachment", each.text("role"), each.text("policy_arn"))]),
    "aws_iam_policy_attachment": lambda each: (
        ("attachment", role, each.text("policy_arn")) for role in each.values.get("roles") or ()
    ),
    "aws_iam_role_policies_exclusive": lambda each: (
        ("inline-policy", each.text("role_name"), name) for name in each.values.get("policy_names") or ()
    ),
    "aws_iam_role_policy_attachments_exclusive": lambda each: (
        ("attachment", each.text("role_name"), arn) for arn in each.values.get("policy_arns") or ()
    ),
    "aws_eks_access_entry": lambda each: iter(
        [("entry", each.text("cluster_name"), canonicalize(each.text("principal_arn")))]
    ),
    "aws_eks_access_policy_association": lambda each: iter(
        [
            (
                "association",
                each.text("cluster_name"),
                canonicalize(each.text("principal_arn")),
                each.text("policy_arn"),
            )
        ]
    ),
    "kubernetes_manifest": _identify_manifest,
    "kubectl_manifest": _identify_kubectl_manifest,
}
_KINDS = {
    "kubernetes_cluster_role": "ClusterRole",
    "kubernetes_cluster_role_binding": "ClusterRoleBinding",
    "kubernetes_role": "Role",
    "kubernetes_role_binding": "RoleBinding",
    "kubernetes_config_map": "ConfigMap",
}
"""Types by what they make, each with and without `_v1`; `_v1_data` is a part of an object that exists."""
