"""Permissions are evaluated by their effect: on which resources, under which conditions, after denials."""

import re
from datetime import UTC, datetime

import pytest

from eks_access.model.aws_actions import describe_action
from eks_access.model.aws_data import DATA_ACTIONS
from eks_access_policies.finding import Finding, Severity
from eks_access_policies.iam import Context, actions, evaluate_policies, evaluate_policy
from eks_access_policies.iam.aws_policies import find_aws_policy
from eks_access_policies.review.aws.grading import severity
from tests.support.policies.disguise_cases import DANGEROUS, HARMLESS
from tests.support.policies.policy_cases import BAD, GOOD, OWN, PATHS, Case, allow, deny

CONTEXT = Context(accounts=frozenset({OWN}), now=datetime(2026, 6, 1, tzinfo=UTC))


def evaluate(*statements: dict[str, object]) -> list[Finding]:
    return evaluate_policy({"Version": "2012-10-17", "Statement": list(statements)}, CONTEXT)


def format_findings(findings: list[Finding]) -> str:
    return "\n".join(f"{each.rule.id}: {each.message} ({each.where})" for each in findings)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_an_overly_broad_or_ineffective_policy_is_reported_with_its_cause(case: Case) -> None:
    findings = evaluate(*case.statements)
    about = [each for each in findings if each.rule.id == case.rule]
    assert about, f"expected {case.rule}, and these were found:\n{format_findings(findings)}"
    assert case.message in format_findings(about), (
        f"unexpected message; expected {case.message!r} in\n{format_findings(about)}"
    )


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_least_privilege_policy_has_no_findings(case: Case) -> None:
    assert not evaluate(*case.statements), format_findings(evaluate(*case.statements))


def severe(case: Case) -> list[Finding]:
    return [each for each in evaluate(*case.statements) if each.rule.severity >= Severity.HIGH]


@pytest.mark.parametrize("case", DANGEROUS, ids=lambda case: case.name)
def test_a_dangerous_policy_is_reported_despite_its_disguise(case: Case) -> None:
    assert severe(case), f"only these were found:\n{format_findings(evaluate(*case.statements))}"


@pytest.mark.parametrize("case", HARMLESS, ids=lambda case: case.name)
def test_a_harmless_policy_has_no_severe_finding(case: Case) -> None:
    assert not severe(case), format_findings(severe(case))


READS = (actions.AccessLevel.READ, actions.AccessLevel.LIST)
READING = ("Get", "List", "Describe", "BatchGet", "View", "Lookup", "Search", "Read")
"""Prefixes in AWS's own policies for auditors and readers."""


def test_read_actions_of_any_service_have_no_severe_finding_but_those_of_data_and_credentials() -> None:
    for service in actions.services():
        reads = [str(each) for each in actions.actions_of(service).values() if each.access_level in READS]
        for written in (reads, [f"{service}:{verb}*" for verb in READING]):
            findings = severe(Case(service, (allow(written),)))
            holds_data = any(action.startswith(f"{service}:") for action in DATA_ACTIONS)
            assert not findings or holds_data, format_findings(findings)
            assert {each.rule.id for each in findings} <= {"iam-policy-data-read"}, format_findings(findings)


def reads_data(*statements: dict[str, object]) -> bool:
    return any(each.rule.id == "iam-policy-data-read" for each in evaluate(*statements))


@pytest.mark.parametrize("action", sorted(DATA_ACTIONS))
def test_pack_and_review_grade_reading_the_data_of_every_resource_alike(action: str) -> None:
    found = actions.find_action(action)
    assert found is not None, "AWS has the action"
    assert reads_data(allow([str(found)]))
    assert severity(str(found), True) is Severity.HIGH
    assert describe_action(str(found)).sentence == DATA_ACTIONS[action].sentence
    assert severity(str(found), False) is Severity.MEDIUM, "of named resources"
    types = actions.resource_types(found.service)
    if found.resources:
        template = types[found.resources[0].type].arn.replace("${Partition}", "aws").replace("${Account}", OWN)
        one = re.sub(r"\$\{\w+\}", "one", template)
        assert not reads_data(allow([str(found)], one)), f"{one} is one resource"


@pytest.mark.parametrize(
    ("statements", "is_found"),
    [
        ([allow(["s3:Get*"])], True),
        ([allow(["s3:getobject"])], True),
        ([allow(["s3:GetObject"], "arn:aws:s3:::*")], True),
        ([allow(["s3:GetObject"], "arn:aws:s3:::reports/*")], False),
        ([allow(["s3:ListAllMyBuckets", "s3:GetBucketPolicy"])], False),
        ([allow(["s3:GetObject"]), deny(["s3:GetObject"])], False),
        ([allow(["secretsmanager:GetSecretValue"], f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:*")], True),
        ([allow(["secretsmanager:GetSecretValue"], f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:app-*")], False),
        ([allow(["ssm:GetParameter"], condition={"StringEquals": {"aws:ResourceTag/team": "web"}})], False),
        ([allow(["ssm:GetParameter"], condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})], True),
        ([allow(["kms:Decrypt"], condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})], False),
        ([allow(["kms:Decrypt"], condition={"StringLike": {"kms:ViaService": "*"}})], True),
    ],
    ids=str,
)
def test_reading_data_is_found_where_nothing_selects_what_is_read(
    statements: list[dict[str, object]], is_found: bool
) -> None:
    assert reads_data(*statements) is is_found


@pytest.mark.parametrize("path", PATHS)
def test_every_escalation_path_is_severe_when_open_on_all_resources(path: str) -> None:
    findings = [each for each in evaluate(allow(path.split())) if "-escalation-" in each.rule.id]
    assert any(each.rule.severity >= Severity.HIGH for each in findings), format_findings(findings)
    assert all(each.where == "Statement[0]" for each in findings), "a reader finds the statement"


@pytest.mark.parametrize("path", PATHS)
def test_denying_the_first_action_closes_a_path(path: str) -> None:
    first = path.split()[0]
    allowed = [allow(path.split()), deny(first)]
    severe = [each for each in evaluate(*allowed) if first in each.message and "-escalation-" in each.rule.id]
    assert not severe, format_findings(severe)


@pytest.mark.parametrize("path", PATHS)
def test_denied_or_unsatisfiable_statements_open_no_path(path: str) -> None:
    over = {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}}
    for statements in ([deny(path.split())], [allow(path.split(), "*", over)]):
        severe = [each for each in evaluate(*statements) if each.rule.severity >= Severity.HIGH]
        assert not severe, format_findings(severe)


def test_policies_of_one_identity_are_evaluated_together() -> None:
    halves = [{"Statement": allow("iam:PassRole")}, {"Statement": allow("ec2:RunInstances")}]
    assert not any("-escalation-" in each.rule.id for half in halves for each in evaluate_policy(half, CONTEXT))
    assert [each.rule.id for each in evaluate_policies(halves, CONTEXT)] == ["iam-escalation-pass-role"]


def test_one_policy_of_an_identity_can_deny_what_another_allows() -> None:
    allowing, denying = {"Statement": allow("iam:*")}, {"Statement": deny("iam:*")}
    assert evaluate_policies([allowing], CONTEXT), "alone it escalates"
    assert not evaluate_policies([allowing, denying], CONTEXT)


def test_sizes_exclude_white_space_and_limits_depend_on_the_kind_of_policy() -> None:
    resources = [f"arn:aws:s3:::bucket-{number:03}/*" for number in range(270)]
    document = {"Version": "2012-10-17", "Statement": [allow("s3:GetObject", resources)]}
    sizes = [each.rule.id for each in evaluate_policy(document, CONTEXT, "managed") if "size" in each.rule.id]
    assert sizes == ["iam-document-size"], "6,144 for a managed policy"
    assert not [each for each in evaluate_policy(document, CONTEXT, "inline") if "size" in each.rule.id], (
        "10,240 for a role"
    )


USER = f"arn:aws:iam::{OWN}:user"
OWN_USER = f"{USER}/${{aws:username}}"
OTHERS_IDENTITIES = (
    ("iam:CreateAccessKey", f"{USER}/admin"),
    ("iam:CreateAccessKey", [OWN_USER, f"{USER}/admin"]),
    ("iam:CreateAccessKey", f"{OWN_USER}*"),
    ("iam:CreateLoginProfile", f"{USER}/admin"),
    ("iam:UpdateLoginProfile", f"{USER}/admin"),
    ("iam:DeactivateMFADevice", f"{USER}/admin"),
    ("iam:UploadSSHPublicKey", f"{USER}/admin"),
    ("iam:AddUserToGroup", f"arn:aws:iam::{OWN}:group/admins"),
    ("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{OWN}:role/app"),
    ("iam:DeleteRolePermissionsBoundary", f"arn:aws:iam::{OWN}:role/app"),
    ("iam:UpdateSAMLProvider", f"arn:aws:iam::{OWN}:saml-provider/corporate"),
    ("sso:PutInlinePolicyToPermissionSet", "arn:aws:sso:::permissionSet/ssoins-1/ps-1"),
    ("sts:AssumeRole", "arn:aws:iam::444455556666:role/OrganizationAccountAccessRole"),
)


def escalations(action: str, resource: object) -> list[tuple[str, Severity]]:
    found = evaluate(allow(action, resource))
    return [(each.rule.id, each.rule.severity) for each in found if "-escalation-" in each.rule.id]


@pytest.mark.parametrize(("action", "resource"), OTHERS_IDENTITIES, ids=str)
def test_acting_as_another_named_identity_is_reported(action: str, resource: object) -> None:
    assert escalations(action, resource) == [("iam-escalation-confined", Severity.MEDIUM)]


def test_a_denial_of_requests_without_tls_is_no_mistake() -> None:
    without_tls = {"Bool": {"aws:SecureTransport": "false"}}
    statements = [allow("s3:GetObject", "arn:aws:s3:::b/*"), deny("s3:*", "*", without_tls)]
    assert not [each for each in evaluate(*statements) if each.rule.id == "iam-policy-condition-never"]


def test_the_root_user_of_another_account_is_an_identity_unless_the_task_is_harmless() -> None:
    def found(task: str = "") -> list[str]:
        condition = {"StringEquals": {"sts:TaskPolicyArn": f"arn:aws:iam::aws:policy/root-task/{task}"}}
        statement = allow("sts:AssumeRoot", "arn:aws:iam::*:root", *([condition] if task else []))
        return [each.rule.id for each in evaluate(statement) if "-escalation-" in each.rule.id]

    assert found() == found("IAMCreateRootUserPassword") == ["iam-escalation-identities"]
    assert not found("S3UnlockBucketPolicy")


@pytest.mark.parametrize("action", ["iam:CreateAccessKey", "iam:UpdateLoginProfile", "iam:DeactivateMFADevice"])
@pytest.mark.parametrize("resource", [OWN_USER, "arn:aws:iam::*:user/*/${aws:username}"])
def test_what_is_done_to_oneself_is_no_escalation(action: str, resource: str) -> None:
    assert not escalations(action, resource)


@pytest.mark.parametrize(
    "name",
    [
        "OrganizationAccountAccessRole",
        "AWSControlTowerExecution",
        "AWSCloudFormationStackSetExecutionRole",
        "stacksets-exec-*",
        "AWSAFTExecution",
        "path/Administrator",
        "Organization*",
        "*Role",
    ],
)
@pytest.mark.parametrize("account", ["*", "????????????"])
def test_the_administrators_role_of_every_account_is_an_escalation(name: str, account: str) -> None:
    assert ("iam-escalation-identities", Severity.HIGH) in escalations(
        "sts:AssumeRole", f"arn:aws:iam::{account}:role/{name}"
    )


@pytest.mark.parametrize("name", ["Auditor", "app/Reader", "AdminReader"])
def test_another_role_of_every_account_is_no_escalation(name: str) -> None:
    assert not escalations("sts:AssumeRole", f"arn:aws:iam::*:role/{name}")


@pytest.mark.parametrize(
    ("resource", "is_found"),
    [
        ("arn:aws:secretsmanager:*:*:secret:*-??????", True),
        (f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:*", True),
        (f"arn:aws:secretsmanager:us-east-1:{OWN}:*", True),
        (f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:app-??????", False),
        (f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:prod/*", False),
    ],
)
def test_a_pattern_for_every_name_of_a_secret_is_every_secret(resource: str, is_found: bool) -> None:
    assert reads_data(allow(["secretsmanager:GetSecretValue"], resource)) is is_found


def test_a_policy_of_aws_that_reads_every_parameter_is_reported() -> None:
    document = find_aws_policy("arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess")
    assert "iam-policy-data-read" in {each.rule.id for each in evaluate_policy(document, CONTEXT, "aws")}


PRIVATE = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}}
FROM_ELSEWHERE = {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}}


def test_what_is_allowed_from_private_addresses_alone_is_never_allowed() -> None:
    (finding,) = evaluate(allow("iam:AttachRolePolicy", "*", PRIVATE))
    assert finding.rule.id == "iam-policy-condition-never"
    assert "use aws:VpcSourceIp" in finding.message


def test_a_deny_of_every_address_but_private_ones_is_unconditional() -> None:
    assert escalations("iam:AttachRolePolicy", "*")
    found = evaluate(allow("iam:AttachRolePolicy"), deny("iam:*", "*", FROM_ELSEWHERE))
    assert not [each for each in found if "-escalation-" in each.rule.id], format_findings(found)
    public = {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}}
    found = evaluate(allow("iam:AttachRolePolicy"), deny("iam:*", "*", public))
    assert [each for each in found if "-escalation-" in each.rule.id], "from that network it is allowed"


@pytest.mark.parametrize(
    ("action", "key"),
    [
        ("s3:GetObject", "s3:ExistingObjectTag/team"),
        ("s3:PutObject", "s3:RequestObjectTag/team"),
        ("secretsmanager:GetSecretValue", "secretsmanager:ResourceTag/team"),
        ("elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:ResourceTag/team"),
        ("ssm:SendCommand", "ssm:resourceTag/team"),
        ("ec2:CreateSnapshots", "ec2:SourceInstanceARN"),
        ("kms:Decrypt", "kms:EncryptionContext:aws:s3:arn"),
    ],
)
def test_a_key_with_a_name_of_ones_own_and_a_key_of_the_callers_are_carried(action: str, key: str) -> None:
    found = evaluate(allow(action, "*", {"StringEquals": {key: "web"}}))
    assert not [each for each in found if each.rule.id == "iam-policy-unknown-condition-key"], format_findings(found)


@pytest.mark.parametrize(
    ("action", "key", "words"),
    [
        ("s3:GetObject", "s3:ExistingObjectTags/team", "did you mean s3:ExistingObjectTag/<key>?"),
        ("eks:CreateAccessEntry", "eks:policyArn", "By AWS's service reference no request of eks:CreateAccessEntry"),
    ],
)
def test_what_the_reference_lacks_is_said_to_be_lacking_there(action: str, key: str, words: str) -> None:
    found = evaluate(allow(action, "*", {"StringEquals": {key: "web"}}))
    (message,) = (each.message for each in found if each.rule.id == "iam-policy-unknown-condition-key")
    assert words in message
    (message,) = (each.message for each in evaluate(allow("eks:Future")) if each.rule.id == "iam-policy-unknown-action")
    assert "AWS's service reference has no action 'eks:Future'" in message
