"""Which resource types are evaluated: the table of types, and what of a stack's resources is not evaluated. Pure.

A type is *understood* (its properties that give access are read), *harmless* (it cannot give access) or *not evaluated*
(it may give access, and is not read). A type that is not in the table counts as not evaluated, unless its provider
cannot give access: what is unknown is never taken for nothing.
"""

from .not_evaluated import NotEvaluated, find_not_evaluated_resources
from .table import Evaluation, ResourceType, find_type

__all__ = ["Evaluation", "NotEvaluated", "ResourceType", "find_not_evaluated_resources", "find_type"]
