"""The one way in which a state machine calls a function here: its state as payload, retried, caught."""

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from pinpoint_patterns._function import PatternFunction


def lambda_step(
    scope: Construct,
    construct_id: str,
    function: PatternFunction,
    *,
    result: str | None = None,
    catch: sfn.IChainable | None = None,
) -> tasks.LambdaInvoke:
    """A step that calls a function with the whole state, three times more if it fails.

    Args:
        scope: Where it stands.
        construct_id: The state's name.
        function: What is called.
        result: Where in the state its answer goes; nowhere by default.
        catch: What follows when it goes on failing, with the reason at `$.error`.
    """
    step = tasks.LambdaInvoke(
        scope,
        construct_id,
        lambda_function=function.function,
        payload_response_only=True,
        retry_on_service_exceptions=False,
        result_path=result or sfn.JsonPath.DISCARD,
    )
    step.add_retry(errors=["States.ALL"], interval=Duration.seconds(2), backoff_rate=3, max_attempts=3)
    if catch:
        step.add_catch(catch, errors=["States.ALL"], result_path="$.error")
    return step
