"""The two kinds of pydantic models of this project: files that people write, and JSON that programs exchange."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[Text], Field(min_length=1)]


class StrictModel(BaseModel):
    """Part of a file that a person writes: unknown keys and values of another type are errors.

    The docstrings below the attributes are the descriptions in its JSON schema.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class CamelModel(BaseModel):
    """Part of a JSON document, whose keys are camelCase; unknown keys, of a newer version, are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)
