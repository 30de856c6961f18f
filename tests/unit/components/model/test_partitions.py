import pytest

from eks_access.errors import InvalidInputError
from eks_access.kubernetes.token import sts_host
from eks_access.model.arn import validate_partition
from eks_access.model.partitions import PARTITIONS, partition_of


@pytest.mark.parametrize(
    ("region", "partition", "host"),
    [
        ("eu-west-1", "aws", "sts.eu-west-1.amazonaws.com"),
        ("us-gov-east-1", "aws-us-gov", "sts.us-gov-east-1.amazonaws.com"),
        ("cn-northwest-1", "aws-cn", "sts.cn-northwest-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "aws-eusc", "sts.eusc-de-east-1.amazonaws.eu"),
        ("us-iso-west-1", "aws-iso", "sts.us-iso-west-1.c2s.ic.gov"),
        ("us-isob-west-1", "aws-iso-b", "sts.us-isob-west-1.sc2s.sgov.gov"),
        ("eu-isoe-west-1", "aws-iso-e", "sts.eu-isoe-west-1.cloud.adc-e.uk"),
        ("us-isof-east-1", "aws-iso-f", "sts.us-isof-east-1.csp.hci.ic.gov"),
        ("mx-central-1", "aws", "sts.mx-central-1.amazonaws.com"),
    ],
)
def test_a_region_has_the_hosts_of_its_partition(region: str, partition: str, host: str) -> None:
    assert partition_of(region).id == partition
    assert sts_host(region) == host


def test_the_table_is_that_of_the_sdk() -> None:
    from botocore.loaders import Loader

    published = Loader().load_data("partitions")["partitions"]
    assert {each["id"]: each["outputs"]["dnsSuffix"] for each in published} == {
        each.id: each.domain for each in PARTITIONS.values()
    }, "AWS has another partition"
    for each in published:
        for region in each["regions"]:
            if not region.endswith("-global"):
                assert partition_of(region).id == each["id"]


@pytest.mark.parametrize("partition", sorted(PARTITIONS))
def test_every_partition_can_be_deployed_to(partition: str) -> None:
    assert validate_partition(partition) == partition
    with pytest.raises(InvalidInputError, match="is not one of aws,"):
        validate_partition(f"{partition}-x")
