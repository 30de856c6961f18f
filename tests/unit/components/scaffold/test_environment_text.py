"""The file of a new environment: what is written is what is read, is valid, and has comments."""

from typing import Any

import pytest
import yaml

from eks_access.errors import InvalidInputError
from eks_access.integrations import vendors
from eks_access.model.identity import AuthenticationMode
from eks_access.scaffold.answers import ClusterAnswer, EnvironmentAnswers, IntegrationAnswer, validate_answers
from eks_access.scaffold.environment_text import WIDTH, format_environment
from eks_access.scaffold.project_text import PROGRAM, format_project
from eks_access.scaffold.questions import SHARED, list_questions
from eks_access.stack.configuration import Endpoint
from tests.support.checkout import CHECKOUT
from tests.support.vendors import ARGUMENTS

CONNECTED = {"clusters": {"onprem": {"name": "onprem", "provider": "OTHER", "kubeconfig_file": "~/kube"}}}
API = ClusterAnswer("prod", "prod-eu", mode=AuthenticationMode.API, version="1.35")
OLD = ClusterAnswer("old", "prod-old", region="eu-central-1", mode=AuthenticationMode.CONFIG_MAP, version="1.35")


def answers(
    *integrations: IntegrationAnswer, clusters: tuple[ClusterAnswer, ...] = (API,), **changes: Any
) -> EnvironmentAnswers:
    options = {"project": "shop", "environment": "prod", "account": "012345678901", "region": "eu-west-1", **changes}
    return EnvironmentAnswers(clusters=clusters, integrations=integrations, **options)


def integration(vendor: str, name: str = "", **arguments: Any) -> IntegrationAnswer:
    return IntegrationAnswer(name or vendor, vendors()[vendor], arguments)


def config(of: EnvironmentAnswers) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(format_environment(of))["config"]
    return found


@pytest.mark.parametrize("vendor", sorted(ARGUMENTS))
def test_what_is_written_for_a_vendor_is_read_as_it_was_answered_and_is_valid(vendor: str) -> None:
    own = CONNECTED if vendors()[vendor].own_clusters else {}
    arguments = {name: getattr(value, "value", value) for name, value in (ARGUMENTS[vendor] | own).items()}
    written = answers(integration(vendor, "acme", **arguments))
    assert config(written)["shop:integrations"] == {"acme": {"vendor": vendor, **arguments}}
    (described,) = validate_answers(written, format_environment(written))
    assert described.integration.vendor == vendor or vendor == "custom"


def test_an_account_and_other_numbers_stay_texts() -> None:
    written = config(answers(integration("opentrace", client_id="123", subject="0o17")))
    assert written["shop:aws"]["account"] == "012345678901"
    assert written["shop:integrations"]["opentrace"] == {"client_id": "123", "subject": "0o17"}


def test_values_that_yaml_would_take_for_something_else_are_quoted() -> None:
    values = ["yes", "null", "a: b", "#x", "{x}", "'", '"', "1e3", "é", "- a"]
    written = config(answers(integration("cado", platform_role_arns=values)))
    assert written["shop:integrations"]["cado"]["platform_role_arns"] == values


def test_the_endpoint_of_a_sandbox_and_regions_that_differ_are_written() -> None:
    written = config(answers(clusters=(API, OLD), endpoint=Endpoint.LOOPBACK))
    assert written["shop:aws"]["endpoint"] == "loopback"
    assert written["shop:clusters"] == {
        "prod": {"name": "prod-eu"},
        "old": {"name": "prod-old", "region": "eu-central-1"},
    }
    assert "endpoint" not in config(answers())["shop:aws"]


def test_nothing_is_an_empty_mapping_that_reads_as_one() -> None:
    written = config(answers(clusters=()))
    assert (written["shop:clusters"], written["shop:integrations"]) == ({}, {})


def test_the_comments_say_what_was_seen_and_what_else_can_be_set() -> None:
    written = answers(
        integration("opentrace", **ARGUMENTS["opentrace"]), clusters=(API, OLD, ClusterAnswer("dark", "dark"))
    )
    text = format_environment(written)
    assert "# prod-eu, Kubernetes 1.35, authentication mode API: entered by access entries" in text
    assert "authentication mode CONFIG_MAP: entered by aws-auth" in text
    assert "# dark: its authentication mode was not read" in text
    optional = {each.name for each in list_questions(vendors()["opentrace"]) if not each.required} - SHARED
    for name in [*optional, "profile"]:
        assert f"#   {name}" in text, name
    assert "permissions_boundary" not in text, "an option of every integration is in the documentation"
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_secret_is_only_referred_to_and_the_comment_has_its_command() -> None:
    connector = {"client_id": {"secret": "c1-client-id"}, "client_secret": {"secret": "c1-client-secret"}}
    of = integration(
        "conductorone", "c1", hosting="self_hosted_irsa", oidc_issuer="oidc.example.com", deploy_connector=connector
    )
    assert answers(of).secrets == ("c1-client-id", "c1-client-secret")
    assert "# c1-client-id is set by `pulumi config set --secret -- c1-client-id`." in format_environment(answers(of))
    assert validate_answers(answers(of), format_environment(answers(of)))


@pytest.mark.parametrize(
    ("vendor", "arguments", "path"),
    [
        (
            "conductorone",
            {
                "hosting": "self_hosted_irsa",
                "oidc_issuer": "oidc.example.com",
                "deploy_connector": {"client_id": {"secret": "a"}, "client_secret": "hunter2"},
            },
            "integrations.acme.deploy_connector.client_secret",
        ),
        (
            "eks-connector",
            {"clusters": {"onprem": {"name": "x", "provider": "OTHER", "kubeconfig": "hunter2"}}},
            "integrations.acme.clusters.onprem.kubeconfig",
        ),
    ],
)
def test_a_secret_in_clear_is_refused_and_not_repeated(vendor: str, arguments: dict[str, Any], path: str) -> None:
    of = answers(integration(vendor, "acme", **arguments))
    with pytest.raises(InvalidInputError, match="is a secret, and must not be in the file in clear") as refused:
        validate_answers(of, format_environment(of))
    assert refused.value.path == path
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "path", "words"),
    [
        ({}, "integrations.conductorone.external_id", "is required"),
        ({"external_id": "x y"}, "integrations.conductorone.external_id", "is not an ExternalId"),
        ({"external_id": "c1", "teir": "sync"}, "integrations.conductorone.teir", "is not a known property"),
        ({"external_id": "c1", "tier": "all"}, "integrations.conductorone.tier", "does not fit"),
    ],
)
def test_what_a_deployment_would_refuse_is_refused_with_its_path(
    arguments: dict[str, Any], path: str, words: str
) -> None:
    of = answers(integration("conductorone", **arguments))
    with pytest.raises(InvalidInputError, match=words) as refused:
        validate_answers(of, format_environment(of))
    assert refused.value.path == path


def test_the_mode_of_the_cluster_decides_what_is_valid() -> None:
    page = integration("opentrace", **ARGUMENTS["opentrace"], profile="vendor")
    with pytest.raises(InvalidInputError, match="has no access policies"):
        validate_answers(answers(page, clusters=(OLD,)), format_environment(answers(page, clusters=(OLD,))))
    assert validate_answers(answers(page), format_environment(answers(page)))


def test_the_program_of_a_new_project_is_that_of_this_checkout() -> None:
    assert (CHECKOUT / "__main__.py").read_text() == PROGRAM


def test_a_new_project_runs_in_the_environment_of_its_folder_or_in_the_python_on_the_path() -> None:
    assert yaml.safe_load(format_project("shop", None))["runtime"] == "python"
    runtime = {"name": "python", "options": {"virtualenv": ".venv"}}
    assert yaml.safe_load(format_project("shop", ".venv"))["runtime"] == runtime
