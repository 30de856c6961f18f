"""Clusters outside of EKS as resources: each with its own activation, and what is secret kept so."""

import base64
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import MockResourceArgs

from eks_access.integrations.eks_connector import EksConnector
from tests.support.components import is_secret, unwrapped
from tests.support.recording_engine import CLUSTER_ROLE, NAMESPACE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT, Engine, run

REGISTRATION, STATEFUL_SET = "eks-access:index:ConnectorRegistration", "kubernetes:apps/v1:StatefulSet"
VIEWER = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef"
PLAIN_VIEWER = "arn:aws:iam::111122223333:role/AWSReservedSSO_Ops_0123456789abcdef"


class Eks(Engine):
    """Registers clusters; each activation is named after its cluster."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        made, outputs = super().new_resource(args)
        if args.typ == REGISTRATION:
            name = args.inputs["name"]
            activation = {"activationId": f"id-{name}", "activationCode": f"hunter-{name}", "activationExpiry": "2027"}
            outputs |= {**activation, "arn": f"arn:{name}", "status": "CREATING"}
        return made, outputs


def kubeconfig(server: str) -> str:
    named = {"name": "x"}
    return yaml.safe_dump(
        {
            "current-context": "x",
            "contexts": [{**named, "context": {"cluster": "x", "user": "x"}}],
            "clusters": [{**named, "cluster": {"server": server, "certificate-authority-data": "Q0E="}}],
            "users": [{**named, "user": {"token": "token-of-the-operator"}}],
        }
    )


def connector(**args: Any) -> Any:
    clusters = {
        key: {"name": f"prod-{key}", "provider": "OTHER", "kubeconfig": kubeconfig(f"https://{key}.example")}
        for key in ("one", "two")
    }
    return {"clusters": clusters, **args}


def made(**args: Any) -> Eks:
    engine = Eks()
    run(lambda: EksConnector("conn", connector(**args)).role_arn, engine=engine)
    return engine


def test_each_cluster_gets_its_own_activation() -> None:
    engine = made()
    secrets = {name: each for name, each in engine.of(SECRET).items() if name.endswith("activation-config")}
    codes = {name: base64.b64decode(unwrapped(each["data"])["code"]).decode() for name, each in secrets.items()}
    assert codes == {
        f"conn-{key}-secret-eks-connector-activation-config": f"hunter-prod-{key}" for key in ("one", "two")
    }
    for key in ("one", "two"):
        spec = unwrapped(engine.of(STATEFUL_SET)[f"conn-{key}-statefulset-eks-connector"]["spec"])
        (init,) = spec["template"]["spec"]["initContainers"]
        assert {"name": "EKS_ACTIVATION_ID", "value": f"id-prod-{key}"} in init["env"]
        assert "--agent.region=us-east-1" in init["args"]


def test_the_namespace_comes_first_then_rights_and_the_pods_last() -> None:
    order = [each.typ for each in made(viewers={"ops": {"arn": VIEWER}}).resources]
    assert order.index(NAMESPACE) < order.index(ROLE_BINDING) < order.index(STATEFUL_SET)
    assert order.index(REGISTRATION) < order.index(STATEFUL_SET)
    # Kubernetes deletes a token's Secret whose account is missing.
    assert order.index(NAMESPACE) < order.index(SERVICE_ACCOUNT) < order.index(SECRET)


def test_the_hand_off_has_the_code_as_a_secret_and_the_rest_in_plain_text() -> None:
    seen: dict[str, tuple[str, bool]] = {}

    def program() -> Any:
        async def look(label: str, value: pulumi.Output[str]) -> None:
            known, secret = await value.future(), await value.is_secret()
            seen[label] = (str(known), secret)

        fields = EksConnector("conn", connector()).manifest["handoff"]["fields"][:6]
        waiting = [look(each["label"], pulumi.Output.from_input(each["value"])) for each in fields]
        return pulumi.Output.all(*waiting)

    run(program, engine=Eks())
    assert seen["Activation code"] == ("hunter-prod-one", True)
    assert seen["Activation ID"] == ("id-prod-one", False)
    assert seen["Activation expiry"] == ("2027", False)


def test_no_registered_resource_has_a_kubeconfig_or_a_code_in_plain_text() -> None:
    for each in made().resources:
        for name, value in each.inputs.items():
            if "hunter-prod" in repr(value) or "token-of-the-operator" in repr(value):
                assert is_secret(value), f"{name} of {each.typ} {each.name}"


@pytest.mark.parametrize("given", ["in plain", "an Output"])
def test_the_path_of_a_viewers_arn_is_removed_whenever_the_arn_is_known(given: str) -> None:
    arn: Any = VIEWER if given == "in plain" else pulumi.Output.from_input(VIEWER)
    roles = made(viewers={"ops": {"arn": arn}}).of(CLUSTER_ROLE)
    (rule,) = roles["conn-one-impersonate"]["rules"]
    assert rule["resourceNames"] == [PLAIN_VIEWER]


def test_a_registration_is_tagged_with_its_stack() -> None:
    assert {each["tags"]["eks-access/stack"] for each in made().of(REGISTRATION).values()} == {"test/dev"}


def test_an_unusable_kubeconfig_is_rejected_with_its_path() -> None:
    args = connector()
    args["clusters"]["one"]["kubeconfig"] = "current-context: nowhere\ncontexts: []"
    with pytest.raises(pulumi.RunError, match=r"clusters\.one leads to no cluster .*'nowhere'"):
        run(lambda: EksConnector("conn", args).role_arn, engine=Eks())


@pytest.mark.parametrize("ways", [{}, {"kubeconfig": "x", "kubeconfig_file": "y"}])
def test_a_cluster_needs_exactly_one_kubeconfig(ways: dict[str, str]) -> None:
    args: Any = {"clusters": {"one": {"name": "prod-one", "provider": "OTHER", **ways}}}
    with pytest.raises(pulumi.RunError, match="needs either `kubeconfig` or `kubeconfig_file`"):
        run(lambda: EksConnector("conn", args).role_arn, engine=Eks())
