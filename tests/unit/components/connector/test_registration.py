"""Registering with an EKS in memory: validation, retries and error messages."""

import dataclasses

import pytest

from eks_access.connector import registration
from eks_access.connector.registration import RegistrationError, RegistrationRequest
from eks_access.errors import InvalidInputError
from eks_access.model.rbac import STACK
from tests.support.connector_eks import Aws, refusal

WANTED = RegistrationRequest("onprem", "arn:aws:iam::111122223333:role/agent", "OTHER", "us-east-1")
DELAY = "ResourcePropagationDelayException"


class Clock:
    """Records the seconds that were slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def aws() -> Aws:
    return Aws()


def register(aws: Aws, wanted: RegistrationRequest = WANTED, **options: object) -> registration.Registration:
    return registration.register(aws.eks, aws.iam, wanted, **{"sleep": Clock(), **options})  # type: ignore[arg-type]


def test_the_activation_code_is_in_the_response_to_the_registration_and_never_again(aws: Aws) -> None:
    assert register(aws).activation_code == "hunter1"
    found = registration.find(aws.eks, "onprem")
    assert found is not None
    assert (found.activation_id, found.activation_code) == ("activation-1", None)


def test_the_activation_code_is_not_in_what_is_printed(aws: Aws) -> None:
    assert "hunter" not in repr(register(aws))


def test_propagation_delays_are_retried(aws: Aws) -> None:
    aws.eks.fails["register"] = [refusal(DELAY), refusal(DELAY)]
    clock, messages = Clock(), list[str]()
    assert register(aws, sleep=clock, on_delay=messages.append).activation_id == "activation-1"
    assert aws.eks.calls.count("register") == 3
    assert len(clock.slept) == len(messages) == 2, "each wait is reported"


def test_retries_end_at_the_deadline_with_advice(aws: Aws) -> None:
    aws.eks.fails["register"] = [refusal(DELAY)] * 3
    with pytest.raises(RegistrationError, match=r"was not seen by AWS within 0 seconds.*trusts ssm\.amazonaws\.com"):
        register(aws, deadline=0)
    assert aws.eks.calls.count("register") == 1


def test_any_other_error_is_not_retried_and_keeps_the_message_of_aws(aws: Aws) -> None:
    aws.eks.fails["register"] = [refusal("AccessDeniedException", "not authorized to perform: eks:RegisterCluster")]
    with pytest.raises(RegistrationError, match=r"not authorized to perform: eks:RegisterCluster.*iam:PassRole"):
        register(aws)
    assert aws.eks.calls.count("register") == 1


def test_a_cluster_over_the_limit_is_refused_before_aws_is_called(aws: Aws) -> None:
    for index in range(10):
        register(aws, dataclasses.replace(WANTED, name=f"c{index}"))
    with pytest.raises(
        InvalidInputError, match=r"limit is 10.*region us-east-1 may have, and it has 10.*Service Quotas"
    ):
        register(aws)
    assert aws.eks.calls.count("register") == 10, "the eleventh is not tried"
    assert register(aws, dataclasses.replace(WANTED, limit=11)).name == "onprem", "with a raised quota it is"


def test_clusters_of_eks_do_not_count(aws: Aws) -> None:
    aws.eks.own += [f"eks-{index}" for index in range(20)]
    assert register(aws).name == "onprem"


@pytest.mark.parametrize(
    ("name", "problem"),
    [("an-eks-cluster", "an EKS cluster.*Choose another"), ("onprem", "Import it with the id 'us-e")],
)
def test_a_name_that_is_taken_is_refused_with_what_to_do(aws: Aws, name: str, problem: str) -> None:
    register(aws)
    with pytest.raises(InvalidInputError, match=problem):
        register(aws, dataclasses.replace(WANTED, name=name))


def test_deregistering_twice_succeeds_and_other_errors_are_raised(aws: Aws) -> None:
    register(aws)
    registration.deregister(aws.eks, "onprem")
    registration.deregister(aws.eks, "onprem")
    aws.eks.fails["deregister"] = [refusal("ResourceInUseException")]
    with pytest.raises(RegistrationError, match="ResourceInUseException"):
        registration.deregister(aws.eks, "onprem")


def test_only_what_changed_is_tagged(aws: Aws) -> None:
    created = register(aws, dataclasses.replace(WANTED, tags={"team": "a", "old": "x"}))
    aws.eks.connected["onprem"]["tags"]["theirs"] = "kept"
    registration.retag(aws.eks, created.arn, {"team": "a", "old": "x"}, {"team": "a", "new": "y"})
    assert aws.eks.connected["onprem"]["tags"] == {"team": "a", "new": "y", "theirs": "kept"}


def test_the_service_linked_role_is_created_on_request_if_there_is_none(aws: Aws) -> None:
    register(aws)
    assert aws.iam.roles == [], "not unless asked for"
    for _ in range(2):
        registration.ensure_service_linked_role(aws.iam)
    assert len(aws.iam.roles) == 1, "an existing one is left alone"


@pytest.mark.parametrize("code", ["EntityAlreadyExists", "InvalidInput"])
def test_a_service_linked_role_that_was_created_concurrently_is_no_error(aws: Aws, code: str) -> None:
    aws.iam.fails = [refusal(code, "Service role name X has been taken in this account")]
    registration.ensure_service_linked_role(aws.iam)


def test_a_cluster_of_eks_is_no_registration(aws: Aws) -> None:
    with pytest.raises(RegistrationError, match="is an EKS cluster"):
        registration.find(aws.eks, "an-eks-cluster")


# Taking over


def test_what_is_registered_and_connected_as_requested_can_be_taken_over(aws: Aws) -> None:
    assert registration.find_adoptable(aws.eks, WANTED) is None, "there is none"
    register(aws)
    aws.eks.connected["onprem"]["status"] = "ACTIVE"
    found = registration.find_adoptable(aws.eks, WANTED)
    assert found is not None
    assert found.activation_id == "activation-1"


@pytest.mark.parametrize(
    ("wanted", "status", "problem"),
    [
        (WANTED, "PENDING", "registered and not connected"),
        (dataclasses.replace(WANTED, provider="GKE"), "ACTIVE", "the provider OTHER, which cannot be changed"),
        (dataclasses.replace(WANTED, role_arn=f"{WANTED.role_arn}-2"), "ACTIVE", "the role arn:aws:iam"),
    ],
)
def test_what_would_have_to_be_registered_again_is_not_taken_over(
    aws: Aws, wanted: RegistrationRequest, status: str, problem: str
) -> None:
    register(aws)
    aws.eks.connected["onprem"]["status"] = status
    with pytest.raises(InvalidInputError, match=problem):
        registration.find_adoptable(aws.eks, wanted)


def test_what_another_stack_registered_is_not_taken_over(aws: Aws) -> None:
    tagged = dataclasses.replace(WANTED, tags={STACK: "p/dev"})
    register(aws, tagged)
    aws.eks.connected["onprem"]["status"] = "ACTIVE"
    assert registration.find_adoptable(aws.eks, tagged) is not None
    with pytest.raises(InvalidInputError, match="of stack p/dev"):
        registration.find_adoptable(aws.eks, dataclasses.replace(WANTED, tags={STACK: "p/prod"}))
