"""The error for a change to aws-auth that is refused: code, message, line and advice."""

from enum import StrEnum

from ..errors import EksAccessError


class Code(StrEnum):
    """Why a change is refused. The values are part of the command's output and stay as they are."""

    INVALID_MAPPING = "invalid-mapping"
    UNREADABLE = "unreadable"
    TRAILING_CONTENT = "trailing-content"
    SEVERAL_DOCUMENTS = "several-documents"
    NOT_A_LIST = "not-a-list"
    CONFLICT = "conflict"
    DUPLICATES = "duplicates"
    PROTECTED = "protected"
    SHARED_ANCHOR = "shared-anchor"
    WOULD_CHANGE_OTHERS = "would-change-others"
    IMMUTABLE = "immutable"
    TOO_LARGE = "too-large"


class AwsAuthConflictError(EksAccessError):
    """A change to aws-auth is refused; nothing was written.

    Attributes:
        code: the reason, for programs.
        message: the reason, for users.
        advice: what to do about it; may be empty.
        line: the line of the section, counting from 1; None if the reason is not in a single line.
        field: the mapping's field that is invalid (`rolearn`, `username`, `groups`); None otherwise.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        advice: str = "",
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.advice = advice
        self.line = line
        self.field = field
        where = f" (line {line})" if line is not None else ""
        super().__init__(f"{message.removesuffix('.')}{where}." + (f" {advice}" if advice else ""))
