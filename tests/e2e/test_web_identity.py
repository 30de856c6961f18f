"""Tokens of an account's own provider: a pattern is compared as one, and refused where IAM would take it literally."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from sandbox import Sandbox
from sandbox.aws.identity_provider import IdentityProviders
from tests.e2e.program import Program
from tests.support.custom_definitions import small

pytestmark = pytest.mark.e2e

ISSUER = "app.terraform.io"
AUDIENCE = "aws.workload.identity"
PROJECT = "organization:acme:project:prod:workspace:app:run_phase:"
TRUST = {"provider": f"arn:{{partition}}:iam::{{account}}:oidc-provider/{ISSUER}", "audience": AUDIENCE}


def program_of(sandbox: Sandbox, folder: Path, subject: str) -> Program:
    definition = folder / "acme.yaml"
    trust = {"web_identity": {**TRUST, "subject": subject}}
    definition.write_text(small(trust=trust, arguments__role=None))
    mine: dict[str, Any] = {"vendor": "custom", "definition": str(definition), "clusters": ["api"]}
    mine["arguments"] = {"namespaces": ["default"]}
    return Program(sandbox, folder, "tokens", {"eks-access:integrations": {"acme": mine}})


@pytest.fixture(scope="module")
def provider(sandbox: Sandbox) -> Iterator[IdentityProviders]:
    """Terraform's issuer, with a key of the sandbox's, in the customer's account."""
    providers = IdentityProviders(sandbox.state.providers)
    providers.create(ISSUER)
    iam = sandbox.boto("iam")
    made = iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[AUDIENCE])
    yield providers
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"])


@pytest.fixture(scope="module")
def deployed(
    sandbox: Sandbox, provider: IdentityProviders, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    program = program_of(sandbox, tmp_path_factory.mktemp("tokens"), f"{PROJECT}*")
    program.up()
    yield program
    program.destroy()


def assume(sandbox: Sandbox, deployed: Program, subject: str, audience: str = AUDIENCE) -> str:
    """The role's session, or the code of STS's refusal."""
    role = deployed.manifest()["integrations"]["acme"]["role"]["arn"]
    token = sandbox.mint_token(issuer=ISSUER, audience=audience, subject=subject)
    sts: Any = sandbox.boto("sts")
    try:
        assumed = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="run", WebIdentityToken=token)
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return str(assumed["AssumedRoleUser"]["Arn"])


@pytest.mark.parametrize("phase", ["plan", "apply"])
def test_every_subject_that_the_pattern_closes_assumes_the_role(
    sandbox: Sandbox, deployed: Program, phase: str
) -> None:
    assert ":assumed-role/" in assume(sandbox, deployed, f"{PROJECT}{phase}")


def test_another_project_and_another_audience_do_not(sandbox: Sandbox, deployed: Program) -> None:
    assert assume(sandbox, deployed, PROJECT.replace("prod", "dev") + "apply") == "AccessDenied"
    assert assume(sandbox, deployed, f"{PROJECT}apply", audience="vault") == "AccessDenied"


def test_the_probe_proves_that_the_pattern_lets_only_its_project_in(sandbox: Sandbox, deployed: Program) -> None:
    token = sandbox.mint_token(issuer=ISSUER, audience=AUDIENCE, subject=f"{PROJECT}apply")
    other = sandbox.mint_token(issuer=ISSUER, audience=AUDIENCE, subject="organization:acme:project:dev:x")
    wrong = sandbox.mint_token(issuer=ISSUER, audience="vault", subject=f"{PROJECT}apply")
    forged = sandbox.mint_token(issuer=ISSUER, audience=AUDIENCE, subject=f"{PROJECT}apply", signed_by="forged")
    files = {"token": token, "wrong_subject": other, "wrong_audience": wrong, "forged": forged}
    for name, text in files.items():
        (deployed.folder / name).write_text(text)
    identities = deployed.folder / "identities.yaml"
    identity = {"web_identity": {name: {"file": str(deployed.folder / name)} for name in files}}
    identities.write_text(yaml.safe_dump({"version": 1, "integrations": {"acme": identity}}))
    deployed.env["EKS_ACCESS_IDENTITIES"] = str(identities)
    probed = deployed.probe()
    assert probed.mismatches() == [], probed.table


@pytest.mark.parametrize("subject", ["repo:acme/app:*", "organization:acme:*", "*"])
def test_a_pattern_that_closes_nothing_is_refused_before_anything_is_created(
    sandbox: Sandbox, tmp_path: Path, subject: str
) -> None:
    done = program_of(sandbox, tmp_path, subject).preview(check=False)
    assert done.returncode != 0
    output = " ".join((done.stdout + done.stderr).split())
    assert "trust.web_identity.subject" in output
    assert "what comes before its wildcard does not name one project, stack or repository" in output
