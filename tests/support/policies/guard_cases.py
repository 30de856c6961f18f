"""Changes of access in small stacks, with what the review and the pack have to say of each.

Each case is one kind of change that is overlooked by reading only the types and bindings that one knows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.review_stacks import ACCOUNT, UNKNOWN, allow, document, trust


@dataclass(frozen=True)
class State:
    """A resource of a state."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] | None = None
    """What the provider adds to the inputs."""
    provider: str = ""

    @property
    def exported(self) -> dict[str, Any]:
        urn = f"urn:pulumi:prod::proj::{self.type}::{self.name}"
        outputs = {**self.inputs, **(self.outputs or {})}
        reference = f"urn:pulumi:prod::proj::pulumi:providers:kubernetes::{self.provider}::id"
        provider = {"provider": reference} if self.provider else {}
        return {"urn": urn, "custom": True, "type": self.type, "inputs": self.inputs, "outputs": outputs, **provider}


@dataclass(frozen=True)
class GuardCase:
    """A stack before and after a change."""

    name: str
    review: str
    """What the review has to report: a `gain`, `unknown`, `some` (either of them), or `nothing`."""
    is_found: bool
    """Whether the pack has to find something that it did not find before."""
    before: Sequence[State]
    after: Sequence[State]

    def export(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Both stacks as `pulumi stack export` prints them."""
        return _export(self.before), _export(self.after)


def _export(resources: Sequence[State]) -> dict[str, Any]:
    stack = State("pulumi:pulumi:Stack", "proj-prod", {})
    return {"version": 3, "deployment": {"resources": [each.exported for each in (stack, *resources)]}}


RBAC = "rbac.authorization.k8s.io"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def _iam(kind: str, name: str, **inputs: Any) -> State:
    type = f"aws:iam/{kind[0].lower()}{kind[1:]}:{kind}"
    arns = {"Role": "role", "User": "user", "Policy": "policy"}
    outputs = {"arn": f"arn:aws:iam::{ACCOUNT}:{arns[kind]}/{name}"} if kind in arns else None
    return State(type, name, {**({"name": name} if kind in (*arns, "Group") else {}), **inputs}, outputs)


def _role(**inputs: Any) -> State:
    return _iam("Role", "vendor", assumeRolePolicy=json.dumps(trust()), **inputs)


def _policy(name: str, *actions: str) -> State:
    return _iam("Policy", name, policy=json.dumps(document(allow(*actions))))


def _entry(*groups: str, name: str = "vendor", cluster: str = "prod") -> State:
    arn = f"arn:aws:iam::{ACCOUNT}:role/vendor"
    inputs = {"clusterName": cluster, "principalArn": arn, "kubernetesGroups": list(groups), "type": "STANDARD"}
    return State("aws:eks/accessEntry:AccessEntry", name, inputs)


def _mapping(username: str, *groups: str) -> State:
    arn = f"arn:aws:iam::{ACCOUNT}:role/vendor"
    inputs = {"clusterName": "prod", "roleArn": arn, "username": username, "groups": list(groups), "kubeconfig": "x"}
    return State("eks-access:index:AwsAuthMapping", "m", inputs)


def _aws_auth(**data: str) -> State:
    metadata = {"name": "aws-auth", "namespace": "kube-system"}
    return State("kubernetes:core/v1:ConfigMap", "aws-auth", {"metadata": metadata, "data": data})


def _rbac(kind: str, name: str, *, of: str = "", provider: str = "", labels: Any = None, **inputs: Any) -> State:
    """An object of RBAC. `of` is its name in the cluster, if that is not the resource's."""
    metadata = {"name": of or name, **({"labels": labels} if labels else {})}
    return State(f"kubernetes:{RBAC}/v1:{kind}", name, {"metadata": metadata, **inputs}, provider=provider)


def _binding(role: str, name: str = "b", provider: str = "") -> State:
    subject = {"kind": "Group", "name": "g", "apiGroup": RBAC}
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    return _rbac("ClusterRoleBinding", name, of="b", provider=provider, roleRef=reference, subjects=[subject])


def _rule(verbs: str, resources: str, group: str = "") -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}


def _aggregation(selector: Mapping[str, Any]) -> State:
    return _rbac("ClusterRole", "agg", rules=[], aggregationRule={"clusterRoleSelectors": [selector]})


def _provider(cluster: str) -> State:
    user = {"exec": {"command": "aws-iam-authenticator", "args": ["token", "-i", cluster]}}
    config = {
        "clusters": [{"name": "c", "cluster": {"server": f"https://{cluster}.example"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
        "users": [{"name": "u", "user": user}],
    }
    return State("pulumi:providers:kubernetes", cluster, {"kubeconfig": json.dumps(config)})


def _fleet(rule: Mapping[str, Any]) -> list[State]:
    """Two clusters with roles of the same name; the second cluster's has this rule."""
    pods = _rule("get list", "pods")
    return [
        *(_role(), _entry("g", cluster="a"), _entry("g", name="eb", cluster="b"), _provider("a"), _provider("b")),
        *(_binding("vendor", "ba", "a"), _binding("vendor", "bb", "b")),
        _rbac("ClusterRole", "va", of="vendor", provider="a", rules=[pods]),
        _rbac("ClusterRole", "vb", of="vendor", provider="b", rules=[rule]),
    ]


_ENTERED = [_role(), _entry("g")]
_ADMINISTRATORS = [
    *(_iam("User", "u"), _iam("Group", "adm")),
    _iam("GroupPolicyAttachment", "gp", group="adm", policyArn=ADMINISTRATOR),
]

GUARD_CASES = (
    GuardCase("mapping-masters", "gain", True, [_mapping("v", "readers")], [_mapping("v", "system:masters")]),
    GuardCase(
        "entry-group-bound-elsewhere",
        "some",
        False,
        [_role(), _entry("g"), _binding("view")],
        [_role(), _entry("g", "platform-admins"), _binding("view")],
    ),
    GuardCase(
        "mapping-username-taken",
        "some",
        True,
        [_role(), _mapping("v:{{SessionName}}", "g")],
        [_role(), _mapping("kubernetes-admin", "g")],
    ),
    GuardCase(
        "mapaccounts-foreign",
        "some",
        True,
        [_role(), _aws_auth(mapRoles="[]")],
        [_role(), _aws_auth(mapAccounts="- '999900001111'\n")],
    ),
    GuardCase(
        "patch-hides-cluster-admin",
        "gain",
        True,
        _ENTERED,
        [*_ENTERED, _binding("cluster-admin"), _rbac("ClusterRolePatch", "cluster-admin", labels={"t": "x"})],
    ),
    GuardCase(
        "binding-patch-cluster-admin",
        "some",
        True,
        _ENTERED,
        [
            *_ENTERED,
            _rbac("ClusterRoleBindingPatch", "x", of="cluster-admin", subjects=[{"kind": "Group", "name": "g"}]),
        ],
    ),
    GuardCase(
        "fleet-same-role-name", "gain", True, _fleet(_rule("get list", "pods")), _fleet(_rule("*", "*", group="*"))
    ),
    GuardCase("aggregate-empty-selector", "some", True, _ENTERED, [*_ENTERED, _aggregation({}), _binding("agg")]),
    GuardCase(
        "aggregate-to-edit",
        "some",
        True,
        _ENTERED,
        [*_ENTERED, _aggregation({"matchLabels": {f"{RBAC}/aggregate-to-edit": "true"}}), _binding("agg")],
    ),
    GuardCase(
        "widens-view-by-label",
        "gain",
        True,
        [*_ENTERED, _binding("view")],
        [
            *(*_ENTERED, _binding("view")),
            _rbac(
                "ClusterRole",
                "extra",
                labels={f"{RBAC}/aggregate-to-view": "true"},
                rules=[_rule("get list", "secrets")],
            ),
        ],
    ),
    GuardCase(
        "attach-to-foreign-role",
        "some",
        True,
        [_role()],
        [_role(), _iam("RolePolicyAttachment", "p", role="elsewhere", policyArn=ADMINISTRATOR)],
    ),
    GuardCase(
        "attachments-exclusive",
        "some",
        True,
        [_role()],
        [_role(), _iam("RolePolicyAttachmentsExclusive", "p", roleName="vendor", policyArns=[ADMINISTRATOR])],
    ),
    GuardCase(
        "shared-policy-widened",
        "some",
        False,
        [_policy("shared", "s3:ListBucket")],
        [_policy("shared", "secretsmanager:GetSecretValue", "s3:*")],
    ),
    GuardCase(
        "user-joins-admins",
        "some",
        False,
        _ADMINISTRATORS,
        [*_ADMINISTRATORS, _iam("UserGroupMembership", "m", user="u", groups=["adm"])],
    ),
    GuardCase(
        "oidc-provider",
        "some",
        False,
        [],
        [_iam("OpenIdConnectProvider", "o", url="https://accounts.google.com", clientIdLists=["x"])],
    ),
    GuardCase(
        "sso-account-assignment",
        "some",
        False,
        [],
        [
            State(
                "aws:ssoadmin/accountAssignment:AccountAssignment",
                "x",
                {
                    "instanceArn": "arn:aws:sso:::instance/ssoins-1",
                    "permissionSetArn": "arn:aws:sso:::permissionSet/ssoins-1/ps-1",
                    "principalId": "p",
                    "principalType": "USER",
                    "targetId": ACCOUNT,
                    "targetType": "AWS_ACCOUNT",
                },
            )
        ],
    ),
    GuardCase(
        "pod-identity",
        "some",
        False,
        [],
        [
            State(
                "aws:eks/podIdentityAssociation:PodIdentityAssociation",
                "pia",
                {
                    "clusterName": "prod",
                    "namespace": "shop",
                    "serviceAccount": "web",
                    "roleArn": f"arn:aws:iam::{ACCOUNT}:role/admin",
                },
            )
        ],
    ),
    GuardCase(
        "identity-provider",
        "some",
        True,
        [],
        [
            State(
                "aws:eks/identityProviderConfig:IdentityProviderConfig",
                "idp",
                {
                    "clusterName": "prod",
                    "oidc": {
                        "clientId": "x",
                        "identityProviderConfigName": "x",
                        "issuerUrl": "https://idp.example",
                        "usernamePrefix": "a",
                        "groupsClaim": "groups",
                        "groupsPrefix": "system:",
                    },
                },
            )
        ],
    ),
    GuardCase(
        "irsa-annotation",
        "some",
        False,
        [],
        [
            State(
                "kubernetes:core/v1:ServiceAccount",
                "sa",
                {
                    "metadata": {
                        "name": "default",
                        "namespace": "shop",
                        "annotations": {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/admin"},
                    }
                },
            )
        ],
    ),
    GuardCase("helm-release", "some", True, [], [State("kubernetes:helm.sh/v3:Release", "h", {"chart": "x"})]),
    GuardCase(
        "command", "some", False, [], [State("command:local:Command", "d", {"create": "kubectl apply -f rbac.yaml"})]
    ),
    GuardCase("unknown-managed-policies", "unknown", True, [_role()], [_role(managedPolicyArns=UNKNOWN)]),
    GuardCase("unknown-aws-auth", "unknown", True, [_role()], [_role(), _aws_auth(mapRoles=UNKNOWN)]),
    GuardCase(
        "unknown-role-rules",
        "unknown",
        True,
        _ENTERED,
        [*_ENTERED, _rbac("ClusterRole", "x", rules=UNKNOWN), _binding("x")],
    ),
    GuardCase("order-of-groups", "nothing", False, [_role(), _entry("a", "b")], [_role(), _entry("b", "a")]),
    GuardCase(
        "inline-becomes-managed",
        "nothing",
        False,
        [
            *_ENTERED,
            _iam("RolePolicy", "p", role="vendor", policy=json.dumps(document(allow("s3:GetObject")))),
        ],
        [
            *(*_ENTERED, _policy("q", "s3:GetObject")),
            _iam("RolePolicyAttachment", "a", role="vendor", policyArn=f"arn:aws:iam::{ACCOUNT}:policy/q"),
        ],
    ),
    GuardCase("unrelated-bucket", "nothing", False, [], [State("aws:s3/bucket:Bucket", "b", {"bucket": "b"})]),
)
