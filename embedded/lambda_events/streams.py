"""The lanes of all stream mappings."""

from dataclasses import dataclass

from embedded.concurrency.admission import Admission
from embedded.lambda_events.lanes import Lane
from embedded.lambda_events.mapping import Mapping, enabled_mappings
from embedded.lambda_events.sources import Source, source_of
from embedded.service_iam.mappings import reading_refusal


@dataclass
class _Position:
    """Where one mapping is in its stream."""

    mapping: Mapping
    lanes: dict[tuple[str, int], Lane]
    lanes_a_shard: int


class StreamMappings:
    """Starts what is due; called by one thread, and once by whoever creates a mapping."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._positions: dict[str, _Position] = {}

    def clear(self) -> None:
        """Forget all positions, as a reset of the server does."""
        self._positions.clear()

    def poll(self) -> None:
        """Wake every lane that has something to deliver."""
        for mapping in enabled_mappings():
            if not mapping.is_queue:
                self.visit(mapping)
        self._forget_deleted()

    def visit(self, mapping: Mapping) -> None:
        """Wake one mapping's lanes. The first visit fixes the starting position."""
        with mapping.scope():
            source = source_of(mapping)
            if source is None:
                return
            position = self._position(mapping, source)
            refusal = reading_refusal(mapping.role, mapping.source)
            if refusal:
                mapping.show(f"PROBLEM: {refusal}")
                return
            shards = source.shards()
        for shard, parents in shards.items():
            if self._are_read(position, parents):
                for lane in self._lanes(position, mapping, shard):
                    lane.wake()

    def _position(self, mapping: Mapping, source: Source) -> _Position:
        position = self._positions.get(mapping.uuid)
        if position is None:
            position = _Position(mapping, {}, mapping.lanes)
            for shard in source.shards():
                start = source.start(shard)
                for number in range(mapping.lanes):
                    position.lanes[shard, number] = Lane(mapping, shard, number, start, self._admission)
            self._positions[mapping.uuid] = position
        return position

    def _lanes(self, position: _Position, mapping: Mapping, shard: str) -> list[Lane]:
        numbers = range(mapping.lanes)
        if position.lanes_a_shard != mapping.lanes and all(
            lane.is_done() for lane in position.lanes.values()
        ):
            # Keys change lanes: what one lane has read, another may have not, so all go on from the first.
            checkpoints: dict[str, str] = {}
            for (name, _), lane in position.lanes.items():
                checkpoints[name] = min(checkpoints.get(name, lane.checkpoint), lane.checkpoint)
            position.lanes = {
                (name, number): Lane(mapping, name, number, checkpoint, self._admission)
                for name, checkpoint in checkpoints.items()
                for number in numbers
            }
            position.lanes_a_shard = mapping.lanes
        if position.lanes_a_shard == mapping.lanes:
            for number in numbers:
                # A shard that came by resharding is read from its beginning.
                if (shard, number) not in position.lanes:
                    position.lanes[shard, number] = Lane(mapping, shard, number, "", self._admission)
        return [lane for (name, _), lane in position.lanes.items() if name == shard]

    def _are_read(self, position: _Position, parents: tuple[str, ...]) -> bool:
        return all(lane.is_done() for (shard, _), lane in position.lanes.items() if shard in parents)

    def _forget_deleted(self) -> None:
        for uuid, position in list(self._positions.items()):
            if not position.mapping.exists():
                del self._positions[uuid]
