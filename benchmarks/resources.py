"""The resources of a preview, as a list that the bare program can register again."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from eks_access.exact.kinds import KINDS

Steps = list[dict[str, Any]]

LINKS: Mapping[str, Mapping[str, str]] = {
    "aws:iam/rolePolicy:RolePolicy": {"role": "name"},
    "aws:eks/accessEntry:AccessEntry": {"principalArn": "arn", "tags": "unique_id"},
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {
        "clusterName": "cluster_name",
        "principalArn": "principal_arn",
    },
    "eks-access:index:AwsAuthMapping": {"roleArn": "arn"},
    "eks-access:index:ConnectorRegistration": {"roleArn": "arn"},
    "kubernetes:apps/v1:StatefulSet": {"spec": "activationId"},
    "kubernetes:core/v1:Secret": {"data": "activationCode"},
}
"""The outputs of other resources that properties refer to, as in a handwritten program."""

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "aws:eks/accessEntry:AccessEntry": {
        "delete_before_replace": True,
        "replace_on_changes": ['tags["eks-access:role-id"]'],
    },
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {"delete_before_replace": True},
    "kubernetes:core/v1:Secret": {"additional_secret_outputs": ["data", "stringData"]},
}
"""The resource options that the output of a preview does not have."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
HIDDEN = "[secret]"
"""The placeholder for secrets in the output of a preview, with any options."""
HIDDEN_DATA = "aGlkZGVu"
"""Stands for what is hidden of a Secret's data, which has to be base64."""
SECRET = "$secret"
BASE64 = "$base64"
_STACK = "pulumi:pulumi:Stack"
_PROVIDER = "pulumi:providers:kubernetes"
_EXACT_KINDS = {kind.name: kind for kind in KINDS}
_BY_ENGINE = ("apiVersion", "kind", "version")


def list_resources(steps: Steps, kubeconfigs: Mapping[str, str]) -> list[dict[str, Any]]:
    """The resources in the order of registration, with a Kubernetes provider for each cluster.

    Each provider signs in as the resources of its cluster do. `kubeconfigs` has those that a preview hides, by
    `find_cluster`.
    """
    kubeconfigs = {**kubeconfigs, **_shown_kubeconfigs(steps)}
    listed: list[dict[str, Any]] = []
    provided: set[str] = set()
    for state in _states(steps):
        if state["type"] in (_STACK, _PROVIDER):
            continue
        cluster = find_cluster(state)
        if state["type"].startswith("kubernetes:") and cluster not in provided:
            provided.add(cluster)
            listed.append(_provider(cluster, kubeconfigs[cluster]))
        listed.append(_entry(state, cluster, kubeconfigs))
    return listed


def _shown_kubeconfigs(steps: Steps) -> dict[str, str]:
    found: dict[str, str] = {}
    for state in _resources(steps):
        text = (state.get("inputs") or {}).get("kubeconfig")
        if text and text != HIDDEN:
            found[find_cluster(state)] = text
    return found


def find_cluster(state: Mapping[str, Any]) -> str:
    """The cluster that a resource is in: `ClusterAccess c07`; empty if it is in none."""
    found = re.search(r"index:(ClusterAccess|ConnectedCluster)::.*-(c[0-9]+)$", state.get("parent") or "")
    return " ".join(found.groups()) if found else ""


def inputs_by_resource(steps: Steps) -> dict[tuple[str, str], Any]:
    """Every resource's inputs by type and name, to compare two previews; without Kubernetes providers, which differ."""
    return {
        (state["type"], _name(state["urn"])): _without_internal_keys(state.get("inputs"))
        for state in _states(steps)
        if state["type"] != _PROVIDER
    }


def _without_internal_keys(inputs: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (inputs or {}).items() if not key.startswith("__") and key not in _BY_ENGINE}


def _states(steps: Steps) -> Iterator[dict[str, Any]]:
    """The resources, with objects of this package's plugin as those of pulumi-kubernetes."""
    for state in _resources(steps):
        package, _, kind = state["type"].rpartition(":")
        if package == "eks-access:index" and kind in _EXACT_KINDS:
            inputs = {key: value for key, value in state["inputs"].items() if key not in ("kubeconfig", "adopt")}
            yield {**state, "type": f"kubernetes:{_EXACT_KINDS[kind].group or 'core'}/v1:{kind}", "inputs": inputs}
        else:
            yield state


def _resources(steps: Steps) -> Iterator[dict[str, Any]]:
    return (step["newState"] for step in steps)


def _provider(cluster: str, kubeconfig: str) -> dict[str, Any]:
    return {
        "key": cluster,
        "type": _PROVIDER,
        "name": cluster.replace(" ", "-"),
        "isComponent": False,
        "parent": None,
        "provider": None,
        "dependsOn": [],
        "options": {},
        "properties": {"kubeconfig": {SECRET: kubeconfig}},
    }


def _entry(state: Mapping[str, Any], cluster: str, kubeconfigs: Mapping[str, str]) -> dict[str, Any]:
    provider = cluster if state["type"].startswith("kubernetes:") else state.get("provider", "").rpartition("::")[0]
    return {
        "key": state["urn"],
        "type": state["type"],
        "name": _name(state["urn"]),
        "isComponent": not state["custom"],
        "parent": state.get("parent"),
        "provider": provider if "::default" not in provider else None,
        "dependsOn": sorted(set(state.get("dependencies") or ()) - set(_linked(state))),
        "options": OPTIONS.get(state["type"], {}),
        "properties": dict(_properties(state, kubeconfigs.get(cluster))),
    }


def _properties(state: Mapping[str, Any], kubeconfig: str | None) -> Iterator[tuple[str, Any]]:
    sources = state.get("propertyDependencies") or {}
    links = LINKS.get(state["type"], {})
    typed = state["type"].startswith(("aws:", "kubernetes:", "pulumi:providers:"))
    for key, encoded in (state.get("inputs") or {}).items():
        if key in _BY_ENGINE or key.startswith("__"):
            continue
        value = json.loads(encoded) if _is_encoded(state["type"], encoded) else encoded
        if sources.get(key) and key in links:
            (source,) = sources[key]
            value = _linked_value(value, f"${{{source}|{links[key]}}}")
        elif value == HIDDEN:
            value = {SECRET: kubeconfig if key == "kubeconfig" else {"hidden": HIDDEN_DATA}}
        yield (_snake(key) if typed else key), value


def _linked_value(value: Any, reference: str) -> Any:
    if value == HIDDEN:
        return {SECRET: {"code": {BASE64: reference}}}
    return _replace_unknown(value, reference) if isinstance(value, dict) else reference


def _replace_unknown(tree: Any, reference: str) -> Any:
    if isinstance(tree, dict):
        return {key: _replace_unknown(part, reference) for key, part in tree.items()}
    if isinstance(tree, list):
        return [_replace_unknown(part, reference) for part in tree]
    return {UNKNOWN: reference, HIDDEN: {SECRET: "hidden"}}.get(tree, tree) if isinstance(tree, str) else tree


def _linked(state: Mapping[str, Any]) -> Iterator[str]:
    links = LINKS.get(state["type"], {})
    for key, sources in (state.get("propertyDependencies") or {}).items():
        if key in links:
            yield from sources


def _is_encoded(kind: str, value: Any) -> bool:
    # The engine encodes a provider's inputs, except strings, as JSON.
    return kind == "pulumi:providers:aws" and isinstance(value, str) and value.startswith(("[", "{", "true", "false"))


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)
