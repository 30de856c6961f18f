"""What all resources in a cluster have in common: the kubeconfig, and what happens when no API server responds."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import DeleteRequest, ReadRequest, ReadResponse

from ...errors import InvalidInputError
from ...kubernetes import kubeconfig
from ...kubernetes.client import ApiError, KubernetesApi, UnreachableError
from ...kubernetes.credentials import CredentialError
from ...kubernetes.kubeconfig import KubeconfigError
from ..errors import NotAvailableError, ProviderError
from ..handler import ResourceHandler
from ..properties import InputProperty

DELETE_UNREACHABLE = "PULUMI_K8S_DELETE_UNREACHABLE"
"""The environment variable that the official Kubernetes provider has for clusters that no longer exist.
https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/#deleteunreachable_yaml"""
CONTEXT_SEPARATOR = "//"
"""Between a context's name and the id in `<context>//<id>`, for imports from several clusters. No id contains it."""
_ADVICE = (
    f"If the cluster no longer exists, run this again with {DELETE_UNREACHABLE}=true: a refresh and a destroy then"
    " remove from the state, with a warning, what is in clusters that do not respond. Do not set it while a cluster is"
    " only unavailable: what is in it would stay there, and would no longer be known."
)


class Connections:
    """A client for each kubeconfig, shared by all resources: credentials are requested once for a cluster."""

    def __init__(self, connect: Callable[[str], KubernetesApi] = KubernetesApi.from_kubeconfig) -> None:
        self._connect = connect
        self._clients: dict[str, KubernetesApi] = {}
        self._lock = threading.Lock()

    def __call__(self, text: str) -> KubernetesApi:
        """The client for the current context of a kubeconfig.

        Raises:
            KubeconfigError: the text cannot be used.
        """
        with self._lock:
            if text not in self._clients:
                self._clients[text] = self._connect(text)
            return self._clients[text]


def validate_kubeconfig(path: str, value: Any) -> None:
    """Check that it is a kubeconfig. The value is never part of a message: it may contain a credential."""
    if not isinstance(value, str) or not value:
        raise InvalidInputError(path, None, "is not a non-empty string")
    if not kubeconfig.is_kubeconfig(value):
        raise InvalidInputError(
            path, None, "is not a kubeconfig: expected YAML or JSON with clusters, contexts and users"
        )


def build_kubeconfig_input(differs: Callable[[Any, Any], bool], *, is_replacing: bool = False) -> InputProperty:
    """The input `kubeconfig`. `differs` decides when another text is another cluster: credentials are renewed."""
    return InputProperty(
        "kubeconfig",
        "How the deployment reaches the cluster, as text. Kept as a secret if it contains one.",
        validate=validate_kubeconfig,
        is_required=True,
        is_replacing=is_replacing,
        differs=differs,
        is_secret=lambda value: isinstance(value, str) and kubeconfig.has_secret(value),
    )


def read_import_kubeconfig(context: str = "") -> str:
    """The kubeconfig for an import, which has no inputs yet: with the context of this name, or its current one.

    Raises:
        ProviderError: KUBECONFIG names no file that can be read, or one without the context.
    """
    try:
        text = kubeconfig.read_environment_kubeconfig()
        return kubeconfig.select_context(text, context) if context else text
    except KubeconfigError as error:
        raise ProviderError(f"an import reaches the cluster by the kubeconfig file in KUBECONFIG: {error}") from error


def _resolve_context(request: ReadRequest) -> ReadRequest:
    """The request to import from a cluster that its id names by a context of the file in KUBECONFIG."""
    context, _, identifier = request.resource_id.partition(CONTEXT_SEPARATOR)
    text = read_import_kubeconfig(context)
    found = PropertyValue(text, is_secret=kubeconfig.has_secret(text))
    return ReadRequest(request.urn, identifier, request.properties, {"kubeconfig": found})


class InClusterHandler(ResourceHandler):
    """The base of resources in a cluster.

    A cluster that no longer exists never responds, and one with an outage does not either. A refresh or destroy
    therefore fails, unless the user says that what cannot be reached is gone.
    """

    unavailable = (UnreachableError, CredentialError, KubeconfigError)
    advice: Mapping[int, str] = {}
    """What to do about a refusal of the API server, by its status."""

    def explain(self, error: Exception) -> str:
        if isinstance(error, ApiError):
            return f"the API server refused: {error}. {self.advice.get(error.status, '')}".rstrip()
        return str(error)

    def read(self, request: ReadRequest) -> ReadResponse:
        if not request.properties and CONTEXT_SEPARATOR in request.resource_id:
            request = _resolve_context(request)
        try:
            return super().read(request)
        except NotAvailableError as error:
            if self._is_given_up(error, request.urn, is_known=bool(request.properties)):
                return ReadResponse()
            raise

    def delete(self, request: DeleteRequest) -> None:
        try:
            super().delete(request)
        except NotAvailableError as error:
            if not self._is_given_up(error, request.urn, is_known=True):
                raise

    @contextmanager
    def translate_errors(self, subject: str) -> Iterator[None]:
        try:
            with super().translate_errors(subject):
                yield
        except NotAvailableError as error:
            if isinstance(error.__cause__, UnreachableError):
                raise NotAvailableError(f"{error} {_ADVICE}") from error.__cause__
            raise

    def _is_given_up(self, error: NotAvailableError, urn: str, *, is_known: bool) -> bool:
        """Is the resource to be forgotten, because its cluster does not respond and the user said what that means?"""
        if not is_known or not isinstance(error.__cause__, UnreachableError) or not is_delete_unreachable(os.environ):
            return False
        self._warn(
            urn,
            f"removed from the state, because {DELETE_UNREACHABLE} is set and {error.__cause__}. If the cluster still"
            " exists, the object is still in it.",
        )
        return True


def is_delete_unreachable(environ: Mapping[str, str]) -> bool:
    """Does the environment say that clusters that do not respond no longer exist?"""
    return environ.get(DELETE_UNREACHABLE, "").strip().lower() in ("true", "1")
