"""The way of a whole cluster from aws-auth to access entries.

`plan` decides what becomes of each mapping, from a `state.ClusterState` alone: it is pure. `reading` reads that state
with clients that it is given, `writing` carries out a plan's steps, and `program` writes them as a Pulumi program.
"""
