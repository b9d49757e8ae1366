"""What one-time passwords promise, asked of their template."""

import json
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from pinpoint_patterns import IPinpointProject, OneTimePasswords
from tests.support.templates import APPLICATION_ID, only, reach, resources, template_of, timeouts, variables

APPLICATION = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"


def passwords_template(**options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        arguments = {"brand_name": "Shop", "origination_identity": "+14255550100", **options}
        passwords = OneTimePasswords(stack, "Passwords", project=project, **arguments)
        passwords.grant_invoke(iam.Role(stack, "Backend", assumed_by=iam.AccountRootPrincipal()))

    return template_of(build)


@pytest.fixture(scope="module")
def passwords() -> Template:
    return passwords_template()


def test_the_function_may_send_verify_and_count_and_nothing_else(passwords: Template) -> None:
    assert reach(passwords, "PasswordsSenderRole") == {
        "<PasswordsRates.Arn>": {"dynamodb:UpdateItem"},
        f"{APPLICATION}/otp": {"mobiletargeting:SendOTPMessage"},
        f"{APPLICATION}/verify-otp": {"mobiletargeting:VerifyOTPMessage"},
    }


def test_a_backend_may_call_it_and_nothing_else(passwords: Template) -> None:
    assert reach(passwords, "BackendDefaultPolicy") == {
        "<PasswordsSenderFunction.Arn>": {"lambda:InvokeFunction"}
    }


def test_no_call_is_kept_or_repeated_since_it_holds_a_code(passwords: Template) -> None:
    assert "DeadLetterConfig" not in only(passwords, "AWS::Lambda::Function")
    assert resources(passwords, "AWS::SQS::Queue") == {}
    assert only(passwords, "AWS::Lambda::EventInvokeConfig").get("MaximumRetryAttempts") == 0


def test_the_function_is_told_what_to_send_and_how_often(passwords: Template) -> None:
    settings = dict(variables(passwords, "PasswordsSender"))
    message = json.loads(settings.pop("MESSAGE", "{}"))
    assert message == {
        "BrandName": "Shop",
        "OriginationIdentity": "+14255550100",
        "CodeLength": 6,
        "ValidityPeriod": 10,
        "AllowedAttempts": 3,
    }
    assert settings.pop("RATE_TABLE", None) is not None
    assert settings == {
        "APPLICATION_ID": APPLICATION_ID,
        "MOST_SENDS": "5",
        "MOST_VERIFICATIONS": "15",
        "POWERTOOLS_SERVICE_NAME": "Sender",
        "WINDOW_SECONDS": "600",
    }


def test_the_function_outlasts_an_answer_of_the_api(passwords: Template) -> None:
    assert timeouts(passwords) == {"PasswordsSenderFunction": 28}


def test_counts_are_found_by_number_and_window(passwords: Template) -> None:
    table = only(passwords, "AWS::DynamoDB::GlobalTable")
    assert [key["AttributeName"] for key in table.get("KeySchema", [])] == ["pk"]


def test_the_message_may_be_in_another_language() -> None:
    settings = variables(passwords_template(language="de-DE"), "PasswordsSender")
    assert json.loads(settings["MESSAGE"])["Language"] == "de-DE"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"brand_name": ""}, "1 to 20"),
        ({"brand_name": "x" * 21}, "1 to 20"),
        ({"language": "xx"}, "one of de-DE"),
        ({"code_length": 4}, "5 to 8"),
        ({"validity": Duration.minutes(61)}, "5 to 60"),
        ({"allowed_attempts": 6}, "1 to 5"),
        ({"max_sends": 0}, "max_sends"),
        ({"max_verifications": 0}, "max_verifications"),
        ({"window": Duration.days(2)}, "60 to 86400"),
    ],
)
def test_what_cannot_work_is_refused_at_once(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        passwords_template(**options)
