"""Definitions of custom integrations: the example of the documentation, and a small one to change."""

from typing import Any

import yaml

from tests.support.checkout import EXAMPLES

EXAMPLE = EXAMPLES / "custom/cloudquery.yaml"


ARGUMENTS = {"principal_arn": "arn:aws:iam::444455556666:role/acme-cloudquery", "external_id": "0f8fad5b-d9cb-469f"}


SMALL = """
version: 1
vendor: acme
title: Acme
arguments:
  role: {description: Acme's role}
  namespaces: {description: where it reads, type: list, default: []}
trust:
  cross_account:
    principals: ['{arg:role}']
profiles:
  least:
    statements:
      - {sid: Read, actions: [eks:DescribeCluster], resources: ['{cluster_arns}'], why: reads}
    groups: ['{name}:readers']
    grants:
      - key: read
        namespaces: ['{arg:namespaces}']
        rules:
          - {resources: [pods], verbs: [list], why: reads}
"""


ROLE = {"role": "arn:aws:iam::444455556666:role/Acme"}


def small(**changes: Any) -> str:
    """The small definition with parts of it changed; None takes a part out."""
    tree = yaml.safe_load(SMALL)
    for path, value in changes.items():
        *parents, key = path.split("__")
        part = tree
        for parent in parents:
            part = part[int(parent) if parent.isdigit() else parent]
        if value is None:
            del part[key]
        else:
            part[key] = value
    return yaml.safe_dump(tree, sort_keys=False)
