"""What to do about an outcome that is not as expected."""

from eks_access.manifest.models import IntegrationAccess
from eks_access.model.identity import EntryMethod

from ..outcome import Outcome, Plane, Result, Verdict

_DRIFT = "`pulumi preview --refresh` shows what changed since the deployment, `pulumi up --refresh` repairs it."


def advice(outcome: Outcome, access: IntegrationAccess) -> str:
    """The way out, in one or two sentences; empty where there is nothing to say."""
    verdict = outcome.answer.verdict
    if outcome.waits_for or outcome.result is Result.AS_EXPECTED:
        return ""
    match verdict:
        case Verdict.UNREACHABLE:
            return (
                "Nothing answered at that address. For a cluster: is its endpoint private, and are you in its network?"
                " For AWS: is the endpoint right, and does anything listen there?"
            )
        case Verdict.THROTTLED:
            return "Too many calls at once. Run again with a lower --concurrency."
        case Verdict.COULD_NOT_ASK:
            return "This proves nothing either way. Remove the hindrance named above and run again."
        case _ if outcome.question.plane is Plane.TRUST:
            return _about_trust(outcome)
        case _ if outcome.question.plane is Plane.AWS:
            return _about_aws(outcome)
        case _:
            return _about_cluster(outcome, access)


def _about_trust(outcome: Outcome) -> str:
    if outcome.answer.verdict is Verdict.ALLOWED:
        return f"The role's trust policy lets in more than was declared. {_DRIFT}"
    return (
        "Either the role's trust policy is not the declared one, or the identity tried is not the vendor's:"
        f" compare the principal and the conditions with the vendor's own values. {_DRIFT}"
    )


def _about_aws(outcome: Outcome) -> str:
    if outcome.answer.verdict is Verdict.ALLOWED:
        return (
            "Another policy of the role grants it: look at the policies attached to the role and at resource policies"
            f" that name it. {_DRIFT}"
        )
    return (
        "The role's policy lacks it, or a permissions boundary or an organization's policy takes it away;"
        f" the message says which. {_DRIFT}"
    )


def _about_cluster(outcome: Outcome, access: IntegrationAccess) -> str:
    cluster = access.clusters[outcome.question.cluster or ""]
    if cluster.method is EntryMethod.EKS_CONNECTOR:
        return f"The connector's service account, its bindings or its viewers' are not as declared. {_DRIFT}"
    entry = (
        f"`aws eks describe-access-entry --cluster-name {cluster.name} --principal-arn {access.role.arn}`"
        if cluster.method is EntryMethod.ACCESS_ENTRY
        else "`kubectl get configmap aws-auth --namespace kube-system --output yaml`"
    )
    if outcome.answer.verdict is Verdict.NOT_AUTHENTICATED:
        return (
            f"The cluster does not know the role: its entry is missing, or is of a role that was made anew since."
            f" See {entry}. {_DRIFT}"
        )
    if outcome.answer.differences:
        return f"The cluster knows the role as another user than declared. See {entry}. {_DRIFT}"
    if outcome.answer.verdict is Verdict.ALLOWED:
        return (
            "Something grants it to the user or its groups: look for other bindings"
            " (`kubectl get clusterrolebindings,rolebindings --all-namespaces --output wide`), wider ClusterRoles and"
            f" associated access policies. {_DRIFT}"
        )
    return f"The ClusterRole, its binding or the group in between is not as declared. {_DRIFT}"
