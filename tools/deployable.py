"""Refuses to deploy what Amazon Pinpoint no longer serves.

    python -m tools.deployable pinpoint SegmentImport

With the engine `pinpoint`, a template asks AWS itself for Pinpoint resources. Those of the features
that ended on 2026-10-30 would fail half-way through a deployment, so that the stacks which hold them
are named before anything is touched. Reads the synthesized `cdk.out`.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

RETIRED: Final = frozenset(
    f"AWS::Pinpoint::{name}"
    for name in (
        "ApplicationSettings",
        "Campaign",
        "EmailChannel",
        "EmailTemplate",
        "EventStream",
        "InAppTemplate",
        "PushTemplate",
        "Segment",
        "SmsTemplate",
    )
)


def retired_resources(template: Mapping[str, Any]) -> list[str]:
    """The types in a template whose features ended, each once, in order of name."""
    types = {str(resource["Type"]) for resource in template.get("Resources", {}).values()}
    return sorted(types & RETIRED)


def _stacks(manifest: Mapping[str, Any], wanted: str) -> Iterator[str]:
    """The stacks that a deployment of `wanted` touches: itself and what it depends on, or all."""
    artifacts = manifest["artifacts"]
    stacks = {name for name, a in artifacts.items() if a["type"] == "aws:cloudformation:stack"}
    if wanted != "--all" and wanted not in stacks:
        sys.exit(f"no stack is called {wanted!r}: there are {', '.join(sorted(stacks))}")
    pending = sorted(stacks) if wanted == "--all" else [wanted]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in stacks and name not in seen:
            seen.add(name)
            yield name
            pending += artifacts[name].get("dependencies", [])


def main(engine: str, pattern: str, assembly: Path = Path("cdk.out")) -> None:
    """Exit with the names of stacks and types if any cannot be deployed to an AWS account."""
    if engine != "pinpoint":
        return
    manifest = json.loads((assembly / "manifest.json").read_text())
    refused = []
    for stack in _stacks(manifest, pattern):
        template = assembly / manifest["artifacts"][stack]["properties"]["templateFile"]
        if types := retired_resources(json.loads(template.read_text())):
            refused.append(f"  {stack}: {', '.join(types)}")
    if refused:
        sys.exit(
            "Amazon Pinpoint ended these features on 2026-10-30, so AWS would refuse:\n"
            + "\n".join(sorted(refused))
            + "\nDeploy them with ENGINE=hosted, which brings the engine that serves them."
        )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
