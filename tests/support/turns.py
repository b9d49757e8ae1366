"""The table of turns that `SegmentImport` makes for its campaigns, as the construct has it."""

from typing import Any


def create_turns_table(dynamodb: Any, name: str = "turns") -> str:
    """Make the table; gives its name.

    Args:
        dynamodb: A boto3 DynamoDB client.
        name: The table's name.
    """
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name
