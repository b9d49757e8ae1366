"""Messages of a queue under several hands."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from embedded.lambda_events.queue_storage import one_at_a_time


def test_a_message_is_received_by_one_of_many_who_receive_at_once() -> None:
    messages: list[dict[str, Any]] = [{"id": number, "seen": False} for number in range(40)]
    somebody_found = threading.Event()

    def collect(most: int) -> list[dict[str, Any]]:
        found = [message for message in messages if not message["seen"]][:most]
        # Another thread would find the same ones now.
        somebody_found.wait(0.01)
        for message in found:
            message["seen"] = True
        return found

    receive = one_at_a_time(collect)
    with ThreadPoolExecutor(8) as threads:
        received = [each["id"] for batch in threads.map(receive, [10] * 8) for each in batch]
    assert sorted(received) == list(range(40))
