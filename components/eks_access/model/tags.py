"""Tags, validated against the limits of IAM and EKS before anything is created.

https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html#tag-restrictions
"""

import re
from collections.abc import Mapping

from ..errors import InvalidInputError
from .placeholders import is_known

ROLE_ID_TAG = "eks-access:role-id"
"""The tag of an access entry with its role's unique id. EKS authenticates that id, not the ARN, so an entry must be
replaced with its role, and an entry by itself shows which role it is of:
https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html"""

LIMIT = 50
KEY_LENGTH = 128
VALUE_LENGTH = 256
_ALLOWED = re.compile(r"[\w\s.:/=+\-@]*")
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html"""


def validate_tags(path: str, tags: Mapping[str, str]) -> Mapping[str, str]:
    """Validates tags, except values that are not known yet.

    Raises:
        InvalidInputError: there are too many, or AWS would not accept a key or a value.
    """
    if len(tags) > LIMIT - 1:
        raise InvalidInputError(
            path, f"{len(tags)} tags", f"is over {LIMIT - 1}: AWS allows {LIMIT}, and {ROLE_ID_TAG} is one of them"
        )
    for key, value in tags.items():
        _validate_key(path, key)
        if is_known(value) and (len(value) > VALUE_LENGTH or not _ALLOWED.fullmatch(value)):
            raise InvalidInputError(
                f"{path}.{key}",
                value,
                f"is not a tag value: up to {VALUE_LENGTH} letters, digits, blanks and _.:/=+-@ are allowed",
            )
    return tags


def _validate_key(path: str, key: str) -> None:
    if not 1 <= len(key) <= KEY_LENGTH or not _ALLOWED.fullmatch(key):
        raise InvalidInputError(
            path,
            key,
            f"is not a tag key: 1 to {KEY_LENGTH} letters, digits, blanks and _.:/=+-@ are allowed",
        )
    if key.lower().startswith("aws:"):
        raise InvalidInputError(path, key, "begins with 'aws:', which AWS reserves for itself")
    if key == ROLE_ID_TAG:
        raise InvalidInputError(
            path, key, "is reserved for the tag that ties an access entry to its role", "Choose another key."
        )
