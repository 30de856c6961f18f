"""Measures how long the pack's evaluation and a review take for a stack with thousands of roles and bindings.

    python -m benchmarks.rbac [--resources 10000]

Each shape is one that multiplies when it is followed naively: principals by bindings, and roles by what they aggregate.
The exit code is 1 if one takes longer than a minute, or if the process needs more than 500 MB.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from eks_access_policies.evaluate.evaluator import Evaluator
from eks_access_policies.review.difference import compare_sides
from eks_access_policies.review.reading.from_stack import read_side
from eks_access_policies.stack import Resource, Stack

RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
SECONDS = 60
MEGABYTES = 500


def create(kind: str, name: str, properties: dict[str, Any]) -> Resource:
    return Resource(f"urn:pulumi:bench::rbac::{kind}::{name}", kind, name, properties)


def members_of_one_group(count: int) -> Iterator[Resource]:
    """A group with many principals and many bindings."""
    for number in range(count // 3):
        arn = f"arn:aws:iam::111122223333:role/r{number}"
        entry = {"clusterName": "prod", "principalArn": arn, "kubernetesGroups": ["g"], "type": "STANDARD"}
        yield create("aws:eks/accessEntry:AccessEntry", f"r{number}", entry)
        yield create_role(f"c{number}", f"kind{number}")
        yield create_binding(f"c{number}")


def roles_that_aggregate_the_same(count: int) -> Iterator[Resource]:
    """Many roles, each of which aggregates many others."""
    selectors = [{"matchLabels": {"team": "a"}}]
    for number in range(count // 3):
        yield create_role(f"part{number}", f"kind{number}", {"team": "a"})
        whole = {"metadata": {"name": f"whole{number}"}, "aggregationRule": {"clusterRoleSelectors": selectors}}
        yield create(f"{RBAC}ClusterRole", f"whole{number}", whole)
        yield create_binding(f"whole{number}")


def create_role(name: str, kind: str, labels: dict[str, str] | None = None) -> Resource:
    rules = [{"apiGroups": [""], "resources": [kind], "verbs": ["get", "create"]}]
    return create(f"{RBAC}ClusterRole", name, {"metadata": {"name": name, "labels": labels or {}}, "rules": rules})


def create_binding(role: str) -> Resource:
    ref = {"kind": "ClusterRole", "name": role}
    subjects = [{"kind": "Group", "name": "g"}]
    body = {"metadata": {"name": role}, "roleRef": ref, "subjects": subjects}
    return create(f"{RBAC}ClusterRoleBinding", role, body)


SHAPES: tuple[Callable[[int], Iterator[Resource]], ...] = (members_of_one_group, roles_that_aggregate_the_same)


def measure(work: Callable[[Stack], object], stack: Stack) -> float:
    start = time.perf_counter()
    work(stack)
    return time.perf_counter() - start


def review(stack: Stack) -> object:
    return compare_sides(read_side(Stack(()), "base"), read_side(stack, "head"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resources", type=int, default=10_000)
    options = parser.parse_args()
    worst = 0.0
    for shape in SHAPES:
        stack = Stack(tuple(shape(options.resources)))
        seconds = measure(Evaluator().stack, stack), measure(review, stack)
        print(f"{shape.__name__}: pack {seconds[0]:.1f} s, review {seconds[1]:.1f} s", flush=True)
        worst = max(worst, *seconds)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{memory:.0f} MB")
    sys.exit(0 if worst <= SECONDS and memory <= MEGABYTES else 1)


if __name__ == "__main__":
    main()
