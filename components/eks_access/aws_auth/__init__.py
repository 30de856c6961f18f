"""aws-auth as shared property: read it as the authenticator does, merge one mapping in, give exactly that one back.

`reader` says what the authenticator sees, `merge` plans a change that leaves everyone else's reading and text as they
are (or refuses), `lifecycle` carries a plan out on a cluster, `resource` is the Pulumi resource.
"""
