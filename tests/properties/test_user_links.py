"""Links for end users: what is signed is read back; whatever else is no link, and says so in one way."""

import base64
import binascii
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from patterns.user_endpoints.errors import LinkExpired, LinkInvalid
from patterns.user_endpoints.link_keys import LinkKey, LinkKeys
from patterns.user_endpoints.links import Claims, handle_of, sign, subject_of, verify

_STAGES = ("AWSCURRENT", "AWSPREVIOUS")
_NOW = 1_000_000
keys = st.binary(min_size=1, max_size=64).map(lambda some: LinkKey(some.hex().encode()))
users = st.text(min_size=1, max_size=40)


class Secrets:
    """A secret with a current and a previous version."""

    def __init__(self, current: LinkKey, previous: LinkKey) -> None:
        self._values = dict(zip(_STAGES, (current, previous), strict=True))

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, Any]:  # noqa: N803
        return {"SecretString": self._values[VersionStage].secret.decode()}


def known(current: LinkKey, previous: LinkKey) -> LinkKeys:
    return LinkKeys(Secrets(current, previous), "links", _STAGES)


@st.composite
def claims(draw: st.DrawFn) -> Claims:
    key = draw(keys)
    return Claims(
        key,
        draw(st.sampled_from(("read", "write"))),
        _NOW + draw(st.integers(1, 10**9)),
        subject_of(key, draw(users), draw(users)),
    )


@given(claims(), keys, st.booleans())
def test_what_is_signed_with_either_key_is_read_back(claimed: Claims, other: LinkKey, is_old: bool) -> None:
    pair = (other, claimed.key) if is_old else (claimed.key, other)
    assert verify(sign(claimed), known(*pair), _NOW) == claimed


@given(claims(), keys, st.data())
def test_a_token_with_any_bits_changed_is_refused(
    claimed: Claims, other: LinkKey, data: st.DataObject
) -> None:
    content = bytearray(base64.urlsafe_b64decode(sign(claimed)))
    places = data.draw(st.lists(st.integers(0, len(content) * 8 - 1), min_size=1, max_size=8, unique=True))
    for place in places:
        content[place // 8] ^= 1 << place % 8
    assert is_refused(base64.urlsafe_b64encode(content).decode(), known(claimed.key, other))


@given(claims(), keys, st.data())
def test_a_token_with_a_character_changed_added_or_gone_is_refused(
    claimed: Claims, other: LinkKey, data: st.DataObject
) -> None:
    token = sign(claimed)
    place = data.draw(st.integers(0, len(token) - 1))
    put = data.draw(st.text(max_size=2))
    changed = token[:place] + put + token[place + 1 :]
    assume(changed != token)
    assert is_refused(changed, known(claimed.key, other))


@given(claims(), claims(), st.integers(1, 65))
def test_parts_of_two_good_tokens_make_no_third(one: Claims, two: Claims, cut: int) -> None:
    first, second = (base64.urlsafe_b64decode(sign(each)) for each in (one, two))
    mixed = base64.urlsafe_b64encode(first[:cut] + second[cut:]).decode()
    assume(mixed not in (sign(one), sign(two)))
    assert is_refused(mixed, known(one.key, two.key))


@given(claims(), keys, keys)
def test_another_key_admits_nothing(claimed: Claims, one: LinkKey, two: LinkKey) -> None:
    assume(claimed.key not in (one, two))
    assert is_refused(sign(claimed), known(one, two))


@given(claims(), st.integers(0, 10**9))
def test_a_token_is_good_until_its_end_and_not_at_it(claimed: Claims, late: int) -> None:
    both = known(claimed.key, claimed.key)
    assert verify(sign(claimed), both, claimed.expires_at - 1) == claimed
    try:
        verify(sign(claimed), both, claimed.expires_at + late)
    except LinkExpired:
        return
    raise AssertionError("its time is over")


@given(st.one_of(st.text(max_size=120), st.binary(min_size=66, max_size=66).map(base64.urlsafe_b64encode)))
def test_whatever_is_sent_is_refused_and_breaks_nothing(sent: str | bytes) -> None:
    token = sent if isinstance(sent, str) else sent.decode()
    assert is_refused(token, known(LinkKey(b"one"), LinkKey(b"two")))


@given(keys, keys, users, users)
def test_names_under_a_key_tell_users_and_keys_apart(
    one: LinkKey, two: LinkKey, user: str, other: str
) -> None:
    assume(one != two and user.lower() != other.lower())
    assert len({subject_of(key, "app", each) for key in (one, two) for each in (user, other)}) == 4
    assert len({handle_of(key, each) for key in (one, two) for each in (user, other)}) == 4


def is_refused(token: str, admitted: LinkKeys) -> bool:
    try:
        verify(token, admitted, _NOW)
    except LinkInvalid:
        return True
    except binascii.Error:
        return False
    return False
