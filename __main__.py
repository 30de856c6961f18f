"""The stack: what the selected environment declares, and its access manifest."""

import pulumi

from eks_access import stack
from eks_access.manifest import OUTPUT

environment = stack.load(pulumi.get_project())
pulumi.export(OUTPUT, stack.provision(environment))
