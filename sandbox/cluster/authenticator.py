"""aws-iam-authenticator as EKS runs it: access entries first, then `aws-auth` where the mode reads it.

Both files are watched by the authenticator, so neither a new entry nor a new mode restarts it.
"""

import json
import os
from pathlib import Path
from typing import Any

BACKENDS = {
    "API": ("DynamicFile",),
    "API_AND_CONFIG_MAP": ("DynamicFile", "EKSConfigMap"),
    "CONFIG_MAP": ("DynamicFile", "EKSConfigMap"),
}
"""The first backend that maps the principal wins. In CONFIG_MAP mode the dynamic file holds the cluster's creator
only.
"""


def backend_mode(mode: str) -> str:
    return json.dumps({"backendMode": " ".join(BACKENDS[mode])})


def configuration(cluster: str, dynamic_file: Path, backend_file: Path) -> dict[str, Any]:
    return {
        "clusterID": cluster,
        "server": {
            "dynamicfilepath": str(dynamic_file),
            # Match the unique id, not the ARN: a role that was deleted and made again is another principal.
            "dynamicfileuseridstrict": True,
            "dynamicbackendmodepath": str(backend_file),
        },
    }


def write_watched(path: Path, text: str) -> None:
    """Replace the content in one write, in the same inode.

    The authenticator's watch stops for a second when the file is renamed over, and reads a truncated file
    when it is emptied first (pkg/fileutil). JSON allows the trailing blanks that cover a longer
    predecessor.
    """
    content = text.encode()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, content.ljust(os.fstat(descriptor).st_size), 0)
    finally:
        os.close(descriptor)
