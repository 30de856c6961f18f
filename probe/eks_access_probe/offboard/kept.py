"""What the proof needs after the removal and cannot get again: kept in a file of mode 0600, until it is not needed.

It has the integration's part of the manifest with its secrets, the credential that the role was assumed with, a session
of the role, and tokens of service accounts: all of them are to be refused. The report, which is to be kept and shown,
has none of it.
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError

from eks_access.base_models import CamelModel
from eks_access.manifest.models import IntegrationAccess

from ..identity.assume_role import RoleSession
from ..identity.aws_clients import Keys
from .report_file import OffboardReportError


class KeptToken(CamelModel):
    value: str
    expires_at: datetime


class KeptSession(CamelModel):
    access_key: str
    secret_key: str
    token: str | None
    arn: str
    expires_at: datetime | None

    @classmethod
    def of(cls, session: RoleSession) -> Self:
        keys = session.keys
        return cls(
            access_key=keys.access_key,
            secret_key=keys.secret_key,
            token=keys.token,
            arn=session.arn,
            expires_at=session.expires_at,
        )

    @property
    def role_session(self) -> RoleSession:
        return RoleSession(Keys(self.access_key, self.secret_key, self.token), self.arn, self.expires_at)


class Kept(CamelModel):
    """The content of the file."""

    access: dict[str, Any]
    credential: str | None = None
    """The token or assertion that the role was assumed with."""
    session: KeptSession | None = None
    tokens: dict[str, KeptToken] = Field(default_factory=dict)
    """Of service accounts, by the key of their cluster."""

    @property
    def integration(self) -> IntegrationAccess:
        return IntegrationAccess.model_validate(self.access)


def find_kept_file(report: Path) -> Path:
    """The file that belongs to a report; its name begins with a dot, and is not to be committed or shared."""
    return report.with_name(f".{report.name}.secret")


def write_kept(path: Path, kept: Kept) -> None:
    """Replaces the file, which is readable by its owner alone from its first moment on.

    Raises:
        OSError: it cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        new.unlink()
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(kept.model_dump_json(by_alias=True))
    new.replace(path)


def read_kept(path: Path) -> Kept | None:
    """What was kept; None if there is no such file.

    Raises:
        OffboardReportError: it cannot be read.
    """
    try:
        return Kept.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as cause:
        raise OffboardReportError(f"{path}: {cause.strerror}") from cause
    except ValidationError:
        raise OffboardReportError(
            f"{path} is not what a run of `eks-access offboard` kept: delete it, and the sessions cannot be tested"
        ) from None


def delete_kept(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
