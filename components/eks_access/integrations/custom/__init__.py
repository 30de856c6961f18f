"""Any other vendor: an integration that is described in a YAML file, with no other code."""

from .integration import CustomIntegration, CustomIntegrationArgs, describe

__all__ = ["CustomIntegration", "CustomIntegrationArgs", "describe"]
