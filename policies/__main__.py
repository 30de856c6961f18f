"""The pack that `pulumi preview --policy-pack` runs. Nothing imports this: `PolicyPack` starts a server and stays."""

from pulumi_policy import PolicyPack

from eks_access_policies.pack import evaluated_once, policies

with evaluated_once():
    PolicyPack("eks-access", policies=policies())
