import json
import subprocess
import sys
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockResourceArgs, rpc

from eks_access.integrations.apono.integration import Apono
from eks_access.integrations.cado import Cado
from eks_access.integrations.conductorone.integration import ConductorOne
from eks_access.integrations.opentrace import OpenTrace
from tests.support.components import ALL, c1, cado, opentrace, refusal, self_hosted, unwrapped
from tests.support.recording_engine import (
    ACCESS_ENTRY,
    ASSOCIATION,
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    GET_CLUSTER,
    MAPPING,
    NETWORK_POLICY,
    PROVIDER,
    ROLE,
    ROLE_BINDING,
    ROLE_POLICY,
    SERVICE_ACCOUNT,
    Engine,
    run,
)


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_the_entry_method_follows_each_clusters_authentication_mode(preview: bool) -> None:
    engine = run(lambda: OpenTrace("ot", opentrace()).role_arn, preview=preview)
    assert set(engine.of(ACCESS_ENTRY)) == {"ot-api", "ot-both"}
    assert set(engine.of(MAPPING)) == {"ot-old"}
    assert engine.of(MAPPING)["ot-old"]["groups"] == engine.of(ACCESS_ENTRY)["ot-api"]["kubernetesGroups"]


@pytest.mark.parametrize("adopt", [True, False, None])
def test_adopt_is_of_all_that_could_be_anothers(adopt: bool | None) -> None:
    given: dict[str, Any] = {} if adopt is None else {"adopt": adopt}
    engine = run(lambda: OpenTrace("ot", opentrace(**given)).role_arn)
    own = [each for kind in (CLUSTER_ROLE, CLUSTER_ROLE_BINDING, MAPPING) for each in engine.of(kind).values()]
    assert len(own) == 7
    assert {each.get("adopt", False) for each in own} == {bool(adopt)}
    keyless = run(lambda: ConductorOne("c1", self_hosted(**given)).role_arn)
    deployed = [each for kind in (ROLE_BINDING, SERVICE_ACCOUNT, NETWORK_POLICY) for each in keyless.of(kind).values()]
    assert len(deployed) == 3
    assert {each.get("adopt", False) for each in deployed} == {bool(adopt)}


def test_each_entry_method_has_its_own_username() -> None:
    args: Any = {"federation": "sso", "clusters": ALL}
    engine = run(lambda: Apono("apono", args).role_arn)
    assert {entry["userName"] for entry in engine.of(ACCESS_ENTRY).values()} == {"apono:{{SessionName}}"}
    (mapping,) = engine.of(MAPPING).values()
    assert (mapping["username"], mapping.get("groups", [])) == ("{{SessionNameRaw}}", [])
    document = json.loads(engine.of(ROLE)["apono"]["assumeRolePolicy"])
    assert document["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}


def test_the_hand_off_has_the_clusters_own_endpoint() -> None:
    args: Any = {"federation": "sso", "clusters": {"api": {"name": "prod-api"}}}
    seen: dict[str, str] = {}

    def program() -> Any:
        fields = Apono("apono", args).manifest["handoff"]["fields"]
        return pulumi.Output.from_input(fields).apply(
            lambda known: seen.update({field["label"]: field["value"] for field in known})
        )

    run(program)
    assert seen["Server URL"] == "https://prod-api.example"
    assert seen["EKS Cluster Name"] == "prod-api"


def test_an_entry_is_tied_to_its_roles_unique_id() -> None:
    engine = run(lambda: OpenTrace("ot", opentrace()).role_arn)
    assert engine.of(ACCESS_ENTRY)["ot-api"]["tags"]["eks-access:role-id"] == "AROA-ot"
    options = engine.options(ACCESS_ENTRY)["ot-api"]
    assert options.replacement_trigger.string_value == "AROA-ot", "whatever a plugin says about the tag"
    assert options.deleteBeforeReplace, "EKS has one entry for a principal"
    assert list(options.replaceOnChanges) == [], "an entry that is imported has no such tag, and is not replaced for it"


def test_a_role_that_is_not_created_yet_is_an_unknown_trigger() -> None:
    class Previewed(Engine):
        def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
            resource_id, outputs = super().new_resource(args)
            return resource_id, {name: value for name, value in outputs.items() if name != "uniqueId"}

    engine = run(lambda: OpenTrace("ot", opentrace()).role_arn, preview=True, engine=Previewed())
    assert engine.options(ACCESS_ENTRY)["ot-api"].replacement_trigger.string_value == rpc.UNKNOWN


def test_an_engine_without_triggers_is_rejected_where_a_cluster_takes_access_entries() -> None:
    message = refusal(OpenTrace, "ot", opentrace(), Engine(lacks="replacementTrigger"))
    assert "this Pulumi engine has no replacement triggers" in message
    assert "use Pulumi 3.208 or later" in message
    only_aws_auth = opentrace(clusters={"old": {"name": "prod-old"}})
    engine = run(lambda: OpenTrace("ot", only_aws_auth).role_arn, engine=Engine(lacks="replacementTrigger"))
    assert engine.of(MAPPING), "aws-auth has the ARN, and needs none"


def test_the_mode_is_read_from_eks_only_if_it_was_not_given() -> None:
    given = {"name": "prod-api", "authentication_mode": "API", "endpoint": "https://x", "certificate_authority": "Q0E="}
    engine = run(lambda: Cado("cado", cado(clusters={"api": given})).role_arn)
    assert GET_CLUSTER not in {call.token for call in engine.calls}
    engine = run(lambda: Cado("cado", cado()).role_arn)
    assert GET_CLUSTER in {call.token for call in engine.calls}


def test_the_mode_is_required_for_a_cluster_of_the_same_stack(preview: bool) -> None:
    unnamed = {"name": pulumi.Output.from_input("prod-api")}
    with pytest.raises(pulumi.RunError, match=r"clusters\.api\.authentication_mode is required"):
        run(lambda: Cado("cado", cado(clusters={"api": unnamed})).role_arn, preview=preview)
    named = unnamed | {"authentication_mode": "API"}
    assert run(lambda: Cado("cado", cado(clusters={"api": named})).role_arn).of(ACCESS_ENTRY)


def test_the_trust_policy_contains_an_external_id_that_is_an_output() -> None:
    engine = run(lambda: ConductorOne("c1", c1(external_id=pulumi.Output.from_input("c1-x"))).role_arn)
    document = json.loads(engine.of(ROLE)["c1"]["assumeRolePolicy"])
    assert document["Statement"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": "c1-x"}}


def test_an_invalid_output_is_rejected_when_it_is_known() -> None:
    with pytest.raises(ValueError, match="external_id is 'not valid', which is not an ExternalId"):
        run(lambda: ConductorOne("c1", c1(external_id=pulumi.Output.from_input("not valid"))).role_arn)


def test_an_invalid_plain_value_is_rejected_before_anything_is_created() -> None:
    engine = Engine()
    with pytest.raises(pulumi.RunError, match="ConductorOne 'c1': external_id is 'not valid'"):
        run(lambda: ConductorOne("c1", c1(external_id="not valid")).role_arn, engine=engine)
    assert not engine.of(ROLE)


def test_an_unknown_argument_is_rejected_with_the_known_ones() -> None:
    with pytest.raises(pulumi.RunError, match=r"externalid is not a known property.*external_id"):
        run(lambda: ConductorOne("c1", c1(externalid="x")).role_arn)


def test_the_policy_names_the_cluster_in_the_callers_account() -> None:
    engine = run(lambda: ConductorOne("c1", c1()).role_arn)
    policy = json.loads(engine.of(ROLE_POLICY)["c1"]["policy"])
    assert policy["Statement"][0]["Resource"] == ["arn:aws:eks:us-east-1:111122223333:cluster/prod-api"]


def test_only_values_that_contain_a_secret_are_secret() -> None:
    seen: dict[str, bool] = {}

    def program() -> Any:
        component = ConductorOne("c1", c1(external_id=pulumi.Output.secret("c1-x")))
        trust = component.manifest["trust"]

        async def look() -> None:
            seen["external id"] = await pulumi.Output.from_input(trust["externalId"]).is_secret()
            seen["role"] = await pulumi.Output.from_input(component.manifest["role"]["arn"]).is_secret()
            seen["principals"] = await pulumi.Output.from_input(trust["principals"]).is_secret()

        return pulumi.Output.from_input(look())

    run(program)
    assert seen == {"external id": True, "role": False, "principals": False}


KUBECONFIG = json.dumps(
    {"clusters": [{"name": "prod", "cluster": {"server": "https://prod"}}], "current-context": "prod"}
)
WITH_TOKEN = json.dumps({**json.loads(KUBECONFIG), "users": [{"name": "x", "user": {"token": "hunter2"}}]})


def run_with_provider(**options: Any) -> Engine:
    import pulumi_kubernetes as kubernetes

    def program() -> Any:
        shared = kubernetes.Provider("shared", **options)
        cluster = {"name": "prod-api", "kubernetes_provider": shared}
        Cado("one", cado(clusters={"api": cluster}))
        return Cado("two", cado(clusters={"api": cluster})).role_arn

    return run(program)


def test_a_given_providers_kubeconfig_is_that_of_the_rbac_objects() -> None:
    engine = run_with_provider(kubeconfig=KUBECONFIG)
    assert set(engine.of(PROVIDER)) == {"shared"}
    assert {each["kubeconfig"] for each in engine.of(CLUSTER_ROLE).values()} == {KUBECONFIG}


@pytest.mark.parametrize("is_output", [False, True])
@pytest.mark.parametrize(("text", "is_secret"), [(KUBECONFIG, False), (WITH_TOKEN, True)])
def test_a_kubeconfig_with_a_credential_is_a_secret_wherever_it_is_kept(
    text: str, is_secret: bool, is_output: bool
) -> None:
    def program() -> Any:
        kubeconfig = pulumi.Output.from_input(text) if is_output else text
        return Cado("one", cado(clusters={"api": {"name": "prod-api", "kubeconfig": kubeconfig}})).role_arn

    engine = run(program)
    kept = [each["kubeconfig"] for each in engine.of(CLUSTER_ROLE).values()]
    assert kept
    assert all((each != text) is is_secret for each in kept)
    assert not is_secret or all(unwrapped(each) == text for each in kept)


@pytest.mark.parametrize("option", ["context", "cluster"])
def test_a_given_provider_for_another_context_needs_a_kubeconfig_too(option: str) -> None:
    """Its kubeconfig alone would lead to the current context, which is another cluster."""
    with pytest.raises(pulumi.RunError, match=f"clusters.api.kubeconfig is required here.* chooses a {option}"):
        run_with_provider(kubeconfig=KUBECONFIG, **{option: "other"})


def test_a_given_provider_without_a_kubeconfig_needs_one() -> None:
    with pytest.raises(pulumi.RunError, match="has no kubeconfig"):
        run_with_provider(namespace="web")


def test_a_provider_of_another_package_is_refused() -> None:
    def program() -> Any:
        other = pulumi.ProviderResource("random", "other", {})
        return Cado("one", cado(clusters={"api": {"name": "prod-api", "kubernetes_provider": other}})).role_arn

    with pytest.raises(
        pulumi.RunError, match="kubernetes_provider has a value of type ProviderResource that does not fit"
    ):
        run(program)


def test_the_generated_kubeconfig_signs_in_by_command_and_contains_no_secret() -> None:
    engine = run(lambda: Cado("cado", cado()).role_arn)
    role, *_ = engine.of(CLUSTER_ROLE).values()
    config = json.loads(role["kubeconfig"])
    assert config["clusters"][0]["cluster"]["server"] == "https://prod-api.example"
    user = config["users"][0]["user"]
    assert set(user) == {"exec"}
    assert [user["exec"]["command"], *user["exec"]["args"]] == [
        "eks-access", "token", "--cluster-name", "prod-api", "--region", "us-east-1",
    ]  # fmt: skip


def test_without_objects_besides_rbac_there_is_no_kubernetes_provider() -> None:
    assert run(lambda: Cado("cado", cado()).role_arn).of(PROVIDER) == {}


def test_without_objects_besides_rbac_the_kubernetes_sdk_is_not_imported() -> None:
    """Its import takes seconds. In an interpreter of its own, since another test may have imported it."""
    program = (
        "import sys\n"
        "from eks_access import Cado\n"
        "from tests.support.recording_engine import run\n"
        "roles = ['arn:aws:iam::444455556666:role/P']\n"
        "arguments = {'platform_role_arns': roles, 'clusters': {'a': {'name': 'prod-api'}}}\n"
        "engine = run(lambda: Cado('cado', arguments).role_arn)\n"
        "assert len(engine.resources) > 5, 'the program ran'\n"
        "print([name for name in sys.modules if name.startswith('pulumi_kubernetes')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_cado_runs_commands_only_in_the_namespaces_named() -> None:
    engine = run(lambda: Cado("cado", cado(namespaces=["web"])).role_arn)
    bindings = engine.of(ROLE_BINDING)
    assert [binding["metadata"]["namespace"] for binding in bindings.values()] == ["web"]


def test_an_access_policy_is_associated_by_the_entry_so_that_it_is_recreated_with_it() -> None:
    clusters = {"api": {"name": "prod-api"}}
    engine = run(lambda: OpenTrace("ot", opentrace(clusters=clusters, profile="vendor")).role_arn)
    (association,) = engine.of(ASSOCIATION).values()
    assert association["policyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    assert association["accessScope"] == {"type": "cluster"}


def test_every_child_is_named_after_its_component_and_no_name_is_used_twice() -> None:
    def program() -> Any:
        OpenTrace("one", opentrace())
        return OpenTrace("two", opentrace()).role_arn

    engine = run(program)
    names = [(each.typ, each.name) for each in engine.resources]
    assert len(set(names)) == len(names)
    assert all(name.startswith(("one", "two")) for _, name in names)


@pytest.mark.parametrize(("value", "kind"), [(110169484474386276334.0, "number"), (["a"], "list")])
def test_an_output_that_is_no_string_is_refused_with_its_name(value: Any, kind: str) -> None:
    """A program in YAML makes a number of a configuration value of digits alone."""
    args: Any = {**opentrace(), "subject": pulumi.Output.from_input(value)}
    with pytest.raises(pulumi.RunError, match=f"subject has a value of type {kind}: give it as a string"):
        run(lambda: OpenTrace("ot", args).role_arn)
    args["subject"] = pulumi.Output.from_input("110169484474386276334")
    run(lambda: OpenTrace("ot", args).role_arn)
