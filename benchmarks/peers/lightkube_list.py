"""Lists with lightkube: `python lightkube_list.py SERVER CA TOKEN_FILE LIMIT`. Pages are counted and dropped."""

import base64
import resource
import sys
import time
from pathlib import Path

from lightkube import Client, KubeConfig
from lightkube.resources.apps_v1 import DaemonSet, Deployment, ReplicaSet, StatefulSet
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Namespace, Node, Pod, Service
from lightkube.resources.discovery_v1 import EndpointSlice
from lightkube.resources.networking_v1 import Ingress

EVERYWHERE = (Namespace, Node)
"""Cluster-scoped kinds."""
IN_NAMESPACES = (Pod, ReplicaSet, Deployment, StatefulSet, DaemonSet, Job, CronJob, Service, EndpointSlice, Ingress)

server, ca, token, limit = sys.argv[1:]
authority = base64.b64encode(Path(ca).read_bytes()).decode()
config = {
    "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority-data": authority}}],
    "users": [{"name": "u", "user": {"token": Path(token).read_text()}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "x",
}
client = Client(KubeConfig.from_dict(config))

started = time.perf_counter()
for kind in (*EVERYWHERE, *IN_NAMESPACES):
    options = {"namespace": "*"} if kind in IN_NAMESPACES else {}
    count = sum(1 for _ in client.list(kind, chunk_size=int(limit), **options))
    print(kind.__name__, count, file=sys.stderr)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
