"""What every format of a review does."""

from abc import ABC, abstractmethod

from ..change import Review


class ReviewFormat(ABC):
    @abstractmethod
    def text(self, review: Review) -> str:
        """The whole review in this format."""
