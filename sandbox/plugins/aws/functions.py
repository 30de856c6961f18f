"""The functions (data sources) of the stand-in for AWS."""

# ruff: noqa: ARG001 - an interface's arguments are given, used or not

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..declared import input_properties
from ..errors import PluginError
from ..plugin import Values
from .documents import dump
from .resource import sdk_module
from .session import Aws, absent_as_none
from .types.access_entry import moment
from .types.role import NO_SUCH_ENTITY, plain_tags


@dataclass(frozen=True)
class Function:
    title: str
    """What it was doing, for an error; the second word is the service."""
    run: Callable[[Aws, Values], Values]
    arguments: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        return self.title.split(" ")[1]


def caller_identity(aws: Aws, args: Values) -> Values:
    caller = aws.caller()
    return {
        "accountId": caller["Account"],
        "arn": caller["Arn"],
        "userId": caller["UserId"],
        "id": caller["Account"],
    }


def partition(aws: Aws, args: Values) -> Values:
    name = aws.partition
    suffix = {"aws-cn": "amazonaws.com.cn"}.get(name, "amazonaws.com")
    reverse = ".".join(reversed(suffix.split(".")))
    return {"id": name, "partition": name, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


def region(aws: Aws, args: Values) -> Values:
    name = args.get("region") or args.get("name") or aws.region
    return {
        "id": name,
        "name": name,
        "region": name,
        "description": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
    }


def role(aws: Aws, args: Values) -> Values:
    found = absent_as_none(lambda: aws.client("iam").get_role(RoleName=args["name"]), *NO_SUCH_ENTITY)
    if found is None:
        raise PluginError(f"reading IAM Role ({args['name']}): couldn't find resource")
    data = found["Role"]
    used = data.get("RoleLastUsed") or {}
    return {
        "id": data["RoleName"],
        "name": data["RoleName"],
        "arn": data["Arn"],
        "uniqueId": data["RoleId"],
        "path": data["Path"],
        "description": data.get("Description", ""),
        "maxSessionDuration": data.get("MaxSessionDuration", 3600),
        "permissionsBoundary": data.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "assumeRolePolicy": dump(data["AssumeRolePolicyDocument"]),
        "createDate": moment(data["CreateDate"]),
        "roleLastUseds": [{"region": used["Region"], "lastUsedDate": moment(used.get("LastUsedDate"))}]
        if used.get("Region")
        else [],
        "tags": plain_tags(data.get("Tags")),
    }


def clusters(aws: Aws, args: Values) -> Values:
    name = args.get("region") or aws.region
    pages = aws.client("eks", name).get_paginator("list_clusters").paginate()
    return {"id": name, "region": name, "names": sorted(c for page in pages for c in page["clusters"])}


def cluster(aws: Aws, args: Values) -> Values:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html"""
    where = args.get("region") or aws.region
    data = aws.client("eks", where).describe_cluster(name=args["name"])["cluster"]
    access, vpc = data.get("accessConfig") or {}, data.get("resourcesVpcConfig") or {}
    logging = (data.get("logging") or {}).get("clusterLogging") or []
    issuer = ((data.get("identity") or {}).get("oidc") or {}).get("issuer")
    return {
        "id": data["name"],
        "name": data["name"],
        "region": where,
        "arn": data["arn"],
        "status": data.get("status", ""),
        "version": data.get("version", ""),
        "platformVersion": data.get("platformVersion", ""),
        "roleArn": data.get("roleArn", ""),
        "endpoint": data.get("endpoint", ""),
        "createdAt": str(data.get("createdAt", "")),
        "clusterId": data.get("id", ""),
        "deletionProtection": bool(data.get("deletionProtection", False)),
        "certificateAuthorities": [{"data": (data.get("certificateAuthority") or {}).get("data", "")}],
        "accessConfigs": [
            {
                "authenticationMode": access.get("authenticationMode", "CONFIG_MAP"),
                "bootstrapClusterCreatorAdminPermissions": bool(
                    access.get("bootstrapClusterCreatorAdminPermissions", False)
                ),
            }
        ],
        "identities": [{"oidcs": [{"issuer": issuer}]}] if issuer else [],
        "enabledClusterLogTypes": [t for block in logging if block.get("enabled") for t in block["types"]],
        "kubernetesNetworkConfigs": [_network(data.get("kubernetesNetworkConfig") or {})],
        "vpcConfig": {
            "clusterSecurityGroupId": vpc.get("clusterSecurityGroupId", ""),
            "controlPlaneEgressMode": vpc.get("controlPlaneEgressMode", ""),
            "endpointPrivateAccess": bool(vpc.get("endpointPrivateAccess", False)),
            "endpointPublicAccess": bool(vpc.get("endpointPublicAccess", True)),
            "publicAccessCidrs": vpc.get("publicAccessCidrs", []),
            "securityGroupIds": vpc.get("securityGroupIds", []),
            "subnetIds": vpc.get("subnetIds", []),
            "vpcId": vpc.get("vpcId", ""),
        },
        "tags": dict(data.get("tags") or {}),
        **{name: [] for name in _LEFT_EMPTY},
    }


_LEFT_EMPTY = (
    "computeConfigs",
    "controlPlaneScalingConfigs",
    "kubeApiServerConfigs",
    "kubeControllerManagerConfigs",
    "kubeSchedulerConfigs",
    "outpostConfigs",
    "remoteNetworkConfigs",
    "storageConfigs",
    "upgradePolicies",
    "zonalShiftConfigs",
)
"""Of no meaning to who may enter a cluster."""


def _network(config: Mapping[str, Any]) -> Values:
    return {
        "elasticLoadBalancings": [],
        "ipFamily": config.get("ipFamily", "ipv4"),
        "serviceIpv4Cidr": config.get("serviceIpv4Cidr", ""),
        "serviceIpv6Cidr": config.get("serviceIpv6Cidr", ""),
    }


FUNCTIONS: dict[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": Function("reading STS Caller Identity", caller_identity),
    "aws:index/getPartition:getPartition": Function("reading STS Partition", partition),
    "aws:index/getRegion:getRegion": Function("reading EC2 Region", region, ("name", "region")),
    "aws:iam/getRole:getRole": Function("reading IAM Role", role, ("name", "tags")),
    "aws:eks/getCluster:getCluster": Function("reading EKS Cluster", cluster, ("name", "tags")),
    "aws:eks/getClusters:getClusters": Function("reading EKS Clusters", clusters),
}

ANY = {"$ref": "pulumi.json#/Any"}


def function_schema(token: str) -> Values:
    """A function's arguments and, by the names that the SDK declares, its results."""
    name = token.rpartition(":")[2]
    declared = input_properties(sdk_module(token), f"G{name.removeprefix('g')}Result") or {}
    return {
        "inputs": {"properties": dict.fromkeys((*FUNCTIONS[token].arguments, "region"), ANY)},
        "outputs": {"properties": dict.fromkeys(declared, ANY)},
    }
