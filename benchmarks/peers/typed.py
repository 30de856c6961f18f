"""Lists with the official typed client: `python typed.py SERVER CA TOKEN_FILE LIMIT`.

Pages are counted and dropped; keeping them all takes gigabytes.
"""

import resource
import sys
import time
from pathlib import Path

from kubernetes import client

server, ca, token, limit = sys.argv[1:]
configuration = client.Configuration(host=server)
configuration.ssl_ca_cert = ca
api = client.ApiClient(configuration, header_name="Authorization", header_value=f"Bearer {Path(token).read_text()}")
core, apps, batch = client.CoreV1Api(api), client.AppsV1Api(api), client.BatchV1Api(api)

started = time.perf_counter()
for method in (
    core.list_namespace,
    core.list_node,
    core.list_pod_for_all_namespaces,
    apps.list_replica_set_for_all_namespaces,
    apps.list_deployment_for_all_namespaces,
    apps.list_stateful_set_for_all_namespaces,
    apps.list_daemon_set_for_all_namespaces,
    batch.list_job_for_all_namespaces,
    batch.list_cron_job_for_all_namespaces,
    core.list_service_for_all_namespaces,
    client.DiscoveryV1Api(api).list_endpoint_slice_for_all_namespaces,
    client.NetworkingV1Api(api).list_ingress_for_all_namespaces,
):
    count, more = 0, None
    while more != "":
        page = method(limit=int(limit), _continue=more)
        count, more = count + len(page.items), page.metadata._continue or ""
    print(method.__name__, count, file=sys.stderr)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
