"""Every private name of ministack that the embedded AWS relies on, and the only way to reach one.

ministack has no plug-in interface, so the rooms fill its dictionaries and wrap its functions. An upgrade
may rename any of them: one contract test resolves this list and fails with the name that is gone.
"""

import importlib
from typing import Any, Final

NAMES: Final = (
    # Where services, and what answers for them, are registered.
    "ministack.app.SERVICE_HANDLERS",
    "ministack.app.app",
    "ministack.core.router._KNOWN_AWS_SERVICE_NAMES",
    # Where a request comes from.
    "ministack.app.pin_request_origin",
    "ministack.core.iam_evaluator._request_origin",
    # Which action a request is authorised as.
    "ministack.core.iam_actions._SES_V2_RESOURCES",
    "ministack.core.iam_actions.extract_iam_action",
    # CloudFormation.
    "ministack.services.cloudformation.changesets.validate_template_support",
    "ministack.services.cloudformation.custom_resource.invoke_custom_resource",
    "ministack.services.cloudformation.handlers._ACTION_HANDLERS",
    "ministack.services.cloudformation.handlers._resolve_stack",
    "ministack.services.cloudformation.handlers.validate_template_support",
    "ministack.services.cloudformation.provisioners._REPLACING_PROPERTIES",
    "ministack.services.cloudformation.provisioners._STACK_TAG_PROPERTY",
    "ministack.services.cloudformation.provisioners._cr_stack_id",
    "ministack.services.cloudformation.provisioners._cw_metric_alarm_record",
    "ministack.services.cloudformation.stacks._runs_on_worker_thread",
    "ministack.services.cloudformation.stacks._sends_back_failed_update",
    # API Gateway.
    "ministack.services.apigateway_v1._build_lambda_event_v1",
    "ministack.services.apigateway_v1._iam_caller_identity",
    "ministack.services.apigateway_v1._invoke_lambda_proxy_v1",
    # Pinpoint's front doors.
    "ministack.core.concurrency.run_reentrant",
    "ministack.core.iam_evaluator.AuthError",
    "ministack.core.iam_evaluator.enforce",
    "ministack.core.router.extract_access_key_id",
    "ministack.core.router.extract_region",
    "ministack.services.lambda_svc.lambda_execute_result_to_api_proxy_response",
    # Pinpoint as a service principal.
    "ministack.app._dispatch_service_request",
    "ministack.core.iam_evaluator.EvalResult",
    "ministack.core.iam_evaluator.authenticate",
    "ministack.core.iam_evaluator.evaluate_trust_policy",
    "ministack.core.iam_evaluator.resolve_principal",
    # Lambda's worker processes.
    "ministack.core.lambda_runtime.Worker._drain_stderr_bounded",
    "ministack.core.lambda_runtime._PYTHON_WORKER_SCRIPT",
    "ministack.core.lambda_runtime.reset",
    # Lambda concurrency.
    "ministack.core.lambda_runtime._lock",
    "ministack.core.lambda_runtime._workers",
    "ministack.core.lambda_runtime.kill_workers",
    "ministack.services.lambda_svc._ACCOUNT_CONCURRENCY_CAP",
    "ministack.services.lambda_svc._INVOKE_DEPTH_HEADER",
    "ministack.services.lambda_svc._execute_function",
    "ministack.services.lambda_svc._execute_function_with_config_scope",
    "ministack.services.lambda_svc._function_config_scope_mismatch",
    "ministack.services.lambda_svc._get_func_record_for_ref",
    "ministack.services.lambda_svc._invoke_depth",
    "ministack.services.lambda_svc.acquire_worker",
    "ministack.services.lambda_svc.invoke_async_with_retry",
    "ministack.services.lambda_svc.reset",
    # Event source mappings and their sources.
    "ministack.services.cloudformation.provisioners._lambda_esm_create",
    "ministack.core.concurrency.esm_wake",
    "ministack.services.cloudformation.provisioners._RESOURCE_HANDLERS",
    "ministack.services.cloudformation.provisioners._lambda_function_for_cfn_ref",
    "ministack.services.dynamodb._tables",
    "ministack.services.dynamodb.stream_end_position",
    "ministack.services.dynamodb.stream_records_since",
    "ministack.services.dynamodb.stream_start_position",
    "ministack.services.kinesis._ensure_base64",
    "ministack.services.kinesis._streams",
    "ministack.services.lambda_svc._apply_filter_criteria",
    "ministack.services.lambda_svc._create_esm",
    "ministack.services.lambda_svc._esms",
    "ministack.services.lambda_svc._get_func_record_for_qualifier",
    "ministack.services.lambda_svc._invalid_parameter_value",
    "ministack.services.lambda_svc._iter_all_esms",
    "ministack.services.lambda_svc._poll_loop",
    "ministack.services.lambda_svc._request_account_id",
    "ministack.services.lambda_svc._request_region",
    "ministack.services.lambda_svc._sqs_esm_concurrency",
    "ministack.services.sqs._HANDLERS",
    "ministack.services.sqs._collect_msgs",
    "ministack.services.sqs._delete_messages_for_esm",
    "ministack.services.sqs._dlq_sweep",
    "ministack.services.sqs._expire_retained",
    "ministack.services.sqs._get_q",
    "ministack.services.sqs._queue_by_arn",
    "ministack.services.sqs._receive_messages_for_esm",
    "ministack.services.sqs._validate_batch_entries",
    # IAM for calls between services.
    "ministack.services.eventbridge._SCHEDULER_TICK_INTERVAL",
    "ministack.services.scheduler._SCHEDULE_TICK_INTERVAL",
    "ministack.core.responses.get_account_id",
    "ministack.services.apigateway.run_reentrant",
    "ministack.services.apigateway_v1._call_lambda_raw",
    "ministack.services.eventbridge._dispatch_to_lambda",
    "ministack.services.eventbridge._invoke_target",
    "ministack.services.eventbridge._pattern_event_view",
    "ministack.services.kinesis.put_record_internal",
    "ministack.services.lambda_svc._execution_record_for_config",
    "ministack.services.s3._deliver_event_to_lambda",
    "ministack.services.sns._deliver_to_lambda",
    "ministack.services.sns._topic_by_arn_any_scope",
    "ministack.services.stepfunctions._ExecutionError",
    "ministack.services.stepfunctions._executions",
    "ministack.services.stepfunctions._invoke_resource",
    "ministack.services.stepfunctions._invoke_with_callback",
    "ministack.services.stepfunctions._run_execution",
    "ministack.services.stepfunctions._state_machines",
    "ministack.app.AUTH",
    "ministack.core.iam_evaluator.EvalContext",
    "ministack.core.iam_evaluator._POLICY_REQUIRED",
    "ministack.core.iam_evaluator._gather_role_policies",
    "ministack.core.iam_evaluator._permissions_boundary",
    "ministack.core.iam_evaluator._resource_policy",
    "ministack.core.iam_evaluator.combine_resource_policy",
    "ministack.core.iam_evaluator.evaluate",
    "ministack.core.iam_evaluator.evaluate_resource_policy",
    "ministack.core.responses.get_region",
    "ministack.services.iam._roles",
    "ministack.services.kms._resolve_key",
    "ministack.services.lambda_svc.function_policy_for_arn",
    "ministack.services.s3._put_object",
    "ministack.services.sns.publish_internal",
    "ministack.services.sns.topic_policy_allows",
    "ministack.services.sqs._act_send_message",
    "ministack.services.sqs.queue_policy_allows",
    # Mail.
    "ministack.app._handle_ses_messages_request",
    "ministack.core.iam_evaluator.request_caller_arn",
    "ministack.services.eventbridge._put_events",
    "ministack.services.ses._sent_emails",
    "ministack.services.ses._sent_emails_list",
    "ministack.services.ses_v2._config_sets",
    "ministack.services.ses_v2._missing_config_set",
    "ministack.services.ses_v2.handle_request",
    # Rotation of secrets.
    "ministack.core.iam_actions.request_tag_context",
    "ministack.services.secretsmanager._put_resource_policy",
    "ministack.services.secretsmanager._resolve",
    # Phones.
    "ministack.app._handle_post_body_shortcuts",
    "ministack.core.responses.request_scope",
    "ministack.services.cloudwatch_logs._create_log_stream",
    "ministack.services.cloudwatch_logs._put_log_events",
    "ministack.services.firehose._put_record",
    # Firehose's files.
    "ministack.services.firehose._HANDLERS",
    "ministack.services.firehose._apply_lambda_processors",
    "ministack.services.firehose._create_delivery_stream",
    "ministack.services.firehose._deliver_records_to_s3",
    "ministack.services.firehose._evaluate_prefix",
    "ministack.services.firehose._invalid",
    "ministack.services.firehose._streams",
    # Saved queries.
    "ministack.services.athena._create_named_query",
    "ministack.services.athena._delete_named_query",
    # S3's events.
    "ministack.services.eventbridge._dispatch_event",
    "ministack.services.s3._fire_s3_event",
)


class UndeclaredName(LookupError):
    """A room asked for a name of ministack that is not in `NAMES`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not declared: add it to NAMES in embedded/ministack_names.py")
        self.name = name


class MissingName(LookupError):
    """The installed ministack has no such name: it was renamed or removed by an upgrade."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the installed ministack has no {name}: find its new name before upgrading")
        self.name = name


def find(name: str) -> Any:
    """The object behind a declared name.

    Args:
        name: Dotted name of a module's attribute, as listed in `NAMES`.

    Raises:
        UndeclaredName: It is not listed.
        MissingName: The installed ministack does not have it.
    """
    owner, attribute = _owner(name)
    if not hasattr(owner, attribute):
        raise MissingName(name)
    return getattr(owner, attribute)


def replace(name: str, value: object) -> Any:
    """Put `value` in the place of a declared name, and return what was there."""
    original = find(name)
    owner, attribute = _owner(name)
    setattr(owner, attribute, value)
    return original


def _owner(name: str) -> tuple[Any, str]:
    if name not in NAMES:
        raise UndeclaredName(name)
    path, _, attribute = name.rpartition(".")
    try:
        return importlib.import_module(path), attribute
    except ModuleNotFoundError:
        # The attribute of a class: one level further up.
        module, _, holder = path.rpartition(".")
        try:
            owner = getattr(importlib.import_module(module), holder, None)
        except ModuleNotFoundError:
            owner = None
        if owner is None:
            raise MissingName(name) from None
        return owner, attribute
