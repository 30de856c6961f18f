"""Reports of a run in which every name that others choose is markup or script."""

from eks_access_probe.collector.inventory import ClusterInventory, Container, Edges, Listing, Node, Relation, State
from eks_access_probe.outcome import Answer, Question, Verdict
from eks_access_probe.report import compare
from eks_access_probe.report.json import Document, report
from tests.support import fleet

PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "<!--<script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u2028\u2029</style><style>*{}",
)


def hostile(payload: str) -> Document:
    """A run in which everything that others can name is named so."""

    def answer(question: Question) -> Answer:
        if question.integration == "opentrace" and question.verb == "list":
            return Answer(Verdict.DENIED, 403, payload, payload)
        return fleet.as_declared(question)

    manifest = fleet.manifest(names=("opentrace", "cado"))
    access = manifest.integrations["opentrace"]
    cluster = access.clusters["eu-1"].model_copy(update={"name": payload, "region": payload})
    odd = access.model_copy(
        update={
            "title": payload,
            "clusters": {payload: cluster},
            "residual_risks": [payload],
            "sources": [payload],
            "identity": access.identity.model_copy(update={"username": payload, "groups": [payload]}),
        }
    )
    manifest = manifest.model_copy(update={"environment": payload, "integrations": {payload: odd, "opentrace": access}})
    edges = Edges()
    edges.add(Relation.OWNED_BY, 2, 1)
    nodes = [
        Node(kind="Namespace", name=payload),
        Node(kind="Deployment", name=payload, namespace=payload, status=payload),
        Node(
            kind="Pod",
            name=payload,
            namespace=payload,
            status=payload,
            containers=(Container(name=payload, image=payload),),
        ),
        Node(kind="Service", name=payload, namespace=payload, detail=payload),
    ]
    listing = Listing(kind=payload, resource="x", namespace=payload, state=State.INCOMPLETE, count=1, reason=payload)
    seen = ClusterInventory(name=payload, region=payload, trouble=payload, nodes=nodes, edges=edges, listings=[listing])
    inventory = fleet.inventory({payload: {payload: seen}})
    now = report(fleet.proof(manifest, answer, inventory))
    before = report(fleet.proof(manifest))
    return Document(now.model_copy(update={"changes": compare.changes(before, now)}), inventory)
