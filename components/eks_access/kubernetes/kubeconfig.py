"""The kubeconfig with which a deployment signs in to a cluster: by its AWS credentials, with nothing secret in it."""

import json

TOKEN_COMMAND = "eks-access"
INSTALL_HINT = "eks-access signs in to the cluster: install it with `pip install eks-access` and have it on the PATH."


def kubeconfig(*, cluster_name: str, region: str, endpoint: str, certificate_authority: str) -> str:
    """A kubeconfig (JSON is YAML) whose user is an exec credential plugin: `eks-access token`.

    The command is named without a path, so that the text is the same on every machine.
    """
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": cluster_name,
                    "cluster": {"server": endpoint, "certificate-authority-data": certificate_authority},
                }
            ],
            "users": [
                {
                    "name": cluster_name,
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1",
                            "command": TOKEN_COMMAND,
                            "args": ["token", "--cluster-name", cluster_name, "--region", region],
                            "interactiveMode": "Never",
                            "installHint": INSTALL_HINT,
                        }
                    },
                }
            ],
            "contexts": [{"name": cluster_name, "context": {"cluster": cluster_name, "user": cluster_name}}],
            "current-context": cluster_name,
        },
        ensure_ascii=False,
    )
