"""Reading an earlier report to compare with."""

from pathlib import Path

from pydantic import ValidationError
from pydantic_core import from_json

from eks_access.errors import EksAccessError

from .json import SCHEMA_VERSION, Report


class BaselineError(EksAccessError, ValueError):
    """The file is no report that can be compared with; the message says why and what to do."""


def read(path: str) -> Report:
    """The report in a file that `eks-access probe --json FILE` wrote.

    Raises:
        BaselineError: it cannot be read, is of another version, or is no report.
    """
    try:
        value = from_json(Path(path).read_bytes())
    except OSError as cause:
        raise BaselineError(f"{path}: {cause.strerror}") from cause
    except ValueError as cause:
        raise BaselineError(f"{path}: is not JSON, so no report of `eks-access probe --json FILE`") from cause
    version = value.get("schemaVersion") if isinstance(value, dict) else None
    if version != SCHEMA_VERSION:
        found = "has no schemaVersion" if version is None else f"has schemaVersion {version!r}"
        raise BaselineError(
            f"{path}: {found}, and this eks-access reads {SCHEMA_VERSION}:"
            " write a new baseline with `eks-access probe --json FILE`"
        )
    try:
        return Report.model_validate(value)
    except ValidationError as invalid:
        error = invalid.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, error["loc"]))
        raise BaselineError(
            f"{path}: is no whole report of `eks-access probe --json FILE`; at {where}: {error['msg']}"
        ) from None
