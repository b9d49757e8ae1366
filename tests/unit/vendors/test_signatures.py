"""Standard Webhooks signatures."""

import pytest

from embedded.vendors.signatures import BadSignature, sign, verify

# The specification's own example.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
BODY = b'{"test": 2432232314}'


def test_the_specifications_example_verifies() -> None:
    assert verify(SECRET, HEADERS, BODY, now=1614265330) == HEADERS["webhook-id"]
    assert sign(SECRET, HEADERS["webhook-id"], 1614265330, BODY) == HEADERS["webhook-signature"]


def test_one_fitting_signature_among_several_is_enough() -> None:
    rotated = HEADERS | {"webhook-signature": f"v1,b2xk {HEADERS['webhook-signature']}"}
    assert verify(SECRET, rotated, BODY, now=1614265330)


@pytest.mark.parametrize("missing", sorted(HEADERS))
def test_a_missing_header_is_named(missing: str) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != missing}
    with pytest.raises(BadSignature, match=missing):
        verify(SECRET, headers, BODY, now=1614265330)


def test_an_old_timestamp_is_refused_so_that_a_recorded_message_cannot_be_replayed() -> None:
    with pytest.raises(BadSignature, match="300 s off"):
        verify(SECRET, HEADERS, BODY, now=1614265330 + 301)


def test_a_changed_body_is_refused() -> None:
    with pytest.raises(BadSignature, match="no signature fits"):
        verify(SECRET, HEADERS, BODY + b" ", now=1614265330)
