"""Which identities a stack gives rights to, by whatever resource, and what is not known of them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from eks_access_policies.access.iam.identities import find_identities
from eks_access_policies.access.iam.model import NOT_KNOWN_YET, Identity
from eks_access_policies.stack import UNKNOWN, Resource, Stack

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
OTHER = "arn:aws:iam::111122223333:policy/other"
SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"


def document(*actions: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]})


def resource(
    type: str, label: str = "x", /, links: Mapping[str, tuple[Resource, ...]] | None = None, **properties: Any
) -> Resource:
    urn = f"urn:pulumi:dev::test::{type}::{label}"
    dependencies = {key: tuple(each.urn for each in value) for key, value in (links or {}).items()}
    return Resource(urn, type, label, properties, property_dependencies=dependencies)


def role(name: str = "r", **properties: Any) -> Resource:
    return resource("aws:iam/role:Role", f"role-{name}", name=name, **properties)


def user(name: str = "u", **properties: Any) -> Resource:
    return resource("aws:iam/user:User", f"user-{name}", name=name, **properties)


def group(name: str = "g", **properties: Any) -> Resource:
    return resource("aws:iam/group:Group", f"group-{name}", name=name, **properties)


def managed(name: str, *actions: str, **properties: Any) -> Resource:
    return resource("aws:iam/policy:Policy", name, name=name, policy=document(*actions), **properties)


def find(*resources: Resource) -> dict[str, Identity]:
    """The identities by their description: `role r`, `user u (not in this stack)`."""
    return {str(each): each for each in find_identities(Stack(resources)).values()}


def actions(identity: Identity) -> set[str]:
    return {action for statement in identity.statements for action in statement.actions}


def gaps(identity: Identity) -> list[tuple[str, str]]:
    return [(each.what, each.name) for each in identity.gaps]


ATTACHMENTS = [
    ("role", resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", role="n", policyArn=ADMIN)),
    ("user", resource("aws:iam/userPolicyAttachment:UserPolicyAttachment", user="n", policyArn=ADMIN)),
    ("group", resource("aws:iam/groupPolicyAttachment:GroupPolicyAttachment", group="n", policyArn=ADMIN)),
    ("role", resource("aws:iam/policyAttachment:PolicyAttachment", roles=["n"], policyArn=ADMIN)),
    ("user", resource("aws:iam/policyAttachment:PolicyAttachment", users=["n"], policyArn=ADMIN)),
    ("group", resource("aws:iam/policyAttachment:PolicyAttachment", groups=["n"], policyArn=ADMIN)),
    (
        "role",
        resource(
            "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", roleName="n", policyArns=[ADMIN]
        ),
    ),
    (
        "user",
        resource(
            "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive", userName="n", policyArns=[ADMIN]
        ),
    ),
    (
        "group",
        resource(
            "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
            groupName="n",
            policyArns=[ADMIN],
        ),
    ),
    ("role", resource("aws:iam/rolePolicy:RolePolicy", role="n", policy=document("*"))),
    ("user", resource("aws:iam/userPolicy:UserPolicy", user="n", policy=document("*"))),
    ("group", resource("aws:iam/groupPolicy:GroupPolicy", group="n", policy=document("*"))),
    ("role", resource("aws-native:iam:RolePolicy", roleName="n", policyDocument=document("*"))),
    ("user", resource("aws-native:iam:UserPolicy", userName="n", policyDocument=document("*"))),
    ("group", resource("aws-native:iam:GroupPolicy", groupName="n", policyDocument=document("*"))),
    ("role", resource("aws-native:iam:ManagedPolicy", roles=["n"], policyDocument=document("*"))),
    ("user", resource("aws-native:iam:ManagedPolicy", users=["n"], policyDocument=document("*"))),
    ("group", resource("aws-native:iam:ManagedPolicy", groups=["n"], policyDocument=document("*"))),
]


@pytest.mark.parametrize(("kind", "attachment"), ATTACHMENTS, ids=lambda each: getattr(each, "type", each))
def test_who_gets_a_policy_has_it_whether_or_not_it_is_in_the_stack(kind: str, attachment: Resource) -> None:
    elsewhere = find(attachment)[f"{kind} n (not in this stack)"]
    assert actions(elsewhere) == {"*"}
    of_kind = {"role": role, "user": user, "group": group}
    found = find(of_kind[kind]("n"), of_kind[kind]("other"), attachment)
    assert actions(found[f"{kind} n"]) == {"*"}
    assert actions(found[f"{kind} other"]) == set()
    assert f"{kind} n (not in this stack)" not in found


SETS = [
    resource("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", inlinePolicy=document("*")),
    resource("aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment", managedPolicyArn=ADMIN),
    resource(
        "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive", managedPolicyArns=[ADMIN]
    ),
    resource(
        "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment",
        customerManagedPolicyReference={"name": "p", "path": "/"},
    ),
    resource(
        "aws:ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive",
        customerManagedPolicyReferences=[{"name": "p", "path": "/"}],
    ),
]


@pytest.mark.parametrize("attachment", SETS, ids=lambda each: each.type)
def test_a_permission_set_has_its_policies_whether_or_not_it_is_in_the_stack(attachment: Resource) -> None:
    named = Resource(attachment.urn, attachment.type, "x", {**attachment.properties, "permissionSetArn": SET})
    assert actions(find(named, managed("p", "*"))[f"permission set {SET} (not in this stack)"]) == {"*"}
    here = resource("aws:ssoadmin/permissionSet:PermissionSet", name="admins", arn=SET)
    found = find(named, here, managed("p", "*"))
    assert actions(found["permission set admins"]) == {"*"}
    assert f"permission set {SET} (not in this stack)" not in found


def test_a_native_permission_set_has_what_its_own_properties_give() -> None:
    given = {"inlinePolicy": json.loads(document("eks:ListClusters")), "managedPolicies": [ADMIN]}
    given |= {"customerManagedPolicyReferences": [{"name": "p"}, {"name": "elsewhere"}]}
    found = find(resource("aws-native:sso:PermissionSet", name="admins", **given), managed("p", "s3:ListBucket"))
    admins = found["permission set admins"]
    assert actions(admins) == {"eks:ListClusters", "*", "s3:ListBucket"}
    assert [name for name, each in admins.managed.items() if each.document is None] == ["elsewhere"]


def test_an_attachment_without_policies_makes_no_identity() -> None:
    exclusive = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
    assert find(resource(exclusive, roleName="n", policyArns=[])) == {}
    assert list(find(resource(exclusive, roleName="n", policyArns=[OTHER]))) == ["role n (not in this stack)"]


@pytest.mark.parametrize(
    "membership",
    [
        resource("aws:iam/userGroupMembership:UserGroupMembership", user="u", groups=["g"]),
        resource("aws:iam/groupMembership:GroupMembership", users=["u"], group="g"),
        resource("aws-native:iam:UserToGroupAddition", users=["u"], groupName="g"),
    ],
    ids=lambda each: each.type,
)
def test_a_user_has_the_rights_of_the_groups_that_it_joins(membership: Resource) -> None:
    inline = resource("aws:iam/groupPolicy:GroupPolicy", group="g", policy=document("s3:ListBucket"))
    attached = resource("aws:iam/groupPolicyAttachment:GroupPolicyAttachment", group="g", policyArn=ADMIN)
    found = find(user(), user("other"), group(), inline, attached, membership)
    assert actions(found["user u"]) == {"s3:ListBucket", "*"}
    assert actions(found["user other"]) == set()
    assert gaps(found["user u"]) == []


def test_a_native_user_joins_the_groups_of_its_own_property() -> None:
    inline = resource("aws:iam/groupPolicy:GroupPolicy", group="g", policy=document("*"))
    native = resource("aws-native:iam:User", userName="u", groups=["g"])
    assert actions(find(native, group(), inline)["user u"]) == {"*"}


def test_the_rights_of_a_group_that_is_not_in_the_stack_are_a_gap() -> None:
    membership = resource("aws:iam/userGroupMembership:UserGroupMembership", user="u", groups=["elsewhere"])
    assert gaps(find(user(), membership)["user u"]) == [("group", "elsewhere")]
    inline = resource("aws:iam/groupPolicy:GroupPolicy", group="elsewhere", policy=document("*"))
    joined = find(user(), membership, inline)["user u"]
    assert (actions(joined), gaps(joined)) == ({"*"}, [("group", "elsewhere")])


def test_a_managed_policy_is_everyone_who_has_it_and_attached_if_someone_here_has_it() -> None:
    policy = managed("p", "s3:ListBucket", arn=OTHER)
    alone = find(policy)["anyone who has the policy p"]
    assert (actions(alone), alone.is_attached) == ({"s3:ListBucket"}, False)
    attachment = resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", role="n", policyArn=OTHER)
    assert find(policy, attachment)["anyone who has the policy p"].is_attached
    assert find(policy, role(permissionsBoundary=OTHER))["anyone who has the policy p"].is_attached


def test_a_policy_of_the_stack_is_found_by_name_while_its_arn_is_not_known() -> None:
    attachment = resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", role="r", policyArn=OTHER)
    assert actions(find(role(), managed("other", "*"), attachment)["role r"]) == {"*"}
    elsewhere = managed("other", "*", arn="arn:aws:iam::999900001111:policy/other")
    found = find(role(), elsewhere, attachment)["role r"]
    assert (actions(found), list(found.managed)) == (set(), [OTHER])


def test_an_unknown_list_of_policies_is_a_gap_unless_the_provider_computes_it() -> None:
    given = role(managedPolicyArns=UNKNOWN)
    computed = Resource(given.urn, given.type, given.name, given.properties, inputs={"name": "r"})
    set_by_program = Resource(given.urn, given.type, given.name, given.properties, inputs=given.properties)
    assert gaps(find(set_by_program)["role r"]) == [("attached policy", "")]
    assert gaps(find(computed)["role r"]) == []
    assert gaps(find(given)["role r"]) == [], "the engine passes computed properties as it does those that are set"


def test_a_list_of_policies_that_is_known_in_part_is_a_gap_and_keeps_what_is_known() -> None:
    found = find(role(managedPolicyArns=[ADMIN, UNKNOWN]))["role r"]
    assert (actions(found), gaps(found)) == ({"*"}, [("attached policy", "")])
    policy = managed("p", "s3:ListBucket")
    links = {"managedPolicyArns": (policy,)}
    created = resource("aws:iam/role:Role", "r", links, name="r", managedPolicyArns=[ADMIN, UNKNOWN])
    found = find(policy, created)["role r"]
    assert (actions(found), gaps(found)) == ({"*", "s3:ListBucket"}, [])


def test_a_list_that_is_unknown_as_a_whole_may_have_more_than_the_policies_it_comes_from() -> None:
    policy, reference = managed("p", "*"), resource("pulumi:pulumi:StackReference", "network")

    def attach(*sources: Resource) -> Identity:
        exclusive = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
        made = resource(exclusive, links={"policyArns": sources}, roleName="r", policyArns=UNKNOWN)
        return find(role(), policy, reference, made)["role r"]

    assert (actions(attach(policy)), gaps(attach(policy))) == ({"*"}, [])
    both = attach(policy, reference)
    assert (actions(both), gaps(both)) == ({"*"}, [("attached policy", "")])


def test_an_attachment_whose_role_is_not_known_yet_has_a_principal_of_its_own() -> None:
    kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    unknown = resource(kind, role=UNKNOWN, policyArn=ADMIN)
    assert actions(find(role(), unknown)[f"role {NOT_KNOWN_YET} (not in this stack)"]) == {"*"}
    of_stack = role()
    linked = resource(kind, links={"role": (of_stack,)}, role=UNKNOWN, policyArn=ADMIN)
    assert actions(find(of_stack, linked)["role r"]) == {"*"}


def test_of_several_roles_each_is_found_whether_named_linked_or_neither() -> None:
    one, other = role("one"), role("other")
    attachment = resource(
        "aws:iam/policyAttachment:PolicyAttachment",
        links={"roles": (one, other)},
        roles=["one", UNKNOWN, "elsewhere", UNKNOWN],
        policyArn=ADMIN,
    )
    found = find(one, other, attachment)
    assert {name for name, each in found.items() if actions(each)} == {
        "role one",
        "role other",
        "role elsewhere (not in this stack)",
        f"role {NOT_KNOWN_YET} (not in this stack)",
    }


def test_a_document_that_is_not_known_yet_is_a_gap_of_who_has_it() -> None:
    inline = resource("aws:iam/rolePolicy:RolePolicy", role="elsewhere", policy=UNKNOWN)
    assert gaps(find(inline)["role elsewhere (not in this stack)"]) == [("inline policy", "")]
    known = resource("aws:iam/rolePolicy:RolePolicy", role="elsewhere", policy=document("*"))
    assert gaps(find(known)["role elsewhere (not in this stack)"]) == []


def test_an_inline_policy_that_is_kept_and_not_in_the_stack_is_a_gap() -> None:
    kept = resource("aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", roleName="r", policyNames=["own", "manual"])
    own = resource("aws:iam/rolePolicy:RolePolicy", role="r", name="own", policy=document("*"))
    manual = resource("aws:iam/rolePolicy:RolePolicy", "manual", role="r", name="manual", policy=document("*"))
    assert gaps(find(role(), kept, own)["role r"]) == [("inline policy", "manual")]
    assert gaps(find(role(), kept, own, manual)["role r"]) == []


def test_the_document_of_a_boundary_is_known_from_the_stack_or_from_aws() -> None:
    policy = managed("p", "s3:*", arn=OTHER)
    found = find(policy, role("own", permissionsBoundary=OTHER), role("aws", permissionsBoundary=ADMIN))
    assert (found["role own"].boundary, found["role own"].boundary_document) == (OTHER, document("s3:*"))
    assert found["role aws"].boundary_document is not None
    elsewhere = find(role(permissionsBoundary=OTHER))["role r"]
    assert (elsewhere.boundary, elsewhere.boundary_document, gaps(elsewhere)) == (OTHER, None, [])
    unknown = find(role(permissionsBoundary=UNKNOWN))["role r"]
    assert (unknown.boundary, gaps(unknown)) == (NOT_KNOWN_YET, [("permissions boundary", "")])
    assert find(role(permissionsBoundary=""))["role r"].boundary is None


def test_a_permission_set_is_limited_by_the_boundary_that_is_attached_to_it() -> None:
    kind = "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment"
    here = resource("aws:ssoadmin/permissionSet:PermissionSet", name="admins", arn=SET)
    by_arn = resource(kind, permissionSetArn=SET, permissionsBoundary={"managedPolicyArn": ADMIN})
    assert find(here, by_arn)["permission set admins"].boundary == ADMIN
    reference = {"customerManagedPolicyReference": {"name": "p"}}
    by_name = resource(kind, permissionSetArn=SET, permissionsBoundary=reference)
    assert find(here, managed("p", "*"), by_name)["permission set admins"].boundary_document == document("*")
    assert find(here)["permission set admins"].boundary is None
