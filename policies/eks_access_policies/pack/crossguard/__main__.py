"""The pack that `pulumi preview --policy-pack` runs. Never import this: `PolicyPack` starts a server and blocks."""

from pulumi_policy import PolicyPack

from eks_access_policies.pack import create_policies, shared_evaluation

with shared_evaluation():
    PolicyPack("eks-access", policies=create_policies())
