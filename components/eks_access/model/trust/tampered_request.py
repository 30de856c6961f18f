"""The ways in which a request to assume a role can be tampered with; every such request must be refused."""

from typing import Literal

TamperedRequest = Literal[
    "external-id-missing",
    "external-id-wrong",
    "audience-wrong",
    "subject-wrong",
    "forged",
    "another-session-name",
    "non-sso-principal",
    "stranger",
]
