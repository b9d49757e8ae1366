"""What Lambda hands to a function beside the event."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LambdaContext:
    """As far as our functions and their logger look at it."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "52fdfc07-2182-154f-163f-5f0f9a621d72"
