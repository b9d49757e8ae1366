"""The engine, for every other stack to be hosted on."""

from collections.abc import Sequence
from typing import Any, Literal

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns.engine import PinpointEngine


class EngineStack(Stack):
    """The Pinpoint API in this account and Region."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        sending: Literal["safe", "live"] = "safe",
        allow_list: Sequence[str] = (),
        local_webhooks: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        self.engine = PinpointEngine(
            self, "Engine", sending=sending, allow_list=allow_list, local_webhooks=local_webhooks
        )
        CfnOutput(self, "ApiUrl", value=self.engine.api_url)
        CfnOutput(self, "TableName", value=self.engine.table.table_name)
