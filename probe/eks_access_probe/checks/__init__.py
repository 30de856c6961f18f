"""The checks, one file a plane. Each asks its questions as the integration and classifies the answers."""
