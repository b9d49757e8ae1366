"""Pages of a list, and the tokens that lead to the next one."""

import base64
import hashlib
import itertools
import json
from typing import Final

from engine.errors import BadRequest
from engine.store import Item, Store

_DEFAULT_SIZE: Final = 50
_MAX_SIZE: Final = 1000
_DIGEST: Final = 16


def read_page(
    store: Store, pk: str, *, page_size: str | None, token: str | None, prefix: str = ""
) -> tuple[list[Item], str | None]:
    """One page of a partition, in order of its sort keys, and the token of the next page.

    Args:
        store: The table.
        pk: The partition; a token of another one is refused.
        page_size: As the client sent it; 50 if it did not.
        token: As the client sent it; the first page if it did not.
        prefix: Only sort keys that start so.

    Raises:
        BadRequest: The size is no number from 1 to 1,000, or the token is not one of ours.
    """
    size = read_size(page_size)
    after = read_token(f"{pk}\n{prefix}", token)
    items = list(store.query(pk, prefix=prefix, after=after, limit=size + 1))
    page = list(itertools.islice(items, size))
    more = len(items) > size
    return page, make_token(f"{pk}\n{prefix}", page[-1].key.sk) if more else None


def read_size(page_size: str | None) -> int:
    """The page size asked for.

    Raises:
        BadRequest: It is no number from 1 to 1,000.
    """
    if page_size is None:
        return _DEFAULT_SIZE
    if not page_size.isascii() or not page_size.isdecimal() or not 1 <= int(page_size[:9]) <= _MAX_SIZE:
        raise BadRequest(f"PageSize must be a number from 1 to {_MAX_SIZE}, got {page_size[:20]!r}")
    return int(page_size)


def make_token(scope: str, after: str) -> str:
    """A token that only the same list understands."""
    text = json.dumps([_digest(scope, after), after], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_token(scope: str, token: str | None) -> str | None:
    """The sort key after which a token goes on.

    Raises:
        BadRequest: The token was changed, or belongs to another list.
    """
    if token is None:
        return None
    try:
        digest, after = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
        if not isinstance(after, str) or digest != _digest(scope, after):
            raise ValueError("not a token of this list")
    except (ValueError, TypeError):
        raise BadRequest("the token is not one that this list gave") from None
    return after


def _digest(scope: str, after: str) -> str:
    return hashlib.sha256(f"{scope}\n{after}".encode()).hexdigest()[:_DIGEST]
