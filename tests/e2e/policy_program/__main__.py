"""Creates the resources that a file lists, each with its type token and properties."""

import json
import os
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

cases = json.loads(Path(os.environ["CASES"]).read_text())
account = aws.Provider("account", region="us-east-1", allowed_account_ids=[cases["account"]])
cluster = kubernetes.Provider("cluster", kubeconfig=cases["kubeconfig"])
created: dict[str, pulumi.Resource] = {}


class Linked(pulumi.CustomResource):
    """A resource whose ARN is an input of others."""

    arn: pulumi.Output[str]


def create(listed: dict[str, Any]) -> pulumi.Resource:
    links = {name: created[other].arn for name, other in listed["links"].items()}  # type: ignore[attr-defined]
    properties = {**listed["properties"], **links}
    if "kubeconfig" in properties:
        properties["kubeconfig"] = cases["kubeconfig"]
    kind, name = listed["type"], listed["name"]
    if kind.startswith("kubernetes:"):
        _, version, properties["kind"] = kind.split(":")
        properties["apiVersion"] = version.removeprefix("core/")
    providers = {"aws": account, "kubernetes": cluster}
    options = pulumi.ResourceOptions(
        provider=None if listed["is_component"] else providers.get(kind.partition(":")[0]),
        protect=listed["protect"],
        depends_on=[created[other] for other in listed["after"]],
    )
    if listed["is_component"]:
        return pulumi.ComponentResource(kind, name, properties, options)
    return Linked(kind, name, {**properties, "arn": None}, options)


for each in cases["resources"]:
    created[each["name"]] = create(each)
