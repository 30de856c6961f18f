"""The catalogue of IAM actions that hand out data or credentials: on every resource, they read all there is. Data.

`explain`, the review and the policy pack grade by it. Actions that only describe what exists are not in it, nor are
images and log files, which are no stores of data; nor what needs a permission of another system as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_AWS = "https://docs.aws.amazon.com"


@dataclass(frozen=True)
class DataRead:
    """Actions of one service that read the same, as `sentence` says ("can …"); `url` documents what they return."""

    actions: tuple[str, ...]
    sentence: str
    url: str


def _row(service: str, names: str, sentence: str, path: str) -> DataRead:
    return DataRead(tuple(f"{service}:{name}" for name in names.split()), f"can {sentence}", f"{_AWS}/{path}")


DATA_READS: tuple[DataRead, ...] = (
    _row(
        "secretsmanager",
        "GetSecretValue BatchGetSecretValue",
        "read secrets",
        "secretsmanager/latest/apireference/API_GetSecretValue.html",
    ),
    _row(
        "ssm",
        "GetParameter GetParameters GetParametersByPath GetParameterHistory",
        "read parameters, secret ones included",
        "systems-manager/latest/APIReference/API_GetParameter.html",
    ),
    _row("kms", "Decrypt", "decrypt data", "kms/latest/APIReference/API_Decrypt.html"),
    _row(
        "sts",
        "GetFederationToken",
        "get credentials that outlive a session or a deleted key",
        "STS/latest/APIReference/API_GetFederationToken.html",
    ),
    _row(
        "ec2",
        "GetPasswordData",
        "read the administrator's password of instances",
        "AWSEC2/latest/APIReference/API_GetPasswordData.html",
    ),
    _row(
        "lightsail",
        "DownloadDefaultKeyPair GetInstanceAccessDetails GetRelationalDatabaseMasterUserPassword",
        "get the keys and passwords of instances and databases",
        "lightsail/2016-11-28/api-reference/API_GetInstanceAccessDetails.html",
    ),
    _row(
        "redshift",
        "GetClusterCredentials GetClusterCredentialsWithIAM",
        "sign in to data warehouses, as other users too",
        "redshift/latest/APIReference/API_GetClusterCredentials.html",
    ),
    _row(
        "redshift-serverless",
        "GetCredentials",
        "sign in to data warehouses",
        "redshift-serverless/latest/APIReference/API_GetCredentials.html",
    ),
    _row(
        "rds-db",
        "connect",
        "sign in to databases, as any user that accepts IAM",
        "AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html",
    ),
    _row(
        "dsql",
        "DbConnect DbConnectAdmin",
        "sign in to databases",
        "aurora-dsql/latest/userguide/authentication-authorization.html",
    ),
    _row("elasticache", "Connect", "sign in to caches", "AmazonElastiCache/latest/dg/auth-iam.html"),
    _row("acm", "ExportCertificate", "read private keys", "acm/latest/APIReference/API_ExportCertificate.html"),
    _row(
        "cognito-identity",
        "GetOpenIdTokenForDeveloperIdentity",
        "get tokens of any user of an identity pool",
        "cognitoidentity/latest/APIReference/API_GetOpenIdTokenForDeveloperIdentity.html",
    ),
    _row(
        "s3",
        "GetObject GetObjectVersion",
        "read the objects in buckets",
        "AmazonS3/latest/API/API_GetObject.html",
    ),
    _row(
        "s3express",
        "CreateSession",
        "read and write the objects in directory buckets",
        "AmazonS3/latest/API/API_CreateSession.html",
    ),
    _row(
        "s3tables",
        "GetTableData",
        "read the data of tables",
        "AmazonS3/latest/userguide/s3-tables-setting-up.html",
    ),
    _row(
        "dynamodb",
        "Scan Query GetItem BatchGetItem PartiQLSelect GetRecords",
        "read the items of tables",
        "amazondynamodb/latest/APIReference/API_Scan.html",
    ),
    _row(
        "rds-data",
        "ExecuteStatement BatchExecuteStatement",
        "run SQL in databases",
        "rdsdataservice/latest/APIReference/API_ExecuteStatement.html",
    ),
    _row(
        "redshift-data",
        "ExecuteStatement BatchExecuteStatement GetStatementResult",
        "run SQL in data warehouses, or read what it returned",
        "redshift-data/latest/APIReference/API_ExecuteStatement.html",
    ),
    _row(
        "timestream",
        "Select",
        "read the data of tables",
        "timestream/latest/developerguide/API_query_Query.html",
    ),
    _row(
        "athena",
        "GetQueryResults GetQueryResultsStream",
        "read what others' queries returned",
        "athena/latest/APIReference/API_GetQueryResults.html",
    ),
    _row(
        "cassandra", "Select", "read the data of tables", "keyspaces/latest/devguide/security_iam_service-with-iam.html"
    ),
    _row("neptune-db", "ReadDataViaQuery", "read the data of graphs", "neptune/latest/userguide/iam-dp-actions.html"),
    _row("es", "ESHttpGet", "read the data of search domains", "opensearch-service/latest/developerguide/ac.html"),
    _row(
        "aoss",
        "APIAccessAll",
        "read and write the data of search collections",
        "opensearch-service/latest/developerguide/serverless-data-access.html",
    ),
    _row(
        "sqs",
        "ReceiveMessage",
        "read the messages in queues",
        "AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html",
    ),
    _row("kinesis", "GetRecords", "read the data of streams", "kinesis/latest/APIReference/API_GetRecords.html"),
    _row("kafka-cluster", "ReadData", "read the data of topics", "msk/latest/developerguide/iam-access-control.html"),
    _row("ebs", "GetSnapshotBlock", "read disks", "ebs/latest/APIReference/API_GetSnapshotBlock.html"),
    _row(
        "lambda",
        "GetFunction GetFunctionConfiguration",
        "read functions' code and environment values",
        "lambda/latest/api/API_GetFunction.html",
    ),
    _row(
        "codecommit",
        "GitPull GetBlob GetFile",
        "read source code",
        "codecommit/latest/userguide/auth-and-access-control-permissions-reference.html",
    ),
)
"""In the order of reports: credentials first."""

DATA_ACTIONS: Mapping[str, DataRead] = {action.lower(): row for row in DATA_READS for action in row.actions}
"""The same by action, in lower case: IAM compares without case."""
