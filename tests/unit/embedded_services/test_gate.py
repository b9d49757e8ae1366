"""The gate that lets calls wait."""

import threading
import time

import pytest

from embedded.concurrency.admission import Admission
from embedded.concurrency.gate import Gate


class Holders:
    """Threads that hold a place until they are let go, and who was admitted in which order."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.admitted: list[int] = []
        self._leave = [threading.Event() for _ in range(20)]
        self._threads: list[threading.Thread] = []

    def start(self, number: int) -> None:
        before = len(self.admitted)
        thread = threading.Thread(target=self._hold, args=(number,), daemon=True)
        self._threads.append(thread)
        thread.start()
        wait_until(lambda: len(self.admitted) > before, within=0.05)

    def release(self, number: int) -> None:
        before = len(self.admitted)
        self._leave[number].set()
        wait_until(lambda: len(self.admitted) > before, within=0.1)

    def _hold(self, number: int) -> None:
        with self._gate.place():
            self.admitted.append(number)
            self._leave[number].wait(5)


def wait_until(condition: object, within: float) -> None:
    deadline = time.monotonic() + within
    while callable(condition) and not condition() and time.monotonic() < deadline:
        time.sleep(0.001)


def test_the_gate_admits_its_size_and_then_in_order_of_arrival() -> None:
    holders = Holders(Gate(2))
    for number in range(5):
        holders.start(number)
    assert holders.admitted == [0, 1]
    holders.release(1)
    assert holders.admitted == [0, 1, 2]
    holders.release(0)
    holders.release(2)
    assert holders.admitted == [0, 1, 2, 3, 4]


def test_on_a_crowded_machine_a_holder_that_is_late_is_not_yet_slow() -> None:
    now = 0.0
    gate = Gate(1, ceiling=2, patience=2.0, crowding=lambda: 3.0, clock=lambda: now)
    gate.acquire()
    now = 5.0
    waiting = threading.Thread(target=gate.acquire, daemon=True)
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    now = 7.0
    waiting.join(5)
    assert not waiting.is_alive()


def test_slow_holders_make_room_up_to_the_ceiling() -> None:
    holders = Holders(Gate(1, ceiling=3, patience=0.6))
    for number in range(5):
        holders.start(number)
    assert holders.admitted == [0]
    wait_until(lambda: len(holders.admitted) >= 3, within=5)
    time.sleep(0.8)
    assert holders.admitted == [0, 1, 2]


def test_workers_that_hold_every_place_can_still_call_and_be_called() -> None:
    admission = Admission(2, 2, elastic=False)
    finished = []

    def worker(number: int) -> None:
        with admission.queued(), admission.synchronous(1), admission.synchronous(2):
            time.sleep(0.01)
            finished.append(number)

    threads = [threading.Thread(target=worker, args=(number,), daemon=True) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert sorted(finished) == list(range(10))


def test_a_gate_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        Gate(0)
