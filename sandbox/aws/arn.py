"""Amazon Resource Names, as far as EKS, IAM and STS look into them.

Not `eks_access.model.arn`: with the parser of the program under test, a mistake in it would be made on both sides and
no test would show it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arn:
    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn | None":
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            return None
        return cls(*parts[1:])

    @property
    def kind(self) -> str:
        return self.resource.split("/", 1)[0]

    @property
    def name(self) -> str:
        """The last path segment: what IAM calls the name of a role or user."""
        return self.resource.rsplit("/", 1)[-1]
