"""AWS calls, evaluated: IAM's own simulation of the role's policies and its boundary, as the operator may ask for it.

The simulation knows organizations' policies, but no resource policies, no session policies and no trust policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from botocore.exceptions import ClientError

from eks_access.manifest.models import AwsExpectation

from ..checks.aws import question
from ..checks.aws_errors import THROTTLING, answer_of, asked
from ..checks.check import Check
from ..identity.assume_role import Actor
from ..identity.aws_clients import Aws
from ..outcome import Answer, Verdict
from . import evaluated
from .simulation_request import AmbiguousRequestError, Requested, requested

BY = "iam:SimulatePrincipalPolicy"


def checks(aws: Aws, operator: Actor, partition: str, account: str) -> list[Check]:
    return [_check(aws, operator, expectation, partition, account) for expectation in operator.access.aws]


def _check(aws: Aws, operator: Actor, e: AwsExpectation, partition: str, account: str) -> Check:
    region = e.region or operator.region

    def ask() -> Answer:
        try:
            wanted = requested(e.action, e.parameters, partition=partition, account=account, region=region)
        except AmbiguousRequestError as unclear:
            return Answer(Verdict.COULD_NOT_ASK, None, "", str(unclear))
        return asked(lambda: _simulated(aws, operator, e.action, wanted), refused)

    return Check(evaluated(question(operator, e, region), BY), ask)


def _simulated(aws: Aws, operator: Actor, action: str, wanted: Requested) -> Answer:
    """The answer on all the resources: allowed is what is allowed on each."""
    iam = aws.client("iam", operator.region, operator.operator_keys())
    context = [
        {
            "ContextKeyName": key,
            "ContextKeyValues": list(values),
            "ContextKeyType": "string" if len(values) == 1 else "stringList",
        }
        for key, values in wanted.context.items()
    ]
    answers = []
    for resource in wanted.resources:
        (result,) = iam.simulate_principal_policy(
            PolicySourceArn=operator.access.role.arn,
            ActionNames=[action],
            ResourceArns=[resource],
            ContextEntries=context,
        )["EvaluationResults"]
        answers.append(_judged(result["EvalDecision"], resource, result.get("MissingContextValues", [])))
    by_rank = (Verdict.COULD_NOT_ASK, Verdict.DENIED, Verdict.ALLOWED)
    return min(answers, key=lambda answer: by_rank.index(answer.verdict))


def _judged(decision: str, resource: str, missing: list[str]) -> Answer:
    if missing:
        words = f"a policy has conditions on {', '.join(missing)}, which are not known before the call is made"
        return Answer(Verdict.COULD_NOT_ASK, None, decision, words)
    match decision:
        case "allowed":
            return Answer(Verdict.ALLOWED, None, decision, f"on {resource}")
        case "implicitDeny" | "explicitDeny":
            return Answer(Verdict.DENIED, None, decision, f"on {resource}")
        case _:
            return Answer(Verdict.COULD_NOT_ASK, None, decision, "an answer that this version does not know")


def refused(error: ClientError) -> Answer:
    """What it means that the operator got an error: nothing about the integration, whatever it is."""
    answer = answer_of(error)
    throttled = answer.reason in THROTTLING or answer.status == 429
    return answer(Verdict.THROTTLED if throttled else Verdict.COULD_NOT_ASK, "the operator's own request failed: ")
