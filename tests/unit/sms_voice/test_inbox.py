"""What a handset can be made to send, and to whom."""

import pytest

from embedded.sms_voice.inbox import NoSuchNumber, Written, receive
from tests.support.phones import Phones

HANDSET = "+14255550100"


def test_a_number_without_two_way_tells_nobody_and_says_so(phones: Phones) -> None:
    number = phones.number()
    told = receive(phones.service, Written(HANDSET, "Yes", to=number["PhoneNumber"]))
    assert told["Published"] is False
    assert "TwoWayEnabled off" in told["Refusal"]


def test_a_keyword_is_answered_from_the_number_that_was_written_to(phones: Phones) -> None:
    number = phones.number()
    receive(phones.service, Written(HANDSET, "help", to=number["PhoneNumber"]))
    (answer,) = phones.service.network.messages(HANDSET)
    assert answer.message.origination == number["PhoneNumber"]


@pytest.mark.parametrize("to", ["", "SHOP", "+12025550100"])
def test_nobody_else_can_be_written_to(phones: Phones, to: str) -> None:
    phones.number()
    with pytest.raises(NoSuchNumber):
        receive(phones.service, Written(HANDSET, "Yes", to=to))
