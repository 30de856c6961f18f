"""How a request to assume a role can differ from the one that is meant; every such request must be refused."""

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
