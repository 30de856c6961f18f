"""The provider plugin: one process that serves this package's resources and components to every language.

`resources` has the resources that it implements itself, each a `handler.ResourceHandler`, listed in `catalogue`.
`plugin` dispatches the engine's calls to them, and `server` speaks gRPC.
"""
