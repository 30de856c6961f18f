"""ConductorOne's parts: its modes, what the tiers grant, what is expected of them, and the self-hosted connector."""
