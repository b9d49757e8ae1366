"""The encoded end of a path, found from its decoded form."""

from urllib.parse import quote, unquote

from hypothesis import given
from hypothesis import strategies as st

from embedded.request_path import encoded_tail

_SEGMENTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8), min_size=1, max_size=4
)


@given(_SEGMENTS, _SEGMENTS)
def test_the_tail_keeps_its_encoding_whatever_an_id_holds(before: list[str], after: list[str]) -> None:
    tail = "/" + "/".join(quote(segment, safe="") for segment in after)
    raw = "/" + "/".join(quote(segment, safe="") for segment in before) + tail
    found = encoded_tail(raw, unquote(tail))
    assert unquote(found) == unquote(tail)
    assert raw.endswith(found)


def test_an_id_with_a_slash_stays_one_segment() -> None:
    raw = "/_aws/execute-api/abc/engine/v1/apps/1/endpoints/a%2Fb"
    assert encoded_tail(raw, "/v1/apps/1/endpoints/a/b") == "/v1/apps/1/endpoints/a%2Fb"


def test_a_path_that_is_no_tail_is_left_as_it_is() -> None:
    assert encoded_tail("/one/two", "/three") == "/three"
