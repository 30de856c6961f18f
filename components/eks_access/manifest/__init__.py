"""The access manifest: the contract between deploying and proving."""

from .models import OUTPUT

__all__ = ["OUTPUT"]
