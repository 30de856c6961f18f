"""The base of all exceptions of this project, and the one for invalid input."""


class EksAccessError(Exception):
    """Any error whose message is meant for the user: it says what is wrong and what to do."""


class InvalidInputError(EksAccessError, ValueError):
    """An input that AWS, Kubernetes or this package does not accept, raised before anything is created.

    Attributes:
        path: where the input is, as the user wrote it (`clusters.api.name`).
        value: the value given; None if it must not be repeated (a secret), or if none was given.
        problem: what is wrong with it, and what is allowed.
        advice: what to do about it; may be empty.
    """

    def __init__(self, path: str, value: object, problem: str, advice: str = "") -> None:
        self.path = path
        self.value = value
        self.problem = problem
        self.advice = advice
        given = f" is {value!r}, which" if value is not None else ""
        super().__init__(f"{path}{given} {problem}." + (f" {advice}" if advice else ""))
