"""What is said in the ledger before something is made that must not be made twice."""

from typing import Any

from botocore.exceptions import ClientError

from patterns.segment_import.source import Source


def first_attempt(dynamodb: Any, table: str, source: Source, mark: str) -> bool:
    """Mark that something is about to be made for a file; False if that was marked before.

    Args:
        dynamodb: A boto3 DynamoDB client.
        table: The ledger.
        source: The file, whose version has its item there.
        mark: The name of what is made.
    """
    try:
        dynamodb.update_item(
            TableName=table,
            Key={"pk": {"S": source.claim}},
            UpdateExpression="SET #mark = :yes",
            ConditionExpression="attribute_not_exists(#mark)",
            ExpressionAttributeNames={"#mark": mark},
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True
