"""Arguments for every vendor of the package."""

from typing import Any

from tests.support.checkout import EXAMPLES

ARGUMENTS: dict[str, dict[str, Any]] = {
    "apono": {"federation": "sso"},
    "cado": {"platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"], "namespaces": ["payments"]},
    "conductorone": {"external_id": "c1-x"},
    "custom": {
        "definition": str(EXAMPLES / "custom/cloudquery.yaml"),
        "arguments": {"principal_arn": "arn:aws:iam::444455556666:role/acme-cloudquery", "external_id": "cq-x"},
    },
    "eks-connector": {"viewers": {"platform": {"arn": "arn:aws:iam::111122223333:role/Platform"}}},
    "opentrace": {"client_id": "1.apps.googleusercontent.com", "subject": "11"},
}
