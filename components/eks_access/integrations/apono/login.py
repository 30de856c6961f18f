"""How people assume Apono's role: their AWS profile and the commands, by kind of federation.

Apono's page shows `aws sts assume-role` for both. STS refuses it for a SAML trust, which needs another call.
"""

from ...model.integration import Place
from ...model.trust import IdentityCenter, Saml
from ...shell_command import format_command

SESSION_SECONDS = 3600
"""A session made with another role's session lasts an hour at most (role chaining), whatever the role allows.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
"""
LONGEST_SESSION_NAME = 64
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (RoleSessionName)"""


def login_steps(place: Place, role_name: str, trust: IdentityCenter | Saml) -> tuple[str, ...]:
    kubeconfigs = "\n".join(
        format_command(
            "aws eks update-kubeconfig", {"profile": role_name, "region": cluster.region, "name": cluster.name}
        )
        for cluster in place.clusters
    )
    by_federation = _sso(place, role_name) if isinstance(trust, IdentityCenter) else _saml(place, role_name, trust)
    return (
        *by_federation,
        f"For each cluster that they get access to, people then run:\n{kubeconfigs}",
        f"Session names have at most {LONGEST_SESSION_NAME} characters: people with longer mail addresses cannot come"
        " in under them.",
    )


def _sso(place: Place, role_name: str) -> tuple[str, ...]:
    profile = f"""[profile {role_name}]
role_arn = {place.role_arn}
role_session_name = <EMAIL>
source_profile = <your Identity Center profile>
duration_seconds = {SESSION_SECONDS}"""
    command = format_command(
        "aws sts assume-role",
        {
            "role-arn": place.role_arn,
            "role-session-name": "<EMAIL>",
            "duration-seconds": str(SESSION_SECONDS),
            "profile": "<your Identity Center profile>",
        },
    )
    return (
        "Allow sts:AssumeRole on the role in the permission sets of the people who use it.",
        f"People add this to ~/.aws/config; <EMAIL> is their user name in Identity Center:\n{profile}",
        f"Or they run:\n{command}",
        f"{SESSION_SECONDS} seconds is the longest: the role is assumed from another role's session.",
    )


def _saml(place: Place, role_name: str, trust: Saml) -> tuple[str, ...]:
    # The AWS SDKs pass it to a shell, or split it as one does; the path of a role may have any printable character.
    process = format_command("saml2aws login --credential-process", {"role": place.role_arn, "profile": role_name})
    profile = f"[profile {role_name}]\ncredential_process = {process}"
    command = format_command(
        "aws sts assume-role-with-saml",
        {
            "role-arn": place.role_arn,
            "principal-arn": trust.provider,
            "saml-assertion": "file://assertion",
            "duration-seconds": str(SESSION_SECONDS),
        },
    )
    return (
        "In your identity provider map the mail address to"
        " https://aws.amazon.com/SAML/Attributes/RoleSessionName, and give people the role:"
        f" {place.role_arn},{trust.provider}",
        f"People with saml2aws add this to ~/.aws/config:\n{profile}",
        f"Or they run, with the assertion (base64) in a file:\n{command}",
        "The page's `aws sts assume-role` does not work here: the role is assumed with an assertion.",
    )
