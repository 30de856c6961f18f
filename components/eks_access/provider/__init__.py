"""The provider plugin: one process that serves this package's own resources, and its components, to every language.

A resource of its own is a `Handler` in a module of its own, listed in `catalogue`; `plugin` passes the engine's calls
on to it, and `server` speaks gRPC and tells errors in plain words.
"""
