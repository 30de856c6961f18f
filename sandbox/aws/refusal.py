"""An error answer of the EKS API: its exception type, HTTP status and message."""

from .asgi import Response


class Refusal(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")

    def response(self) -> Response:
        # The restJson1 protocol names the error in this header:
        # https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
        return Response.of_json(self.status, {"message": self.message}, (b"x-amzn-errortype", self.code.encode()))


def invalid_parameter(message: str) -> Refusal:
    return Refusal("InvalidParameterException", message)


def invalid_request(message: str) -> Refusal:
    return Refusal("InvalidRequestException", message)


def not_found(message: str) -> Refusal:
    return Refusal("ResourceNotFoundException", message, 404)


def in_use(message: str) -> Refusal:
    return Refusal("ResourceInUseException", message, 409)
