"""The base of this project's errors, and the one for an invalid input: property, value, what is allowed, what to do."""


class EksAccessError(Exception):
    """Any error whose message is meant for the user: it says what is wrong and what to do."""


class InvalidInputError(EksAccessError, ValueError):
    """An input that AWS, Kubernetes or this package will not accept, told before anything is created.

    Attributes:
        property: the input's name as the user wrote it, with its path (`clusters.api.name`).
        value: what was given; None where it must not be repeated (a secret) or nothing was given.
        problem: what is wrong with it, and what is allowed.
        advice: what to do about it; may be empty.
    """

    def __init__(self, property: str, value: object, problem: str, advice: str = "") -> None:
        self.property = property
        self.value = value
        self.problem = problem
        self.advice = advice
        given = f" is {value!r}, which" if value is not None else ""
        super().__init__(f"{property}{given} {problem}." + (f" {advice}" if advice else ""))
