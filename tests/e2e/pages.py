"""Vendors' pages followed by hand: with the AWS SDK and the API server, as their customers do, without this package.

The documents are those of the pages, from `tests/unit/components/integrations/pages`.
"""

import configparser
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import yaml

from sandbox import Sandbox
from sandbox.aws.accounts import CADO, CONDUCTORONE
from sandbox.aws.people import CORPORATE, DEVELOPER
from sandbox.aws.saml_provider import SamlProviders
from sandbox.environment import OPENTRACE_AUDIENCE, OPENTRACE_SUBJECT
from tests.e2e.principals import CUSTOMER, REGION, in_cluster
from tests.e2e.program import CHECKOUT

PAGES = CHECKOUT / "tests/unit/components/integrations/pages"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"
RBAC = "rbac.authorization.k8s.io"
VIEW_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
POLL_SECONDS = 0.25
EXTERNAL_ID = "c1-adopted-external-id"
CONNECTOR_USER = f"arn:aws:iam::{CUSTOMER}:user/baton-eks"
Keys = dict[str, str]


@dataclass(frozen=True)
class Way:
    """How the page's customer lets the role into one cluster."""

    cluster: str
    by_entry: bool
    username: str = ""
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandMade:
    """What was made by hand for one vendor, and how the vendor becomes the role."""

    sandbox: Sandbox
    name: str
    arn: str
    ways: tuple[Way, ...]
    assume: Callable[[], Keys]
    path: str
    """What the vendor lists in a cluster, before and after."""
    objects: tuple[tuple[str, str, str], ...] = ()
    """What it made in clusters: the cluster, the plural of the kind, and the name."""
    policy_arn: str = ""

    @property
    def clusters(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(way.cluster for way in self.ways))

    def identify(self) -> dict[str, Any]:
        """What a recreation would change: the role's unique id, and when its entries were made."""
        eks = self.sandbox.boto("eks")
        role = self.sandbox.boto("iam").get_role(RoleName=self.name)["Role"]
        entries = {
            way.cluster: eks.describe_access_entry(clusterName=way.cluster, principalArn=self.arn)["accessEntry"]
            for way in self.ways
            if way.by_entry
        }
        created = {cluster: str(each["createdAt"]) for cluster, each in entries.items()}
        return {"role": role["RoleId"], "created": str(role["CreateDate"]), "entries": created}

    def uids(self) -> dict[tuple[str, str, str], str]:
        """The uids of the page's objects that are there."""
        found = {}
        for cluster, plural, name in self.objects:
            answer = self.sandbox.clusters[cluster].admin.request("GET", f"/apis/{RBAC}/v1/{plural}/{name}")
            if answer.status == 200:
                found[cluster, plural, name] = str(json.loads(answer.body)["metadata"]["uid"])
        return found

    def mappings(self, cluster: str) -> list[dict[str, Any]]:
        data = self.sandbox.clusters[cluster].admin.json("GET", AWS_AUTH)["data"]
        return [each for each in yaml.safe_load(data.get("mapRoles") or "[]") if each["rolearn"] == self.arn]


@dataclass
class Poller:
    """Acts as the vendor all the while: assumes the role, and lists in each cluster with a new token each time."""

    made: HandMade
    refusals: list[str] = field(default_factory=list)
    rounds: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Poller":
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        assert self._thread is not None
        self._thread.join()

    def _poll(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            try:
                keys = self.made.assume()
            except Exception as error:
                self.refusals.append(f"{time.monotonic():.1f} assume: {error}")
                continue
            for cluster in self.made.clusters:
                answer = in_cluster(self.made.sandbox, cluster, keys).request("GET", self.made.path)
                if answer.status != 200:
                    self.refusals.append(f"{time.monotonic():.1f} {cluster}: {answer.status} {answer.body!r}"[:400])
            self.rounds += 1


def can_list(made: HandMade) -> bool:
    """Does every cluster allow the vendor's list? Entries and mappings take effect late."""
    keys = made.assume()
    return all(in_cluster(made.sandbox, each, keys).request("GET", made.path).status == 200 for each in made.clusters)


# Each page


def follow_opentrace(sandbox: Sandbox, name: str, ways: Sequence[Way]) -> HandMade:
    """A customer managed policy, a role for web identity, and entries with the page's access policy.

    The page has entries alone; who cannot have them maps the role to a group of their own.
    """
    trust = _read("opentrace", "trust.json", {"YOUR_OPENTRACE_CLIENT_ID": OPENTRACE_AUDIENCE})
    iam = sandbox.boto("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    policy = iam.create_policy(PolicyName=f"{name}-policy", PolicyDocument=_read("opentrace", "policy.json"))["Policy"]
    iam.attach_role_policy(RoleName=name, PolicyArn=policy["Arn"])

    def assume() -> Keys:
        return assume_as_opentrace(sandbox, role["Arn"])

    objects = [
        (way.cluster, create_object(sandbox, way.cluster, body), body["metadata"]["name"])
        for way in ways
        for group in way.groups
        for body in _describe_viewers(group)
    ]
    _make_ways(sandbox, role["Arn"], ways)
    path = "/api/v1/pods?limit=1"
    return HandMade(sandbox, name, role["Arn"], tuple(ways), assume, path, tuple(objects), policy["Arn"])


def assume_as_opentrace(sandbox: Sandbox, arn: str) -> Keys:
    token = sandbox.mint_token(audience=OPENTRACE_AUDIENCE, subject=OPENTRACE_SUBJECT)
    sts = sandbox.boto("sts")
    found = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="ot", WebIdentityToken=token)
    return dict(found["Credentials"])


def follow_cado(sandbox: Sandbox, name: str, ways: Sequence[Way]) -> HandMade:
    """A role for Cado's platform, the page's ClusterRole and binding, and its group."""
    platform = f"arn:aws:iam::{CADO}:role/CadoPlatform"
    trust = _trust({"AWS": platform})
    iam = sandbox.boto("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="eks", PolicyDocument=_read("cado", "policy.json"))
    objects = _apply_page(sandbox, "cado", ("cluster-role.yaml", "cluster-role-binding.yaml"), role["Arn"], ways)

    def assume() -> Keys:
        return _assume_twice(sandbox, "cado", platform, role["Arn"])

    return HandMade(sandbox, name, role["Arn"], tuple(ways), assume, "/api/v1/pods?limit=1", objects)


def follow_conductorone(sandbox: Sandbox, name: str, ways: Sequence[Way]) -> HandMade:
    """A role with C1's External ID and an inline policy, and the page's ClusterRole, binding and group."""
    service = f"arn:aws:iam::{CONDUCTORONE}:role/ConductorOneService"
    trust = _read("conductorone", "trust.json", {"EXTERNAL_ID_FROM_C1_INTEGRATIONS_PAGE": EXTERNAL_ID})

    def assume(arn: str) -> Keys:
        return _assume_twice(sandbox, "conductorone", service, arn, ExternalId=EXTERNAL_ID)

    return _follow_conductorone(sandbox, name, ways, trust, assume)


def follow_conductorone_keys(sandbox: Sandbox, name: str, ways: Sequence[Way]) -> HandMade:
    """A role for the customer's own IAM user, without an External ID, and all else as of the hosted connector."""
    trust = _read("conductorone-self-hosted", "trust.json", {"<YOUR_USER_ARN>": CONNECTOR_USER})

    def assume(arn: str) -> Keys:
        sts = sandbox.boto("sts", "baton-eks")
        return dict(sts.assume_role(RoleArn=arn, RoleSessionName="baton")["Credentials"])

    return _follow_conductorone(sandbox, name, ways, trust, assume)


def _follow_conductorone(
    sandbox: Sandbox, name: str, ways: Sequence[Way], trust: str, assume: Callable[[str], Keys]
) -> HandMade:
    iam = sandbox.boto("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="C1", PolicyDocument=_read("conductorone", "policy.json"))
    files = ("cluster-role.indented.yaml", "cluster-role-binding.yaml")
    # The page's binding has a comment at its role: "Name of the cluster role you created".
    named = {"name: read-only-access #": "name: read-only-access-cluster-role #"}
    objects = _apply_page(sandbox, "conductorone", files, role["Arn"], ways, named)
    path = "/api/v1/namespaces?limit=1"
    return HandMade(sandbox, name, role["Arn"], tuple(ways), lambda: assume(role["Arn"]), path, objects)


def follow_apono(sandbox: Sandbox, name: str, ways: Sequence[Way]) -> HandMade:
    """A customer managed policy, and a role for people of IAM Identity Center; no rights in clusters until approved."""
    account = {"<AWS_ACCOUNT_ID>": CUSTOMER}
    iam = sandbox.boto("iam")
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=_read("apono-sso", "trust.json", account),
        Description="required for k8s access managed by Apono",
    )["Role"]
    document = _read("apono-sso", "policy.json", account)
    policy = iam.create_policy(PolicyName=f"{name}-policy", PolicyDocument=document)["Policy"]
    iam.attach_role_policy(RoleName=name, PolicyArn=policy["Arn"])
    _make_ways(sandbox, role["Arn"], ways)

    def assume() -> Keys:
        config = configparser.RawConfigParser()
        config.read(sandbox.env["AWS_SHARED_CREDENTIALS_FILE"])
        jane = config["jane-sso"]
        keys = (jane["aws_access_key_id"], jane["aws_secret_access_key"], jane["aws_session_token"])
        return dict(_sts(sandbox, *keys).assume_role(RoleArn=role["Arn"], RoleSessionName=DEVELOPER)["Credentials"])

    return HandMade(sandbox, name, role["Arn"], tuple(ways), assume, "/version", (), policy["Arn"])


def follow_apono_saml(sandbox: Sandbox, name: str, ways: Sequence[Way]) -> HandMade:
    """A customer managed policy, and a role for people of a SAML provider."""
    account = {"<AWS_ACCOUNT_ID>": CUSTOMER, "<SAML_PROVIDER>": CORPORATE}
    iam = sandbox.boto("iam")
    trust = _read("apono-saml", "trust.json", account)
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    document = _read("apono-saml", "policy.json", account)
    policy = iam.create_policy(PolicyName=f"{name}-policy", PolicyDocument=document)["Policy"]
    iam.attach_role_policy(RoleName=name, PolicyArn=policy["Arn"])
    _make_ways(sandbox, role["Arn"], ways)
    provider = f"arn:aws:iam::{CUSTOMER}:saml-provider/{CORPORATE}"
    providers = SamlProviders(sandbox.state.saml_providers)

    def assume() -> Keys:
        signed_in = {"role_arn": role["Arn"], "provider_arn": provider, "session_name": DEVELOPER}
        assertion = providers.mint(CORPORATE, **signed_in)
        sts = sandbox.boto("sts")
        found = sts.assume_role_with_saml(RoleArn=role["Arn"], PrincipalArn=provider, SAMLAssertion=assertion)
        return dict(found["Credentials"])

    return HandMade(sandbox, name, role["Arn"], tuple(ways), assume, "/version", (), policy["Arn"])


def follow_definition(sandbox: Sandbox, name: str, ways: Sequence[Way]) -> HandMade:
    """A vendor of a custom definition: a ClusterRole and binding under the definition's names, and another pair."""
    principal = f"arn:aws:iam::{CONDUCTORONE}:role/ConductorOneService"
    trust = _trust({"AWS": principal})
    trust["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    iam = sandbox.boto("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="by-hand", PolicyDocument=_read("cado", "policy.json"))
    objects = [
        (way.cluster, create_object(sandbox, way.cluster, body), body["metadata"]["name"])
        for way in ways
        for named, group in (("cloudquery-sync", way.groups[0]), ("cloudquery-more", way.groups[-1]))
        for body in _describe_viewers(named, group)
    ]
    _make_ways(sandbox, role["Arn"], ways)

    def assume() -> Keys:
        return _assume_twice(sandbox, "conductorone", principal, role["Arn"], ExternalId=EXTERNAL_ID)

    path = "/api/v1/namespaces?limit=1"
    return HandMade(sandbox, name, role["Arn"], tuple(ways), assume, path, tuple(objects))


def _assume_twice(sandbox: Sandbox, profile: str, first: str, arn: str, **more: str) -> Keys:
    """The role, as a vendor does it: from its own role, which its own user assumes."""
    own = sandbox.boto("sts", profile).assume_role(RoleArn=first, RoleSessionName=profile)["Credentials"]
    sts = _sts(sandbox, own["AccessKeyId"], own["SecretAccessKey"], own["SessionToken"])
    return dict(sts.assume_role(RoleArn=arn, RoleSessionName=profile, **more)["Credentials"])


def _sts(sandbox: Sandbox, key: str, secret: str, token: str) -> Any:
    session = boto3.session.Session(key, secret, token, region_name=REGION)
    return session.client("sts", endpoint_url=sandbox.endpoint)


def _apply_page(
    sandbox: Sandbox,
    page: str,
    files: Sequence[str],
    arn: str,
    ways: Sequence[Way],
    placeholders: Mapping[str, str] | None = None,
) -> tuple[tuple[str, str, str], ...]:
    """The page's objects in each cluster, as `kubectl apply` makes them, and then the ways in."""
    made = []
    for cluster in dict.fromkeys(way.cluster for way in ways):
        for file in files:
            body = yaml.safe_load(_read(page, file, placeholders))
            made.append((cluster, create_object(sandbox, cluster, body), body["metadata"]["name"]))
    _make_ways(sandbox, arn, ways)
    return tuple(made)


def _make_ways(sandbox: Sandbox, arn: str, ways: Sequence[Way]) -> None:
    for way in ways:
        (_make_entry if way.by_entry else _make_mapping)(sandbox, arn, way)


def _make_entry(sandbox: Sandbox, arn: str, way: Way) -> None:
    eks = sandbox.boto("eks")
    named = {"username": way.username} if way.username else {}
    eks.create_access_entry(
        clusterName=way.cluster, principalArn=arn, kubernetesGroups=list(way.groups), type="STANDARD", **named
    )
    for policy in way.policies:
        eks.associate_access_policy(
            clusterName=way.cluster, principalArn=arn, policyArn=policy, accessScope={"type": "cluster"}
        )


def _make_mapping(sandbox: Sandbox, arn: str, way: Way) -> None:
    """As `kubectl edit` does: the line is added to those that are there."""
    api = sandbox.clusters[way.cluster].admin
    found = api.json("GET", AWS_AUTH)
    line = {"rolearn": arn, "username": way.username or arn, "groups": list(way.groups)}
    mapped = found["data"].get("mapRoles", "").rstrip("\n")
    data = {**found["data"], "mapRoles": f"{mapped}\n- {json.dumps(line)}\n".lstrip("\n")}
    api.json("PUT", AWS_AUTH, body={**found, "data": data})


def create_object(sandbox: Sandbox, cluster: str, body: Mapping[str, Any]) -> str:
    """Creates a role or binding of the whole cluster; gives the plural of its kind."""
    plural = f"{body['kind'].lower()}s"
    sandbox.clusters[cluster].admin.json("POST", f"/apis/{RBAC}/v1/{plural}", body=dict(body))
    return plural


def exists(sandbox: Sandbox, cluster: str, plural: str, name: str) -> bool:
    return sandbox.clusters[cluster].admin.request("GET", f"/apis/{RBAC}/v1/{plural}/{name}").status == 200


def _trust(principal: Mapping[str, str]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": dict(principal), "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _describe_viewers(name: str, group: str = "") -> Iterator[dict[str, Any]]:
    """The ClusterRole, and its binding to a group of its name or to another, of a customer without access policies."""
    rules = [{"apiGroups": [""], "resources": ["pods", "services", "namespaces"], "verbs": ["get", "list", "watch"]}]
    yield {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}
    yield {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": group or name}],
    }


def _read(page: str, file: str, placeholders: Mapping[str, str] | None = None) -> str:
    text = (PAGES / page / file).read_text()
    for placeholder, value in (placeholders or {}).items():
        text = text.replace(placeholder, value)
    return text
