"""The demo: real traffic through the stacks, and a ledger whose every cell was computed before the run.

It is made of scenarios, one for a pattern or for a few that work together. All of them run in one embedded
AWS, side by side but for those that say they are `alone`. To add one, write `scenarios/<pattern>.py` (a
folder, where a file would grow long):

    @dataclass(frozen=True)
    class SendMessage(Scenario):
        title: ClassVar[str] = "Send a message"
        patterns: ClassVar[tuple[str, ...]] = ("SendMessage",)
        vendors: ClassVar[tuple[Vendor, ...]] = ()

        def expect(self) -> Counts:
            return {Cell("Requests", "accepted"): ...}

        def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
            narrator.step("putting 200 requests into the queue")
            ...
            return settle(expected, {}, lambda: counts_of(...), narrator)

and name it in `scenarios/__init__.py`. `expect` computes from the seed and the size alone, and asks neither
an engine nor a stack; `run` sends the traffic and reads the same cells afterwards, each from the place that
knows: a stream (`stream.py`), the mail that was kept (`mail.py`), a vendor's journal (`vendor_counts.py`), a
bucket, a table. A cell that one of the two does not know counts 0, so nothing can be left out of the
comparison. Ids and addresses carry the seed, since a stage may see several runs; a scenario counts its own
only, since others run beside it.
"""
