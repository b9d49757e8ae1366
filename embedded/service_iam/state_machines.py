"""Step Functions: a state machine's role must be assumable by the service and allow each task's call.

https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from embedded.ministack_names import find, replace
from embedded.service_iam.authority import role_refusal, trust_refusal

_SFN = "ministack.services.stepfunctions"
_ERRORS: Final = {
    "lambda": "Lambda.AWSLambdaException",
    "sqs": "SQS.AmazonSQSException",
    "sns": "SNS.AmazonSNSException",
    "dynamodb": "DynamoDB.AmazonDynamoDBException",
    "events": "EventBridge.AccessDeniedException",
    "states": "StepFunctions.AWSStepFunctionsException",
}
_machine: ContextVar[str] = ContextVar("embedded_state_machine", default="")


def install() -> None:
    """Ask the state machine's role before every task."""
    replace(f"{_SFN}._run_execution", _remembering(find(f"{_SFN}._run_execution")))
    replace(f"{_SFN}._invoke_resource", _checking(find(f"{_SFN}._invoke_resource")))
    replace(f"{_SFN}._invoke_with_callback", _checking(find(f"{_SFN}._invoke_with_callback")))


def call_of(resource: str, parameters: Any) -> tuple[str, str] | None:
    """The action and the ARN that a task's resource comes down to, or None where no IAM is involved.

    Args:
        resource: The state's `Resource`.
        parameters: What the task is called with. An ARN that it does not tell is given as `*`.
    """
    given: dict[str, Any] = parameters if isinstance(parameters, dict) else {}
    parts = resource.partition(".")[0].split(":")
    if parts[2] == "lambda":
        return "lambda:InvokeFunction", resource
    if parts[2] != "states" or "activity" in parts:
        return None
    service, action = parts[-2], parts[-1]
    if service == "lambda" and action == "invoke":
        return "lambda:InvokeFunction", _function_arn(str(given.get("FunctionName", "")))
    operation = f"{service}:{action[:1].upper()}{action[1:]}"
    return operation, _resource_arn(service, given)


def _remembering(run: Callable[[str], None]) -> Callable[[str], None]:
    def run_execution(execution_arn: str) -> None:
        execution = find(f"{_SFN}._executions").get(execution_arn) or {}
        token = _machine.set(str(execution.get("stateMachineArn", "")))
        try:
            run(execution_arn)
        finally:
            _machine.reset(token)

    return run_execution


def _checking(invoke: Callable[..., Any]) -> Callable[..., Any]:
    def checked(resource: str, input_data: Any, *rest: Any) -> Any:
        call = call_of(resource, input_data)
        machine = _machine.get()
        if call is not None and machine:
            refusal = _refusal(machine, *call)
            if refusal:
                service = call[0].partition(":")[0]
                error = _ERRORS.get(service, f"{service.capitalize()}.AccessDeniedException")
                raise find(f"{_SFN}._ExecutionError")(error, refusal)
        return invoke(resource, input_data, *rest)

    return checked


def _refusal(machine: str, action: str, resource: str) -> str | None:
    role = (find(f"{_SFN}._state_machines").get(machine) or {}).get("roleArn", "")
    return trust_refusal(role, "states.amazonaws.com", source_arn=machine) or role_refusal(
        role, action, resource, session="states"
    )


def _function_arn(reference: str) -> str:
    if reference.startswith("arn:"):
        return reference
    _, config, _ = find("ministack.services.lambda_svc._get_func_record_for_ref")(reference)
    return str(config["FunctionArn"]) if config else reference


def _resource_arn(service: str, given: dict[str, Any]) -> str:
    """The ARN of the resource that the parameters name."""
    region = find("ministack.core.responses.get_region")()
    account = find("ministack.core.responses.get_account_id")()
    if service == "sqs":
        return f"arn:aws:sqs:{region}:{account}:{str(given.get('QueueUrl', '')).rpartition('/')[2]}"
    if service == "sns":
        return str(given.get("TopicArn", "*"))
    if service == "dynamodb":
        return (
            f"arn:aws:dynamodb:{region}:{account}:table/{given['TableName']}" if "TableName" in given else "*"
        )
    if service == "states":
        return str(given.get("StateMachineArn", "*"))
    if service == "events":
        entries = given.get("Entries") or [{}]
        bus = str(entries[0].get("EventBusName") or "default")
        return bus if bus.startswith("arn:") else f"arn:aws:events:{region}:{account}:event-bus/{bus}"
    if service == "s3" and "Bucket" in given:
        return "arn:aws:s3:::" + "/".join(str(given[name]) for name in ("Bucket", "Key") if name in given)
    if service == "lambda" and "FunctionName" in given:
        return _function_arn(str(given["FunctionName"]))
    return "*"
