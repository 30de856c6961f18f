"""A program of the resources that a file lists: each type under its own token, with what the file gives it."""

import json
import os
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

given = json.loads(Path(os.environ["CASES"]).read_text())
account = aws.Provider("account", region="us-east-1", allowed_account_ids=[given["account"]])
cluster = kubernetes.Provider("cluster", kubeconfig=given["kubeconfig"])
made: dict[str, pulumi.Resource] = {}


class Linked(pulumi.CustomResource):
    """A resource whose ARN others are given."""

    arn: pulumi.Output[str]


def make(listed: dict[str, Any]) -> pulumi.Resource:
    links = {name: made[other].arn for name, other in listed["links"].items()}  # type: ignore[attr-defined]
    properties = {**listed["properties"], **links}
    if "kubeconfig" in properties:
        properties["kubeconfig"] = given["kubeconfig"]
    kind, name = listed["type"], listed["name"]
    providers = {"aws": account, "kubernetes": cluster}
    options = pulumi.ResourceOptions(
        provider=None if listed["is_component"] else providers.get(kind.partition(":")[0]),
        protect=listed["protect"],
        depends_on=[made[other] for other in listed["after"]],
    )
    if listed["is_component"]:
        return pulumi.ComponentResource(kind, name, properties, options)
    return Linked(kind, name, {**properties, "arn": None}, options)


for each in given["resources"]:
    made[each["name"]] = make(each)
