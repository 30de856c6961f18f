"""What to do about an outcome that is not as expected."""

from eks_access.manifest.models import IntegrationAccess
from eks_access.model.identity import EntryMethod
from eks_access.shell_command import format_command

from ..outcome import Outcome, Plane, Result, Verdict

_DRIFT = "`pulumi preview --refresh` shows the drift since the deployment; `pulumi up --refresh` repairs it."


def advise(outcome: Outcome, access: IntegrationAccess) -> str:
    """What to do, in one or two sentences; empty if the outcome is as expected or the check was skipped."""
    verdict = outcome.answer.verdict
    if outcome.waits_for or outcome.result is Result.AS_EXPECTED:
        return ""
    match verdict:
        case Verdict.UNREACHABLE:
            return (
                "There was no response from that address. For a cluster: if its endpoint is private, run from its"
                " network. For AWS: check the endpoint, and that a server listens there."
            )
        case Verdict.THROTTLED:
            return "Too many requests. Run again with a lower --concurrency."
        case Verdict.COULD_NOT_ASK:
            return "Inconclusive. Fix the problem above and run again."
        case _ if outcome.question.plane is Plane.TRUST:
            return _advise_on_trust(outcome)
        case _ if outcome.question.plane is Plane.AWS:
            return _advise_on_aws(outcome)
        case _:
            return _advise_on_cluster(outcome, access)


def _advise_on_trust(outcome: Outcome) -> str:
    if outcome.answer.verdict is Verdict.ALLOWED:
        return f"The role's trust policy allows more than was declared. {_DRIFT}"
    return (
        "Either the role's trust policy differs from the declared one, or the probe did not use the vendor's identity:"
        f" compare the principal and the conditions with the vendor's values. {_DRIFT}"
    )


def _advise_on_aws(outcome: Outcome) -> str:
    if outcome.answer.verdict is Verdict.ALLOWED:
        return (
            "Another policy grants it: check the policies attached to the role, and resource-based policies that name"
            f" it. {_DRIFT}"
        )
    return (
        "The role's policy does not allow it, or a permissions boundary or a service control policy denies it;"
        f" the message says which. {_DRIFT}"
    )


def _advise_on_cluster(outcome: Outcome, access: IntegrationAccess) -> str:
    cluster = access.clusters[outcome.question.cluster or ""]
    if cluster.method is EntryMethod.EKS_CONNECTOR:
        return (
            "The connector's service account, its bindings or those of its viewers differ from the declared ones."
            f" {_DRIFT}"
        )
    command = (
        format_command(
            "aws eks describe-access-entry", {"cluster-name": cluster.name, "principal-arn": access.role.arn}
        )
        if cluster.method is EntryMethod.ACCESS_ENTRY
        else "kubectl get configmap aws-auth --namespace kube-system --output yaml"
    )
    if outcome.answer.verdict is Verdict.NOT_AUTHENTICATED:
        return (
            "The cluster does not accept the role: its access entry or role mapping is missing, or the role was"
            f" recreated since. See `{command}`. {_DRIFT}"
        )
    if outcome.answer.differences:
        return f"The cluster maps the role to another user or other groups than declared. See `{command}`. {_DRIFT}"
    if outcome.answer.verdict is Verdict.ALLOWED:
        return (
            "Another grant to the user or its groups allows it: check for other bindings"
            " (`kubectl get clusterrolebindings,rolebindings --all-namespaces --output wide`), wider ClusterRoles and"
            f" associated access policies. {_DRIFT}"
        )
    return f"The ClusterRole, its binding or the group differs from the declared one. {_DRIFT}"
