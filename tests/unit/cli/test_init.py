"""`eks-access init`: what it asks, what it writes, and what it refuses to write."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.awsrequest import AWSResponse
from click.testing import CliRunner, Result

from eks_access.scaffold.answers import validate_answers
from eks_access_cli.flows import init
from eks_access_cli.main import main
from tests.support.doctor import ACCOUNT, Answers, json_answer
from tests.support.world import World, xml_error

MODES = {"prod-eu": "API", "prod-old": "CONFIG_MAP"}
CADO = ["--integration", "cado", "--set", "cado.platform_role_arns=arn:aws:iam::444455556666:role/CadoPlatform"]
ALL = ["--environment", "prod", "--region", "eu-west-1", "--all-clusters"]


@pytest.fixture
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account with two clusters."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADEPLOYER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "deployers-own-key")
    answers = Answers(world, "")

    def describe(request: Any) -> AWSResponse:
        name = request.url.rpartition("/")[2]
        mode = {"authenticationMode": MODES[name]}
        return json_answer({"cluster": {"name": name, "version": "1.35", "accessConfig": mode}})

    world.answers |= {
        "DescribeCluster": describe,
        "ListClusters": lambda _: json_answer({"clusters": list(MODES)}),
    }
    assert answers.account == ACCOUNT
    return world


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "infra"
    path.mkdir()
    return path


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is a terminal."""
    monkeypatch.setattr(init, "is_interactive", lambda: True)


def run(folder: Path, *options: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["init", "-C", str(folder), *options], input=typed, catch_exceptions=False)


def written(folder: Path, environment: str = "prod") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / f"Pulumi.{environment}.yaml").read_text())["config"]
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_with_options_it_writes_a_project_and_an_environment(account: World, folder: Path) -> None:
    done = run(folder, *ALL, *CADO)
    assert done.exit_code == 0, done.output
    assert names(folder) == ["Pulumi.prod.yaml", "Pulumi.yaml", "__main__.py"]
    config = written(folder)
    assert config["eks-access:aws"] == {"account": ACCOUNT, "region": "eu-west-1", "endpoint": "loopback"}
    assert config["eks-access:clusters"] == {"prod-eu": {"name": "prod-eu"}, "prod-old": {"name": "prod-old"}}
    assert config["eks-access:integrations"]["cado"]["platform_role_arns"] == [
        "arn:aws:iam::444455556666:role/CadoPlatform"
    ]
    for command in ("pulumi stack select --create", "eks-access doctor", "pulumi up", "eks-access probe"):
        assert f"  {command} --stack=prod" in done.output


def test_an_environment_to_adopt_into_has_no_integration_yet(account: World, folder: Path) -> None:
    done = run(folder, *ALL, "--no-integrations")
    assert done.exit_code == 0, done.output
    assert written(folder)["eks-access:integrations"] == {}
    assert "eks-access adopt --stack=prod" in done.output
    assert "pulumi up" not in done.output, "nothing is to be deployed before"


def test_on_a_terminal_nothing_is_an_answer_to_which_integrations(account: World, folder: Path, typing: None) -> None:
    done = run(folder, *ALL, typed="\n")
    assert done.exit_code == 0, done.output
    assert written(folder)["eks-access:integrations"] == {}


def test_no_integrations_goes_without_any(account: World, folder: Path) -> None:
    done = run(folder, *ALL, "--no-integrations", *CADO)
    assert done.exit_code == 2
    assert "--no-integrations goes without --integration" in done.output
    assert names(folder) == []


def test_what_is_not_given_is_named_where_nothing_can_be_asked(account: World, folder: Path) -> None:
    done = run(folder, "--integration", "opentrace", "--set", "opentrace.client_id=1")
    assert done.exit_code == 2
    for option in ("--environment NAME", "--region REGION", "--cluster NAME", "--set opentrace.subject=…"):
        assert option in done.output
    assert "opentrace.client_id" not in done.output, "what is given is not asked for again"
    assert names(folder) == []
    done = run(folder, "--environment", "prod", "--region", "eu-west-1")
    assert "(prod-eu, prod-old)" in done.output, "the clusters to choose from"
    assert "--account" not in done.output, "the credentials have one"


def test_on_a_terminal_it_asks_for_what_is_not_given(account: World, folder: Path, typing: None) -> None:
    typed = ["prod", "eu-west-1", "", "opentrace", "1.apps.googleusercontent.com", "11"]
    done = run(folder, typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert "prod-old  CONFIG_MAP, Kubernetes 1.35" in done.output
    assert "The numeric Google id of OpenTrace's identity." in done.output
    assert list(written(folder)["eks-access:clusters"]) == ["prod-eu", "prod-old"], "all by default"
    assert written(folder)["eks-access:integrations"]["opentrace"] == {
        "client_id": "1.apps.googleusercontent.com",
        "subject": "11",
    }


def test_what_the_vendor_requires_besides_its_type_is_asked_for_one_by_one(
    account: World, folder: Path, typing: None
) -> None:
    typed = ["prod-eu", "{secret: c1-id}"]
    done = run(folder, *ALL, "--integration", "c1=conductorone", typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert written(folder)["eks-access:integrations"]["c1"] == {
        "vendor": "conductorone",
        "clusters": ["prod-eu"],
        "external_id": {"secret": "c1-id"},
    }
    assert "pulumi config set --secret --stack=prod -- c1-id" in done.output


def test_secrets_are_never_asked_for(account: World, folder: Path, typing: None) -> None:
    options = [
        *("--integration", "c1=conductorone", "--set", "c1.clusters=prod-eu"),
        *("--set", "c1.hosting=self_hosted_keys", "--set", f"c1.principal_arn=arn:aws:iam::{ACCOUNT}:user/baton"),
        *("--set", "c1.deploy_connector={client_id: {secret: id}, client_secret: {secret: key}}"),
    ]
    done = run(folder, *ALL, *options, typed="")
    assert done.exit_code == 0, done.output
    connector = written(folder)["eks-access:integrations"]["c1"]["deploy_connector"]
    assert connector["client_secret"] == {"secret": "key"}
    assert connector["access_key_id"] == {"secret": "c1-access-key-id"}, "the vendor requires it with this hosting"


def test_a_structure_is_asked_for_part_by_part(account: World, folder: Path, typing: None) -> None:
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text("")
    typed = ["onprem", "dc-1", "OTHERS", "OTHER", "", str(kubeconfig)]
    done = run(folder, *ALL, "--integration", "eks-connector", typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert "is not one of" in done.output, "a wrong answer is asked for again"
    assert written(folder)["eks-access:integrations"]["eks-connector"]["clusters"] == {
        "onprem": {"name": "dc-1", "provider": "OTHER", "kubeconfig_file": str(kubeconfig)}
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--cluster", "stage", *CADO], "is not a cluster of the region. It has: prod-eu, prod-old."),
        (["--cluster", "prod-eu", "--cluster", "prod-eu", *CADO], "is given twice"),
        (["--all-clusters", "--integration", "cadoo"], "is not a known vendor"),
        (["--all-clusters", "--integration", "Cado=cado"], "is not a name"),
        (["--all-clusters", *CADO, "--integration", "cado"], "is given twice"),
        (["--all-clusters", *CADO, "--set", "apono.x=1"], "there is no --integration apono"),
        (["--all-clusters", *CADO, "--set", "cado.namespaces"], "write NAME.ARGUMENT=VALUE"),
        (["--all-clusters", *CADO, "--set", "cado.namespace=x"], "cado.namespace is not a known property"),
        (["--all-clusters", *CADO, "--set", "cado.namespaces=kube-system"], "is a system namespace"),
        (["--all-clusters", *CADO, "--account", "12"], "is not an account id"),
        (["--all-clusters", *CADO, "--account", "999999999999"], f"which is {ACCOUNT}"),
        (["--all-clusters", *CADO, "--project", "a b"], "is not a project's name"),
        (["--all-clusters", *CADO, "--cluster", "x"], "--cluster goes without --all-clusters"),
    ],
)
def test_what_is_not_valid_is_refused_and_nothing_is_written(
    account: World, folder: Path, options: list[str], words: str
) -> None:
    done = run(folder, "--environment", "prod", "--region", "eu-west-1", *options)
    assert (done.exit_code, words in done.output) == (2, True), done.output
    assert names(folder) == []


@pytest.mark.parametrize("environment", ["../prod", "a b", "a/b", ""])
def test_an_environment_has_a_name_that_is_a_file_of_the_folder(account: World, folder: Path, environment: str) -> None:
    done = run(folder, "--environment", environment, "--region", "eu-west-1", "--all-clusters", *CADO)
    assert done.exit_code == 2
    assert names(folder) == []


def test_a_secret_in_clear_is_refused_and_not_repeated(account: World, folder: Path) -> None:
    options = [
        *("--integration", "c1=conductorone", "--set", "c1.clusters=prod-eu", "--set", "c1.hosting=self_hosted_irsa"),
        *("--set", "c1.oidc_issuer=oidc.example.com", "--set", "c1.deploy_connector.client_id={secret: id}"),
    ]
    done = run(folder, *ALL, *options, "--set", "c1.deploy_connector.client_secret=hunter2")
    assert (done.exit_code, "is a secret" in done.output, "hunter2" in done.output) == (2, True, False)
    assert names(folder) == []
    done = run(folder, *ALL, *options, "--set", "c1.deploy_connector.client_secret={secret: key}")
    assert done.exit_code == 0, done.output
    connector = {"client_id": {"secret": "id"}, "client_secret": {"secret": "key"}}
    assert written(folder)["eks-access:integrations"]["c1"]["deploy_connector"] == connector


def test_no_file_is_overwritten_and_another_environment_is_written_beside_it(account: World, folder: Path) -> None:
    assert run(folder, *ALL, *CADO).exit_code == 0
    before = {name: (folder / name).read_bytes() for name in names(folder)}
    done = run(folder, *ALL, *CADO, "--set", "cado.namespaces=web")
    assert (done.exit_code, "is there already, and is not overwritten" in done.output) == (2, True)
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before
    stage = ["--environment", "stage", "--region", "eu-west-1", "--cluster", "main=prod-eu"]
    assert run(folder, *stage, *CADO).exit_code == 0
    assert written(folder, "stage")["eks-access:clusters"] == {"main": {"name": "prod-eu"}}
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_a_project_keeps_its_name_and_its_files(account: World, folder: Path) -> None:
    project = "name: shop\nruntime: python\nstackConfigDir: stacks\n"
    (folder / "Pulumi.yaml").write_text(project)
    (folder / "stacks").mkdir()
    assert run(folder, *ALL, *CADO, "--project", "other").exit_code == 2
    assert run(folder, *ALL, *CADO).exit_code == 0
    assert names(folder) == ["Pulumi.yaml", "stacks"]
    assert "shop:aws" in written(folder / "stacks")
    assert (folder / "Pulumi.yaml").read_text() == project


def test_a_program_without_a_project_is_left_alone(account: World, folder: Path) -> None:
    (folder / "__main__.py").write_text("")
    done = run(folder, *ALL, *CADO)
    assert (done.exit_code, "Choose an empty folder" in done.output) == (2, True)
    assert names(folder) == ["__main__.py"]


def test_files_that_appear_meanwhile_are_not_overwritten_and_nothing_is_left(
    account: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def appear(*arguments: Any) -> Any:
        (folder / "Pulumi.prod.yaml").write_text("theirs")
        return validate_answers(*arguments)

    monkeypatch.setattr(init, "validate_answers", appear)
    done = run(folder, *ALL, *CADO)
    assert (done.exit_code, "File exists; nothing was written" in done.output) == (2, True)
    assert names(folder) == ["Pulumi.prod.yaml"]
    assert (folder / "Pulumi.prod.yaml").read_text() == "theirs"


def test_an_account_that_cannot_be_looked_at_is_taken_by_its_word_and_that_is_said(
    account: World, folder: Path
) -> None:
    account.answers["GetCallerIdentity"] = lambda _: xml_error(403, "ExpiredToken", "The token has expired")
    done = run(folder, *ALL, *CADO)
    assert (done.exit_code, "--all-clusters: no cluster is known" in done.output) == (2, True)
    given = ["--environment", "prod", "--region", "eu-west-1", "--cluster", "anything"]
    assert "--account ID" in run(folder, *given, *CADO).output
    done = run(folder, *given, *CADO, "--account", "999999999999")
    assert done.exit_code == 0
    assert "It was not compared with the account" in done.output
    assert "its authentication mode was not read" in (folder / "Pulumi.prod.yaml").read_text()


def test_the_mode_of_a_cluster_counts(account: World, folder: Path) -> None:
    page = ["--integration", "opentrace", "--set", "opentrace.client_id=11", "--set", "opentrace.subject=11"]
    page += ["--set", "opentrace.profile=vendor"]
    base = ["--environment", "prod", "--region", "eu-west-1"]
    done = run(folder, *base, "--cluster", "prod-old", *page)
    assert (done.exit_code, "has no access policies" in done.output) == (2, True)
    assert run(folder, *base, "--cluster", "prod-eu", *page).exit_code == 0


def test_an_environment_on_aws_has_no_endpoint(account: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert run(folder, *ALL, *CADO).exit_code == 0
    assert "endpoint" not in written(folder)["eks-access:aws"]


def test_the_folders_own_environment_runs_the_program(
    account: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", str(folder / ".venv"))
    assert run(folder, *ALL, *CADO).exit_code == 0
    runtime = yaml.safe_load((folder / "Pulumi.yaml").read_text())["runtime"]
    assert runtime == {"name": "python", "options": {"virtualenv": ".venv"}}


def test_a_custom_definition_is_read_from_the_folder(account: World, folder: Path) -> None:
    definition = Path(__file__).parents[3] / "examples" / "custom" / "cloudquery.yaml"
    (folder / "acme.yaml").write_text(definition.read_text())
    options = ["--integration", "acme=custom", "--set", "acme.definition=acme.yaml"]
    done = run(folder, *ALL, *options)
    assert (done.exit_code, "integrations.acme.arguments.principal_arn" in done.output) == (2, True), done.output
    arguments = json.dumps({"principal_arn": "arn:aws:iam::444455556666:role/x", "external_id": "cq-x"})
    assert run(folder, *ALL, *options, "--set", f"acme.arguments={arguments}").exit_code == 0
