"""The checkout that the tests run in."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"
EXAMPLES = CHECKOUT / "examples"
