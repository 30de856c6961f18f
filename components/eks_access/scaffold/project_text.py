"""The files of a new Pulumi project whose stacks are environments. Pure."""

import yaml

PROGRAM = '''"""The stack: what the selected environment declares, and its access manifest."""

import pulumi

from eks_access import stack
from eks_access.manifest import OUTPUT

environment = stack.load(pulumi.get_project())
pulumi.export(OUTPUT, stack.provision(environment))
'''
"""`__main__.py`: the program of every environment."""


def format_project(name: str, virtual_environment: str | None) -> str:
    """`Pulumi.yaml`; the program runs in a virtual environment of the folder, or in the Python on the PATH."""
    runtime = (
        "python" if virtual_environment is None else {"name": "python", "options": {"virtualenv": virtual_environment}}
    )
    project = {"name": name, "description": "Access of third-party integrations to Amazon EKS", "runtime": runtime}
    return yaml.safe_dump(project, sort_keys=False)
