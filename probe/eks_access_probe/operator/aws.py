"""Evaluated checks of a role in AWS: IAM's simulation of its policies and boundary, and its undeclared permissions.

The simulation includes organizations' policies, but no resource policies, no session policies and no trust policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from eks_access.manifest.models import AwsExpectation

from ..checks.aws import build_question
from ..checks.aws_errors import call_aws
from ..checks.check import Check
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Verdict
from . import role_policies
from .evaluation import classify_operator_error, mark_evaluated
from .simulation_request import AmbiguousRequestError, SimulationRequest, build_simulation_request

BY = "iam:SimulatePrincipalPolicy"


def build_role_checks(aws: Aws, operator: Actor, partition: str, account: str) -> list[Check]:
    """One check for each AWS call of the manifest, and one for undeclared permissions of the role."""
    simulated = [build_check(aws, operator, e, partition, account) for e in operator.access.aws]
    return [*simulated, role_policies.build_check(aws, operator)]


def build_check(aws: Aws, operator: Actor, e: AwsExpectation, partition: str, account: str) -> Check:
    """The check of one AWS call, whose authorization is evaluated with the operator's credentials."""
    region = e.region or operator.region

    def ask() -> Answer:
        try:
            request = build_simulation_request(
                e.action, e.parameters, partition=partition, account=account, region=region
            )
        except AmbiguousRequestError as error:
            return Answer(Verdict.COULD_NOT_ASK, None, "", str(error))
        return call_aws(lambda: _simulate(aws, operator, e.action, request), classify_operator_error)

    return Check(mark_evaluated(build_question(operator, e, region), BY), ask)


def _simulate(aws: Aws, operator: Actor, action: str, request: SimulationRequest) -> Answer:
    """The answer for all the resources: allowed if the action is allowed on each of them."""
    iam = aws.client("iam", operator.region, operator.operator_keys())
    context = [
        {
            "ContextKeyName": key,
            "ContextKeyValues": list(values),
            "ContextKeyType": "string" if len(values) == 1 else "stringList",
        }
        for key, values in request.context.items()
    ]
    answers = []
    for resource in request.resources:
        (result,) = iam.simulate_principal_policy(
            PolicySourceArn=operator.access.role.arn,
            ActionNames=[action],
            ResourceArns=[resource],
            ContextEntries=context,
        )["EvaluationResults"]
        absent = {key.lower() for key in request.absent}
        missing = [key for key in result.get("MissingContextValues", []) if key.lower() not in absent]
        answers.append(_classify_decision(result["EvalDecision"], resource, missing))
    by_precedence = (Verdict.COULD_NOT_ASK, Verdict.DENIED, Verdict.ALLOWED)
    return min(answers, key=lambda answer: by_precedence.index(answer.verdict))


def _classify_decision(decision: str, resource: str, missing: list[str]) -> Answer:
    if missing:
        message = f"a policy has conditions on {', '.join(missing)}, whose values are not known before the call"
        return Answer(Verdict.COULD_NOT_ASK, None, decision, message)
    match decision:
        case "allowed":
            return Answer(Verdict.ALLOWED, None, decision, f"on {resource}")
        case "implicitDeny" | "explicitDeny":
            return Answer(Verdict.DENIED, None, decision, f"on {resource}")
        case _:
            return Answer(Verdict.COULD_NOT_ASK, None, decision, "this decision is unknown to this version")
