"""How a change to aws-auth is refused: a code to act on, plain words, the line, and what to do."""

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
    """aws-auth is left as it is.

    Attributes:
        code: why, for programs.
        message: why, in plain words.
        advice: what to do about it; may be empty.
        line: where in the section, counting from 1; None where no single line is to blame.
        property: the mapping's property that is to blame (`rolearn`, `username`, `groups`); None otherwise.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        advice: str = "",
        line: int | None = None,
        property: str | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.advice = advice
        self.line = line
        self.property = property
        where = f" (line {line})" if line is not None else ""
        super().__init__(f"{message.removesuffix('.')}{where}." + (f" {advice}" if advice else ""))
