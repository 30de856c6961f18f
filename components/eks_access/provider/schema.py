"""The package schema's part for the resources of this package's own; that of the components is inferred.

https://www.pulumi.com/docs/iac/using-pulumi/pulumi-packages/schema/
"""

from typing import Any

_STRINGS = {"type": "array", "items": {"type": "string"}}

_INPUTS: dict[str, Any] = {
    "kubeconfig": {
        "type": "string",
        "description": "How the deployment reaches the cluster, as text. Kept as a secret if it holds one.",
    },
    "clusterName": {"type": "string", "description": "The cluster's name; part of the resource's id."},
    "roleArn": {"type": "string", "description": "The role, with or without its path."},
    "username": {
        "type": "string",
        "description": "The user name that the role gets. `{{SessionName}}`, `{{SessionNameRaw}}`, `{{AccountID}}` and"
        " `{{AccessKeyID}}` are replaced when it signs in.",
    },
    "groups": {**_STRINGS, "description": "The groups that the role gets."},
    "adopt": {
        "type": "boolean",
        "description": "Take over a mapping of this role that is there with other values, instead of refusing.",
    },
}

WRITTEN_MAPPING_TOKEN = "eks-access:index:WrittenMapping"

TYPES: dict[str, Any] = {
    WRITTEN_MAPPING_TOKEN: {
        "type": "object",
        "description": "An entry as it stands in aws-auth.",
        "properties": {
            "rolearn": {"type": "string", "description": "The role's ARN without its path, as STS reports it."},
            "username": {"type": "string"},
            "groups": _STRINGS,
        },
        "required": ["groups", "rolearn", "username"],
    }
}

AWS_AUTH_MAPPING: dict[str, Any] = {
    "description": "One role's mapping in `kube-system/aws-auth`. Only this entry is written, and only if what the"
    " authenticator reads for everyone else stays the same; destroying gives back exactly what was written. Import it"
    " with the id `<cluster name>/<role ARN>` and KUBECONFIG naming a file that leads to the cluster.",
    "inputProperties": _INPUTS,
    "requiredInputs": ["clusterName", "kubeconfig", "roleArn", "username"],
    "properties": {
        **_INPUTS,
        "mapping": {"$ref": f"#/types/{WRITTEN_MAPPING_TOKEN}", "description": "The entry as it was written."},
        "warnings": {**_STRINGS, "description": "What was found in aws-auth when the entry was written."},
    },
    "required": ["adopt", "clusterName", "groups", "kubeconfig", "mapping", "roleArn", "username", "warnings"],
}
