"""The report as JSON: written, read again, and its schema."""

from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import from_json

from eks_access.errors import EksAccessError
from eks_access.manifest.models import format_first_error

from .interface import FullReport, ReportFormat
from .models import SCHEMA_VERSION, Report

_COMMAND = "`eks-access probe --json FILE`"


class ReportFileError(EksAccessError, ValueError):
    """The file is not a report that this version reads."""


class JsonReport(ReportFormat):
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, full: FullReport) -> None:
        self._stream.write(full.report.model_dump_json(by_alias=True, indent=2) + "\n")


def read_report(path: str | Path) -> Report:
    """The report in a file that `eks-access probe --json FILE` wrote.

    Raises:
        ReportFileError: the file cannot be read, is not a report, or is one of another version.
    """
    try:
        value = from_json(Path(path).read_bytes())
    except OSError as cause:
        raise ReportFileError(f"{path}: {cause.strerror}") from cause
    except ValueError as cause:
        raise ReportFileError(f"{path}: is not JSON, so it is not a report of {_COMMAND}") from cause
    version = value.get("schemaVersion") if isinstance(value, dict) else None
    if version is None:
        raise ReportFileError(f"{path}: has no schemaVersion, so it is not a report of {_COMMAND}")
    if version != SCHEMA_VERSION:
        raise ReportFileError(
            f"{path}: has schemaVersion {version!r}, and this eks-access reads {SCHEMA_VERSION}:"
            f" write it again with {_COMMAND}"
        )
    try:
        return Report.model_validate(value)
    except ValidationError as invalid:
        raise ReportFileError(
            f"{path}: is not a complete report of {_COMMAND}; {format_first_error(invalid)}"
        ) from None


def json_schema() -> dict[str, Any]:
    """The JSON schema of the report."""
    return {"$schema": GenerateJsonSchema.schema_dialect, **Report.model_json_schema(mode="serialization")}
