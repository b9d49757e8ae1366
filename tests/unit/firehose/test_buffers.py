"""When what waits is written, and that nothing gets lost on the way."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from embedded.firehose.buffers import Buffers


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_buffer_is_written_when_its_oldest_record_is_old() -> None:
    clock = Clock()
    buffers: Buffers[str] = Buffers(clock)
    buffers.add("a", b"1", size=100, interval=10)
    clock.now += 6
    buffers.add("a", b"2", size=100, interval=10)
    assert buffers.take_due() == []
    clock.now += 4
    ((place, buffer),) = buffers.take_due()
    assert (place, buffer.parts, buffer.opened) == ("a", [b"1", b"2"], 1000.0)
    assert buffers.take_due() == []


def test_a_full_buffer_is_written_at_once_and_no_other() -> None:
    buffers: Buffers[str] = Buffers(Clock())
    buffers.add("b", b"123", size=4, interval=10)
    buffers.add("a", b"123", size=4, interval=10)
    buffers.add("a", b"4", size=4, interval=10)
    assert [place for place, _ in buffers.take_due()] == ["a"]


def test_what_could_not_be_written_comes_again_before_what_came_since() -> None:
    clock = Clock()
    buffers: Buffers[str] = Buffers(clock)
    buffers.add("a", b"1", size=1, interval=10)
    ((place, buffer),) = buffers.take_due()
    buffers.add("a", b"2", size=100, interval=10)
    buffers.put_back(place, buffer, after=5)
    assert buffers.take_due() == []
    clock.now += 5
    ((_, again),) = buffers.take_due()
    assert again.parts == [b"1", b"2"]


def test_waiting_ends_when_something_is_due() -> None:
    buffers: Buffers[str] = Buffers()
    buffers.add("a", b"1", size=1, interval=60)
    buffers.wait()
    assert len(buffers.take_due()) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.binary(min_size=1, max_size=4), st.integers(0, 20), st.booleans()
        )
    )
)
def test_each_record_is_written_once_and_in_order_however_time_goes_and_writing_fails(
    steps: list[tuple[str, bytes, int, bool]],
) -> None:
    clock = Clock()
    buffers: Buffers[str] = Buffers(clock)
    written: dict[str, list[bytes]] = {place: [] for place in "abc"}
    for place, data, seconds, fails in steps:
        buffers.add(place, data, size=6, interval=10)
        clock.now += seconds
        for due, buffer in buffers.take_due():
            if fails:
                buffers.put_back(due, buffer, after=3)
            else:
                written[due] += buffer.parts
    clock.now += 100
    for due, buffer in buffers.take_due():
        written[due] += buffer.parts
    assert written == {place: [data for where, data, _, _ in steps if where == place] for place in "abc"}
    assert len(buffers) == 0
