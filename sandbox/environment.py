"""What a client process needs to live in the sandbox: environment variables and the identities file.
Nothing else.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .aws.identity_provider import FORGED, GOOGLE, SERVICE_ACCOUNTS
from .aws.ministack_client import REGION
from .aws.people import ADMINISTRATOR, CORPORATE, DEVELOPER
from .ports import HOST
from .state import VARIABLE, Runtime, State, checkout

OPENTRACE_AUDIENCE = "1234567890-sandbox.apps.googleusercontent.com"
OPENTRACE_SUBJECT = "110169484474386276334"
STS_AUDIENCE = "sts.amazonaws.com"
KEYLESS_CLUSTER, KEYLESS_NAMESPACE, KEYLESS_ACCOUNT = "dev-api", "conductorone-keyless", "conductorone-keyless"
"""Where the connector without keys runs, and its service account there."""
ONPREM = "dev-configmap"
"""The cluster that Pulumi.dev.yaml connects under another name, as one outside of EKS."""
PASSPHRASE = "sandbox"
"""Of the file backend's secrets. The stacks of a sandbox hold nothing that is worth more."""
ENDPOINT_PREFIX = "AWS_ENDPOINT_URL_"
UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "PULUMI_ACCESS_TOKEN",
)
"""Would take a client out of the sandbox, or make it someone else."""


def client_environment(state: State, runtime: Runtime, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables to set."""
    key_id, secret = runtime.access_keys["deployer"]
    path = [str(state.bin), runtime.bin_dir, str(Path(sys.executable).parent), environ.get("PATH", "")]
    no_proxy = [HOST, "localhost", *filter(None, [environ.get("NO_PROXY")])]
    return {
        VARIABLE: str(state.folder),
        "AWS_ENDPOINT_URL": runtime.endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(state.aws / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(state.aws / "credentials"),
        "PULUMI_HOME": str(state.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{state.pulumi_backend}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING": "true",
        "EKS_ACCESS_IDENTITIES": str(state.identities),
        "NO_PROXY": ",".join(no_proxy),
        "no_proxy": ",".join(no_proxy),
        "PATH": os.pathsep.join(path),
    }


def names_to_unset(environ: Mapping[str, str]) -> list[str]:
    return sorted({*UNSET, *(name for name in environ if name.startswith(ENDPOINT_PREFIX))})


def applied(state: State, runtime: Runtime, environ: Mapping[str, str]) -> dict[str, str]:
    """A whole environment for a child process."""
    gone = set(names_to_unset(environ))
    kept = {name: value for name, value in environ.items() if name not in gone}
    return kept | client_environment(state, runtime, environ)


def exports(state: State, runtime: Runtime, environ: Mapping[str, str]) -> str:
    """For `eval "$(python -m sandbox env)"`."""
    lines = [f"unset {name}" for name in names_to_unset(environ)]
    wanted = client_environment(state, runtime, environ)
    return "\n".join(lines + [f"export {name}={shlex.quote(value)}" for name, value in wanted.items()])


def write_command(state: State) -> Path:
    """`sandbox` in the state's bin folder: this command line, from any folder and for this sandbox."""
    path = state.bin / "sandbox"
    path.write_text(
        "#!/bin/sh\n"
        f"export PYTHONPATH={shlex.quote(str(checkout()))}${{PYTHONPATH:+:$PYTHONPATH}}\n"
        f"export {VARIABLE}={shlex.quote(str(state.folder))}\n"
        f'exec {shlex.quote(sys.executable)} -m sandbox "$@"\n'
    )
    path.chmod(0o755)
    return path


def identities(command: Path, kubectl: tuple[str, ...], onprem: Path) -> dict[str, Any]:
    """The credentials that the probe assumes each role with.

    Tokens are minted when they are requested; those of a service account by its own cluster, with `kubectl`.
    """

    def workload(audience: str, service_account: str = KEYLESS_ACCOUNT) -> dict[str, list[str]]:
        asked = ("--namespace", KEYLESS_NAMESPACE, "create", "token", service_account, "--audience", audience)
        return {"command": [*kubectl, *asked]}

    def mint(audience: str, subject: str, *more: str, issuer: str = GOOGLE) -> dict[str, list[str]]:
        options = ["--issuer", issuer, "--audience", audience, "--subject", subject, *more]
        return {"command": [str(command), "mint-token", *options]}

    def mint_assertion(*more: str) -> dict[str, list[str]]:
        wanted = ["--role", "{role_arn}", "--provider-arn", "{saml_provider_arn}", "--session-name", DEVELOPER]
        return {"command": [str(command), "mint-assertion", "--provider", CORPORATE, *wanted, *more]}

    return {
        "version": 1,
        "integrations": {
            "opentrace": {
                "web_identity": {
                    "token": mint(OPENTRACE_AUDIENCE, OPENTRACE_SUBJECT),
                    "wrong_audience": mint("somebody-else.apps.googleusercontent.com", OPENTRACE_SUBJECT),
                    "wrong_subject": mint(OPENTRACE_AUDIENCE, "100000000000000000001"),
                    "forged": mint(OPENTRACE_AUDIENCE, OPENTRACE_SUBJECT, "--signed-by", FORGED),
                }
            },
            "conductorone": {"profile": "conductorone"},
            "conductorone-keys": {"profile": "baton-eks"},
            "conductorone-keyless": {
                "web_identity": {
                    "token": workload(STS_AUDIENCE),
                    "wrong_audience": workload("vault"),
                    "wrong_subject": workload(STS_AUDIENCE, service_account="default"),
                    "forged": mint(
                        STS_AUDIENCE,
                        f"system:serviceaccount:{KEYLESS_NAMESPACE}:{KEYLESS_ACCOUNT}",
                        *("--signed-by", FORGED),
                        issuer=SERVICE_ACCOUNTS,
                    ),
                }
            },
            "cado": {"profile": "cado"},
            "apono-sso": {
                "sso": {
                    "profile": "jane-sso",
                    "session_name": DEVELOPER,
                    "another": ADMINISTRATOR,
                    "not_sso": "jane-elsewhere",
                }
            },
            "apono-saml": {
                "saml": {
                    "assertion": mint_assertion(),
                    "wrong_audience": mint_assertion("--recipient", "https://signin.amazonaws-us-gov.com/saml"),
                    "forged": mint_assertion("--signed-by", FORGED),
                }
            },
            "eks-connector": {"operator": {"profile": "deployer", "kubeconfigs": {"onprem": str(onprem)}}},
        },
        "stranger": {"profile": "stranger"},
    }


def write_identities(state: State, kubectl: Path) -> None:
    asking = (str(kubectl), "--kubeconfig", str(state.kubeconfig(KEYLESS_CLUSTER)))
    content = identities(write_command(state), asking, state.kubeconfig(ONPREM))
    state.identities.write_text(yaml.safe_dump(content, sort_keys=False))
