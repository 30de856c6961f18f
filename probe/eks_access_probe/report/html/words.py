"""Small words that several parts of the page use."""


def counted(count: int, noun: str, plural: str = "s") -> str:
    return f"{count:,} {noun}{'' if count == 1 else plural}"


def short_arn(arn: str) -> str:
    """The name at the end of an ARN: `eks-access-cado` of `arn:aws:iam::111122223333:role/eks-access-cado`."""
    return arn.rpartition("/")[2]
