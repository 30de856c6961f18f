"""An environment with one cluster, and the responses of AWS and of the cluster to its examination."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

from botocore.awsrequest import AWSResponse

from eks_access.kubernetes.client import Response
from eks_access.stack.configuration import Environment
from eks_access.stack.environment_file import parse_file_configuration
from tests.support.vendors import ARGUMENTS
from tests.support.world import World, answer, status, text, xml_error

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/deployer"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/jane"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci/Deployer"
SERVER = "https://127.0.0.1:6443"
DENIED = "User: x is not authorized to perform: {action}"


def environment(mode: str | None = None, integrations: Mapping[str, Any] | None = None, **more: Any) -> Environment:
    cluster = {"name": "prod-0", **({"authentication_mode": mode} if mode else {})}
    config = {
        "p:aws": {"account": ACCOUNT, "region": "us-east-1", "endpoint": "loopback"},
        "p:clusters": {"prod": cluster},
        "p:integrations": {**(integrations or {}), **more} or {"opentrace": ARGUMENTS["opentrace"]},
    }
    return parse_file_configuration(config, "p")


class Answers:
    """What AWS and the cluster answer; everything is in order at first."""

    def __init__(self, world: World, certificate_authority: str) -> None:
        self.world = world
        self.caller = USER
        self.account = ACCOUNT
        self.user = "jane"
        self.behind = timedelta()
        """How far this machine is behind AWS."""
        self.cluster = {
            "name": "prod-0",
            "status": "ACTIVE",
            "endpoint": SERVER,
            "certificateAuthority": {"data": certificate_authority},
            "accessConfig": {"authenticationMode": "API"},
            "resourcesVpcConfig": {"endpointPublicAccess": True, "endpointPrivateAccess": True},
        }
        self.denied: set[str] = set()
        """Actions that the simulation denies."""
        self.reviews: Callable[[dict[str, Any]], bool] = lambda attributes: True
        self.rules: list[dict[str, Any]] = []
        self.simulated: list[dict[str, list[str]]] = []
        world.answers |= {
            "GetCallerIdentity": self._identify,
            "DescribeCluster": lambda _: json_answer({"cluster": self.cluster}),
            "ListClusters": lambda _: json_answer({"clusters": ["prod-0"]}),
            "SimulatePrincipalPolicy": self._simulate,
            "GetRole": lambda _: iam(
                "GetRole", f"<Role><Path>/ci/</Path><RoleName>Deployer</RoleName><Arn>{ROLE}</Arn></Role>"
            ),
        }

    def _identify(self, _: Any) -> AWSResponse:
        inner = f"<Arn>{self.caller}</Arn><UserId>AIDA</UserId><Account>{self.account}</Account>"
        return dated(
            self.behind,
            f"<GetCallerIdentityResponse><GetCallerIdentityResult>{inner}</GetCallerIdentityResult></GetCallerIdentityResponse>",
        )

    def _simulate(self, request: Any) -> AWSResponse:
        form = parse_qs(text(request.body))
        self.simulated.append(form)
        actions = [form[key][0] for key in sorted(form) if key.startswith("ActionNames.")]
        results = "".join(
            f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>arn:aws:x</EvalResourceName>"
            f"<EvalDecision>{'implicitDeny' if action in self.denied else 'allowed'}</EvalDecision></member>"
            for action in actions
        )
        return iam(
            "SimulatePrincipalPolicy",
            f"<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>",
        )

    def review(self, body: dict[str, Any]) -> Response:
        """The cluster's answer to a review."""
        kind, spec = body["kind"], body.get("spec", {})
        if kind == "SelfSubjectReview":
            return created({"userInfo": {"username": self.user}})
        if kind == "SelfSubjectRulesReview":
            return created({"resourceRules": self.rules, "nonResourceRules": [], "incomplete": True})
        attributes = spec.get("resourceAttributes") or spec["nonResourceAttributes"]
        return created({"allowed": self.reviews(attributes)})


def json_answer(value: Any) -> AWSResponse:
    return answer(200, json.dumps(value).encode(), "application/json")


def iam(action: str, inner: str) -> AWSResponse:
    head = f'<{action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{action}Result>'
    return answer(200, f"{head}{inner}</{action}Result></{action}Response>".encode())


def dated(behind: timedelta, body: str, code: int = 200) -> AWSResponse:
    """A response with the time of a server that this machine is behind."""
    return answer(code, body.encode(), headers={"date": format_datetime(datetime.now(UTC) + behind, usegmt=True)})


def refused(action: str) -> Callable[[Any], AWSResponse]:
    return lambda _: xml_error(403, "AccessDenied", DENIED.format(action=action))


def created(value: Any) -> Response:
    return Response(201, {}, json.dumps({"status": value}).encode())


def may(*allowed: str) -> Callable[[dict[str, Any]], bool]:
    """Allows these requests: `verb resource`."""
    return lambda asked: f"{asked['verb']} {asked.get('resource', '')}" in allowed


def unauthorized() -> Response:
    return status(401, "Unauthorized", "Unauthorized")


def names(findings: Collection[Any]) -> list[tuple[str, str]]:
    """Check and status of findings that are not in order."""
    return [(each.check, each.status) for each in findings if each.status not in ("ok", "not-needed")]
