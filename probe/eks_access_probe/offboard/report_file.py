"""The report as a file: written in one step, read again to continue from it, and its schema."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import from_json

from eks_access.errors import EksAccessError
from eks_access.manifest.models import format_first_error

from .report import SCHEMA_VERSION, OffboardReport

_COMMAND = "`eks-access offboard`"


class OffboardReportError(EksAccessError, ValueError):
    """The file is not a report of an off-boarding that can be continued."""


def encode_report(report: OffboardReport) -> str:
    return report.model_dump_json(by_alias=True, indent=2) + "\n"


def write_report(path: Path, report: OffboardReport) -> None:
    """Writes the report in one step, so that a killed run leaves the old one or the new one.

    Raises:
        OSError: it cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    new.write_text(encode_report(report), encoding="utf-8")
    new.replace(path)


def read_report(path: Path) -> OffboardReport:
    """The report in a file.

    Raises:
        OffboardReportError: it cannot be read, or is none.
    """
    try:
        value = from_json(path.read_bytes())
    except OSError as cause:
        raise OffboardReportError(f"--report: {path}: {cause.strerror}") from cause
    except ValueError as cause:
        raise OffboardReportError(f"--report: {path} is not JSON, so it is not a report of {_COMMAND}") from cause
    version = value.get("schemaVersion") if isinstance(value, dict) else None
    if version != SCHEMA_VERSION:
        raise OffboardReportError(
            f"--report: {path} has schemaVersion {version!r}, and this eks-access reads {SCHEMA_VERSION}:"
            " name another file"
        )
    try:
        return OffboardReport.model_validate(value)
    except ValidationError as invalid:
        raise OffboardReportError(
            f"--report: {path} is not a complete report of {_COMMAND}; {format_first_error(invalid)}"
        ) from None


def json_schema() -> dict[str, Any]:
    """The JSON schema of the report."""
    return {"$schema": GenerateJsonSchema.schema_dialect, **OffboardReport.model_json_schema(mode="serialization")}
