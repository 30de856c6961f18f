"""An integration's objects as resources: in order, and with secrets kept as secrets."""

from typing import Any

import pulumi
import pytest

from eks_access.integrations.conductorone.integration import ConductorOne
from tests.support.components import CONNECTOR, is_secret, self_hosted, unwrapped
from tests.support.recording_engine import DEPLOYMENT, NAMESPACE, SECRET, SERVICE_ACCOUNT, Engine, run

ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ENTRY = "aws:eks/accessEntry:AccessEntry"


def test_the_namespace_is_created_first_and_workloads_after_the_access() -> None:
    engine = run(lambda: ConductorOne("c1", self_hosted()).role_arn)
    order = [each.typ for each in engine.resources]
    assert order.index(NAMESPACE) < order.index(SECRET) < order.index(DEPLOYMENT)
    assert order.index(ENTRY) < order.index(DEPLOYMENT), "the connector calls EKS as soon as it starts"


def test_the_service_account_names_the_created_role() -> None:
    engine = run(lambda: ConductorOne("c1", self_hosted()).role_arn)
    (account,) = engine.of(SERVICE_ACCOUNT).values()
    arn = "arn:aws:iam::111122223333:role/eks-access-c1"
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == arn
    assert account["automountServiceAccountToken"] is False


def test_every_object_of_the_kubernetes_provider_is_annotated_with_its_stack() -> None:
    """Those of this package's own plugin are marked by the plugin."""
    engine = run(lambda: ConductorOne("c1", self_hosted()).role_arn)
    objects = [each for each in engine.resources if each.typ.startswith("kubernetes:")]
    assert {each.typ for each in objects} >= {NAMESPACE, SECRET, DEPLOYMENT}
    for each in objects:
        assert each.inputs["metadata"]["annotations"]["eks-access/stack"] == "test/dev", each.name


def test_pod_identity_gets_an_association_with_the_service_account() -> None:
    engine = run(lambda: ConductorOne("c1", self_hosted("self_hosted_pod_identity")).role_arn)
    (association,) = engine.of(ASSOCIATION).values()
    assert (association["clusterName"], association["namespace"], association["serviceAccount"]) == (
        "prod-api",
        "c1",
        "c1",
    )
    assert not run(lambda: ConductorOne("c1", self_hosted()).role_arn).of(ASSOCIATION)


def test_a_changed_secret_restarts_the_pods() -> None:
    def digest(secret: str) -> str:
        args = self_hosted(deploy_connector=CONNECTOR | {"client_secret": secret})
        (deployment,) = run(lambda: ConductorOne("c1", args).role_arn).of(DEPLOYMENT).values()
        spec = unwrapped(deployment["spec"])
        return str(spec["template"]["metadata"]["annotations"]["eks-access/secrets-digest"])

    assert digest("one") == digest("one")
    assert digest("one") != digest("two")
    assert "one" not in digest("one")


@pytest.mark.parametrize("given", ["in plain", "as a secret"])
def test_secret_arguments_are_secrets_of_the_stack_however_they_were_given(given: str) -> None:
    value: Any = "hunter2" if given == "in plain" else pulumi.Output.secret("hunter2")
    args = self_hosted(deploy_connector=CONNECTOR | {"client_secret": value})
    kept: dict[str, Any] = {}

    def program() -> Any:
        return ConductorOne("c1", args).access.apply(lambda access: kept.update(access))

    engine = run(program)
    assert "hunter2" not in repr(kept), "not in the manifest"
    for each in engine.resources:
        for name, value in each.inputs.items():
            if "hunter2" in repr(value):
                assert is_secret(value), f"{name} of {each.typ} {each.name}"


def test_a_malformed_secret_output_is_rejected_without_its_value_when_it_is_known() -> None:
    args = self_hosted(deploy_connector=CONNECTOR | {"client_secret": pulumi.Output.secret("hunter2\n")})
    engine = Engine()
    with pytest.raises(ValueError, match=r"deploy_connector\.client_secret contains white space") as refused:
        run(lambda: ConductorOne("c1", args).role_arn, engine=engine)
    assert "hunter2" not in str(refused.value)
    assert not engine.of(SECRET)
