"""Registering, with an EKS in memory: what is refused first, what is waited for, what is told."""

import dataclasses

import pytest

from eks_access.connector import registration
from eks_access.connector.registration import RegistrationError, RegistrationRequest
from eks_access.errors import InvalidInputError
from tests.support.connector_eks import Aws, refusal

WANTED = RegistrationRequest("onprem", "arn:aws:iam::111122223333:role/agent", "OTHER", "us-east-1")
DELAY = "ResourcePropagationDelayException"


class Clock:
    """Slept seconds."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def aws() -> Aws:
    return Aws()


def register(aws: Aws, wanted: RegistrationRequest = WANTED, **options: object) -> registration.Registration:
    return registration.register(aws.eks, aws.iam, wanted, **{"sleep": Clock(), **options})  # type: ignore[arg-type]


def test_the_activation_code_is_in_the_answer_to_the_registration_and_never_again(aws: Aws) -> None:
    assert register(aws).activation_code == "hunter1"
    found = registration.find(aws.eks, "onprem")
    assert found is not None
    assert (found.activation_id, found.activation_code) == ("activation-1", None)


def test_the_activation_code_is_not_in_what_is_printed(aws: Aws) -> None:
    assert "hunter" not in repr(register(aws))


def test_what_still_propagates_is_waited_for(aws: Aws) -> None:
    aws.eks.fails["register"] = [refusal(DELAY), refusal(DELAY)]
    clock, told = Clock(), list[str]()
    assert register(aws, sleep=clock, on_delay=told.append).activation_id == "activation-1"
    assert aws.eks.calls.count("register") == 3
    assert len(clock.slept) == len(told) == 2, "each wait is told"


def test_waiting_ends_at_the_deadline_and_says_what_to_look_at(aws: Aws) -> None:
    aws.eks.fails["register"] = [refusal(DELAY)] * 3
    with pytest.raises(RegistrationError, match=r"was not seen by AWS within 0 seconds.*trusts ssm\.amazonaws\.com"):
        register(aws, deadline=0)
    assert aws.eks.calls.count("register") == 1


def test_any_other_error_is_final_and_told_in_the_services_own_words(aws: Aws) -> None:
    aws.eks.fails["register"] = [refusal("AccessDeniedException", "not authorized to perform: eks:RegisterCluster")]
    with pytest.raises(RegistrationError, match=r"not authorized to perform: eks:RegisterCluster.*iam:PassRole"):
        register(aws)
    assert aws.eks.calls.count("register") == 1


def test_the_limit_is_told_before_aws_refuses_and_ten_are_taken(aws: Aws) -> None:
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
    ("name", "told"), [("an-eks-cluster", "an EKS cluster.*Choose another"), ("onprem", "Import it with the id 'us-e")]
)
def test_a_name_that_is_taken_is_refused_with_what_to_do(aws: Aws, name: str, told: str) -> None:
    register(aws)
    with pytest.raises(InvalidInputError, match=told):
        register(aws, dataclasses.replace(WANTED, name=name))


def test_deregistering_what_is_gone_is_a_success_and_other_errors_are_not(aws: Aws) -> None:
    register(aws)
    registration.deregister(aws.eks, "onprem")
    registration.deregister(aws.eks, "onprem")
    aws.eks.fails["deregister"] = [refusal("ResourceInUseException")]
    with pytest.raises(RegistrationError, match="ResourceInUseException"):
        registration.deregister(aws.eks, "onprem")


def test_only_what_changed_is_tagged(aws: Aws) -> None:
    made = register(aws, dataclasses.replace(WANTED, tags={"team": "a", "old": "x"}))
    aws.eks.connected["onprem"]["tags"]["theirs"] = "kept"
    registration.retag(aws.eks, made.arn, {"team": "a", "old": "x"}, {"team": "a", "new": "y"})
    assert aws.eks.connected["onprem"]["tags"] == {"team": "a", "new": "y", "theirs": "kept"}


def test_the_service_linked_role_is_made_on_request_where_there_is_none(aws: Aws) -> None:
    register(aws)
    assert aws.iam.roles == [], "not unless asked for"
    for _ in range(2):
        registration.ensure_service_linked_role(aws.iam)
    assert len(aws.iam.roles) == 1, "one that is there is as wanted"


@pytest.mark.parametrize("code", ["EntityAlreadyExists", "InvalidInput"])
def test_a_service_linked_role_that_somebody_else_just_made_is_as_wanted(aws: Aws, code: str) -> None:
    aws.iam.fails = [refusal(code, "Service role name X has been taken in this account")]
    registration.ensure_service_linked_role(aws.iam)


def test_a_cluster_of_eks_is_no_registration(aws: Aws) -> None:
    with pytest.raises(RegistrationError, match="is an EKS cluster"):
        registration.find(aws.eks, "an-eks-cluster")
