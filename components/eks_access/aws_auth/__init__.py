"""Merges one role mapping into a shared aws-auth ConfigMap, and removes exactly that one again.

`reader` reads the ConfigMap as the authenticator does, `merge` plans a change that leaves all other mappings and their
text as they are (or refuses), `lifecycle` writes a plan to a cluster, `resource` is the Pulumi resource.
"""
