"""Fetches the pages that the collector fetches, and drops them: the baseline of the collector's time.

    python -m benchmarks.bare_http SERVER CA TOKEN_FILE

It requests the same lists with the same `Accept` and page size, and as many at a time. Of a body, it reads only the
first few hundred bytes, where the next page's token is. Prints the seconds and the bytes.
"""

import re
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import urllib3

from eks_access_probe.collector.fetch import PAGE_SIZE
from eks_access_probe.collector.kinds import TOPOLOGY, Kind
from eks_access_probe.collector.reachability import LISTS_AT_ONCE

CONTINUE = re.compile(rb"\x1a..?(eyJ[\w=-]+)", re.DOTALL)
"""In protobuf: the field's number, its length, and the token, which is JSON in base64."""
HEAD = 2_000


def main(server: str, ca: str, token_file: str) -> None:
    http = urllib3.PoolManager(maxsize=LISTS_AT_ONCE, ssl_context=ssl.create_default_context(cafile=ca), timeout=60)
    token = f"Bearer {Path(token_file).read_text()}"

    def fetch(kind: Kind) -> int:
        size, more = 0, ""
        while True:
            query = urlencode({"limit": PAGE_SIZE} | ({"continue": more} if more else {}))
            headers = {"Accept": kind.accept, "Accept-Encoding": "gzip", "Authorization": token}
            body = http.request("GET", f"{server}{kind.path('v1', None)}?{query}", headers=headers).data
            size += len(body)
            found = CONTINUE.search(body, 0, HEAD)
            if found is None:
                return size
            more = found.group(1).decode()

    started = time.perf_counter()
    with ThreadPoolExecutor(LISTS_AT_ONCE) as pool:
        size = sum(pool.map(fetch, TOPOLOGY))
    print(time.perf_counter() - started, size)


if __name__ == "__main__":
    main(*sys.argv[1:])
