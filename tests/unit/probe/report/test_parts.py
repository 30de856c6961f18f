"""The parts of the JSON report about access and about what is seen."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from eks_access_cli.commands.merge import command as merge
from eks_access_probe.collector.inventory import ClusterInventory, Listing, Node, State
from eks_access_probe.report.json import Report, report, without
from eks_access_probe.report.seen import SeenKind, seen
from eks_access_probe.run.shards import Shard
from tests.support import fleet


def test_it_says_who_may_act_as_whom_and_where_with_reasons_and_risks() -> None:
    cado = next(one for one in report(fleet.proof()).integrations if one.name == "cado")
    assert cado.trust[0].startswith("only arn:aws:iam::444455556666:role/CadoPlatform")
    assert set(cado.clusters) == {"eu-1", "us-1"}
    assert cado.clusters["eu-1"].groups == ["cado:responders"]
    runs = next(right for right in cado.kubernetes if "pods/exec" in right.what)
    assert runs.where == "in namespaces payments, web"
    assert runs.risks[0].grave


def test_only_the_clusters_that_were_asked_are_in_it() -> None:
    proof = fleet.proof()
    asked = [o for o in proof.outcomes if o.question.integration == "cado" and o.question.cluster != "us-1"]
    told = report(replace(proof, outcomes=asked))
    assert [(one.name, list(one.clusters)) for one in told.integrations] == [("cado", ["eu-1"])]
    assert told.declared["cado"] == ["eu-1", "us-1"]


def test_it_is_read_as_it_was_written() -> None:
    told = report(fleet.proof(inventory=fleet.inventory({"cado": {"eu-1": fleet.cluster_inventory(10)}})))
    assert Report.model_validate_json(told.model_dump_json(by_alias=True)) == told


def test_secrets_are_taken_out_of_every_text_the_longest_first() -> None:
    told = report(fleet.proof()).model_copy(update={"environment": "in hunter22 and hunter2222, for 1"})
    assert without(["hunter22", "hunter2222", "1"], told).environment == "in [not shown] and [not shown], for 1"


def shards(folder: Path) -> list[str]:
    """The reports of a run in two shards, one a cluster."""
    whole = fleet.proof(fleet.manifest(names=("opentrace", "cado")))
    files = []
    parts: list[set[str | None]] = [{None, "eu-1"}, {"us-1"}]
    for index, keys in enumerate(parts):
        mine = [place for place, o in enumerate(whole.outcomes) if o.question.cluster in keys]
        outcomes = [whole.outcomes[place] for place in mine]
        told = report(replace(whole, outcomes=outcomes, places=mine, shard=Shard(index, 2)))
        files.append(folder / f"{index}.json")
        files[-1].write_text(told.model_dump_json(by_alias=True))
    return [str(file) for file in files]


def test_merged_shards_are_the_report_of_one_run_in_every_form(tmp_path: Path) -> None:
    merged, page = tmp_path / "merged.json", tmp_path / "merged.html"
    result = CliRunner().invoke(merge, [*shards(tmp_path), "--json", str(merged), "--html", str(page)])
    assert result.exit_code == 0, result.output
    told = Report.model_validate_json(merged.read_text())
    one_run = report(fleet.proof(fleet.manifest(names=("opentrace", "cado"))))
    assert told.integrations == one_run.integrations
    assert told.checks == one_run.checks
    assert "prod-us-1" in page.read_text()


# What is seen.


def kinds(*listings: Listing, nodes: tuple[Node, ...] = ()) -> list[SeenKind]:
    cluster = ClusterInventory(name="c", region="r", listings=list(listings), nodes=list(nodes))
    (told,) = seen(fleet.inventory({"cado": {"eu-1": cluster}}))
    return told.kinds


def listing(state: State, count: int, namespace: str | None = None, reason: str = "") -> Listing:
    return Listing(kind="Service", resource="services", namespace=namespace, state=state, count=count, reason=reason)


def test_lists_of_several_namespaces_are_one_kind_and_as_whole_as_the_worst_of_them() -> None:
    (kind,) = kinds(
        listing(State.COMPLETE, 3, "web"),
        listing(State.INCOMPLETE, 2, "payments", "410"),
        listing(State.REFUSED, 0, "x"),
    )
    assert (kind.state, kind.count, kind.reason) == (State.INCOMPLETE, 5, "410")


def test_what_may_be_listed_in_one_namespace_is_seen_though_refused_in_others() -> None:
    (kind,) = kinds(listing(State.COMPLETE, 3, "web"), listing(State.REFUSED, 0, "x"))
    assert (kind.state, kind.count) == (State.COMPLETE, 3)


def test_only_names_that_last_are_kept() -> None:
    nodes = (
        Node(kind="Service", name="api", namespace="web"),
        Node(kind="Service", name="named-only", namespace="web", listed=False),
    )
    (kind,) = kinds(listing(State.COMPLETE, 1), nodes=nodes)
    assert kind.names == ["web/api"], "what was not listed itself is not seen"
    pods = Listing(kind="Pod", resource="pods", namespace=None, state=State.COMPLETE, count=1)
    assert kinds(pods)[0].names is None, "pods come and go"


@pytest.mark.parametrize("key", ["externalId", "certificateAuthority", "handoff"])
def test_what_a_report_does_not_need_is_not_in_it(key: str) -> None:
    assert f'"{key}"' not in json.dumps(report(fleet.proof()).model_dump(mode="json", by_alias=True))
