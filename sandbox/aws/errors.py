"""An error answer of the EKS API: its exception type, HTTP status and message."""

from .asgi import Response


class EksError(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")

    def response(self) -> Response:
        # The restJson1 protocol names the error in this header:
        # https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
        return Response.of_json(self.status, {"message": self.message}, (b"x-amzn-errortype", self.code.encode()))


def invalid_parameter(message: str) -> EksError:
    return EksError("InvalidParameterException", message)


def invalid_request(message: str) -> EksError:
    return EksError("InvalidRequestException", message)


def not_found(message: str) -> EksError:
    return EksError("ResourceNotFoundException", message, 404)


def in_use(message: str) -> EksError:
    return EksError("ResourceInUseException", message, 409)
