"""Load: many items with faults and duplicates through one pattern, and each count checked at the receiver.

    make load PATTERN=SendMessage                       # 20,000 items, 5 % faults, 5 % duplicates
    python -m bench.load --pattern SendMessage --items 2000 --faults 0 --duplicates 0

One embedded AWS is started with the pattern's stacks and ended afterwards. The table has every cell that was
computed from the seed before the run beside what was seen, and the API calls that were made beside the fewest
that the API's limit allows. Exit code 1 names each cell that is off. Figures go to `bench/results/`.

To add a pattern, write `bench/load/<pattern>.py` and name its class in `scenarios.py`:

    @dataclass(frozen=True)
    class UserEventsLoad(LoadScenario):
        title: ClassVar[str] = "User events"
        patterns: ClassVar[tuple[str, ...]] = ("UserEvents",)
        vendors: ClassVar[tuple[Vendor, ...]] = ()

        def expect(self) -> Counts:
            return make_plan(self.load).expected

        def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
            self._throttling.begin(stage)
            ...
            late = lambda: counts_of(...)
            return settle(expected, {}, late, narrator, still=STILLNESS, within=PATIENCE)

        def calls(self, stage: Stage) -> Sequence[Calls]:
            return [self._throttling.calls(stage, floor(good_items, 100), bad=halved_for)]

It is a scenario of the demo (`embedded/demo/__init__.py` says how those are written), which also has `load`:
how many items, and which share of them is bad or put in twice. So whatever the demo's scenario of the pattern
reads with, its load reads with, too. Three things are different:

- Items are put in by tens or hundreds, and what grows with the items (all kept mail, a whole stream) is read
  once, at the end, and not in each round of `settle`.
- A vendor of the stage begins a day with the faults of this load: `intake.begin(self.load.fault_plan)`.
- The project's API answers a share of calls with 429: `_throttling` is `Throttling.of(load, "PutEvents")`.
- `calls` says what the pattern asked of the API, counted by `Throttling` where it arrives, or by another
  receiver; not from the plan. `halved_for` are the items for which a whole call is refused, so that it is
  halved until they are found; leave it out where there are none.
"""
