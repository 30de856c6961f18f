"""The interface of the formats in which a review can be written."""

from abc import ABC, abstractmethod

from ..change import Review


class ReviewFormat(ABC):
    @abstractmethod
    def format(self, review: Review) -> str:
        """The whole review in this format."""
