"""Change 5: functions that may call Pinpoint find the engine, and sign for its API.

`AWS_DATA_PATH` is botocore's documented way to amend what it knows of a service: the layer holds one file
that changes the name under which Pinpoint's requests are signed. It amends the endpoint rules, since they
outrank both the service's model and the credential scopes that botocore has for some of Pinpoint's Regions.

See https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import Annotations, IAnyProducer, IResolveContext, Lazy, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm

from pinpoint_patterns._engine_names import API_URL_PARAMETER
from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.refusals import Refusals

_ENDPOINT: Final = "AWS_ENDPOINT_URL_PINPOINT"
_DATA_PATH: Final = "AWS_DATA_PATH"
_SETTINGS: Final = Path(__file__).with_name("client_settings")
_FOLDER: Final = "/opt/pinpoint-engine"
_LAYER_ID: Final = "PinpointEngineClient"
_MAX_LAYERS: Final = 5


def point_at_engine(function: lambda_.CfnFunction, refusals: Refusals) -> None:
    """Give a function the engine's address and its signing name, by environment and layer.

    Raises:
        NotTranslatable: The function has no place for them.
    """
    stack = Stack.of(function)
    if function.package_type == "Image":
        raise NotTranslatable(
            "the function is an image, which takes no layer",
            "put the client settings into the image (docs/hosting.md), and allow it execute-api:Invoke",
        )
    # Not `function.environment`: jsii would take the token there for an empty structure.
    _check_environment(stack.resolve(function._cfn_properties.get("environment")))
    address = ssm.StringParameter.value_for_string_parameter(stack, API_URL_PARAMETER)
    function.add_property_override(f"Environment.Variables.{_ENDPOINT}", address)
    if not str(function.runtime or "").startswith("python"):
        Annotations.of(function).add_warning_v2(
            "pinpoint-patterns:hosting.signing-name",
            "This function's SDK has to sign for execute-api: docs/hosting.md has the two lines.",
        )
        return
    function.add_property_override(f"Environment.Variables.{_DATA_PATH}", _FOLDER)
    layers = _WithLayer(function.layers, _layer(stack).layer_version_arn)
    function.add_property_override("Layers", Lazy.uncached_any(layers))
    refusals.later(lambda: [(function, problem)] if (problem := layers.problem(stack)) else [])


def _check_environment(environment: Any) -> None:
    variables = (environment or {}).get("variables") or (environment or {}).get("Variables") or {}
    for name in (_ENDPOINT, _DATA_PATH):
        if name in variables:
            raise NotTranslatable(
                f"the function sets {name} itself", "leave it out: hosting sets it to the engine's"
            )


@jsii.implements(IAnyProducer)
class _WithLayer:
    """A function's layers and one more."""

    def __init__(self, original: Any, added: str) -> None:
        self._original = original
        self._added = added

    def produce(self, context: IResolveContext) -> Any:
        return [*(context.resolve(self._original) or []), context.resolve(self._added)]

    def problem(self, stack: Stack) -> NotTranslatable | None:
        if len(stack.resolve(self._original) or []) < _MAX_LAYERS:
            return None
        return NotTranslatable(
            f"the function has {_MAX_LAYERS} layers already, and the client settings are one more",
            "merge two of them",
        )


def _layer(stack: Stack) -> lambda_.LayerVersion:
    """The layer of a stack: its own, since an exported one could never be replaced."""
    existing = stack.node.try_find_child(_LAYER_ID)
    if isinstance(existing, lambda_.LayerVersion):
        return existing
    return lambda_.LayerVersion(
        stack,
        _LAYER_ID,
        description="Has boto3 sign Pinpoint requests for the engine's API",
        code=lambda_.Code.from_asset(str(_SETTINGS)),
    )
