"""Keywords: words that a number or a pool answers by itself."""

from typing import Any, Final

from embedded.sms_voice.account import HELP, STOP, Account
from embedded.sms_voice.errors import Conflict, Invalid, NotFound, QuotaExceeded
from embedded.sms_voice.paging import page
from embedded.sms_voice.resources import Keyword, PhoneNumber, Pool, name_of

_Facts = dict[str, Any]
_MOST: Final = 30
_ALWAYS_THERE: Final = {HELP: "AUTOMATIC_RESPONSE", STOP: "OPT_OUT"}


def put_keyword(account: Account, request: _Facts) -> _Facts:
    """Add a keyword, or change its message and action."""
    owner = account.number_or_pool(request["OriginationIdentity"])
    keywords = account.keywords[owner.id]
    word = capitals(request["Keyword"])
    before = keywords.get(word)
    action = request.get("KeywordAction") or (before.action if before else "AUTOMATIC_RESPONSE")
    if _ALWAYS_THERE.get(word, action) != action:
        raise Invalid("INVALID_PARAMETER", f"The action of {word} is {_ALWAYS_THERE[word]}, got {action}")
    if before is None and len(keywords) >= _MOST:
        reason = "KEYWORDS_PER_POOL" if isinstance(owner, Pool) else "KEYWORDS_PER_PHONE_NUMBER"
        raise QuotaExceeded(reason, f"{owner.id} has {_MOST} keywords already")
    keyword = Keyword(word=word, message=request["KeywordMessage"], action=action)
    keywords[word] = keyword
    return {**_owner(owner), **keyword.facts()}


def describe_keywords(account: Account, request: _Facts) -> _Facts:
    """The keywords of a number or a pool, or those of them that are named."""
    owner = account.number_or_pool(request["OriginationIdentity"])
    keywords = account.keywords[owner.id]
    named = [_keyword(owner, keywords, word) for word in request.get("Keywords", [])]
    listed = [keyword.facts() for keyword in named or keywords.values()]
    return {**_owner(owner), **page(listed, request, "Keywords")}


def delete_keyword(account: Account, request: _Facts) -> _Facts:
    """Remove a keyword that is not one of the two that have to be there."""
    owner = account.number_or_pool(request["OriginationIdentity"])
    keyword = _keyword(owner, account.keywords[owner.id], request["Keyword"])
    if keyword.word in _ALWAYS_THERE:
        raise Conflict(
            "RESOURCE_DELETION_NOT_ALLOWED", f"{keyword.word} cannot be deleted", "keyword", keyword.word
        )
    del account.keywords[owner.id][keyword.word]
    return {**_owner(owner), **keyword.facts()}


def capitals(word: str) -> str:
    """A word as keywords are compared: neither case nor surrounding space counts."""
    return word.strip().upper()


def _keyword(owner: PhoneNumber | Pool, keywords: dict[str, Keyword], word: str) -> Keyword:
    found = keywords.get(capitals(word))
    if found is None:
        raise NotFound("keyword", f"{capitals(word)} of {owner.id}")
    return found


def _owner(owner: PhoneNumber | Pool) -> _Facts:
    return {"OriginationIdentityArn": owner.arn, "OriginationIdentity": name_of(owner.arn)}
