"""Erasure of a person from what this pattern keeps."""

from typing import Any

from patterns.user_endpoints.link_keys import CURRENT, PREVIOUS, LinkKeys
from patterns.user_endpoints.links import subject_of
from patterns.user_endpoints.store import Store


def forget(
    dynamodb: Any,
    secretsmanager: Any,
    *,
    table_name: str,
    link_secret_id: str,
    application_id: str,
    user_id: str,
) -> None:
    """Erase a user: answers, an open change, and whom links are for. Their links answer 410 from then on.

    Args:
        dynamodb: A boto3 client.
        secretsmanager: A boto3 client.
        table_name: The construct's `table`.
        link_secret_id: The construct's `link_secret`.
        application_id: The project.
        user_id: The person.
    """
    keys = LinkKeys(secretsmanager, link_secret_id, (CURRENT, PREVIOUS)).all()
    Store(dynamodb, table_name, application_id).forget(
        user_id, [subject_of(key, application_id, user_id) for key in keys]
    )
