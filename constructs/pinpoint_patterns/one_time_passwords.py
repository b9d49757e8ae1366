"""One-time passwords by SMS, for a backend that sends and verifies them while somebody waits."""

import json
import re
from typing import Final

from aws_cdk import Duration, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._queue_worker import counted
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.project import IPinpointProject

_LANGUAGES: Final = (
    "de-DE",
    "en-GB",
    "en-US",
    "es-419",
    "es-ES",
    "fr-CA",
    "fr-FR",
    "it-IT",
    "ja-JP",
    "ko-KR",
    "pt-BR",
    "zh-CN",
    "zh-TW",
)
_BRAND: Final = re.compile(r"\S(.{0,18}\S)?")


class OneTimePasswords(Construct):
    """A function that sends and verifies one-time passwords, and the counts that bound it for each number.

    A backend that has `grant_invoke` calls `function` synchronously with
    `{"action": "send", "reference", "destination"}` and
    `{"action": "verify", "reference", "destination", "code"}`, and reads `status` of the answer. The code is
    written into no log, queue, table or event; calls are neither retried nor kept.

    Args:
        project: Whose SMS channel sends.
        brand_name: What the message calls the sender, up to 20 characters.
        origination_identity: The number, sender id or pool that sends.
        code_length: Digits, 5 to 8.
        validity: How long a code is valid, 5 to 60 minutes.
        allowed_attempts: Times that a code may be tried, 1 to 5.
        language: Of the message, such as `de-DE`; American English by default.
        max_sends: Codes that a number may be sent in a window, at least 1.
        max_verifications: Codes that may be tried for a number in a window, at least 1.
        window: How long a window is, 1 minute to 24 hours.
        encryption_key: A key for the counts; DynamoDB's own by default.

    Raises:
        ValueError: An argument is outside of what is allowed.

    See https://docs.aws.amazon.com/pinpoint/latest/developerguide/send-validate-otp.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        brand_name: str,
        origination_identity: str,
        code_length: int = 6,
        validity: Duration | None = None,
        allowed_attempts: int = 3,
        language: str | None = None,
        max_sends: int = 5,
        max_verifications: int = 15,
        window: Duration | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        minutes = round((validity or Duration.minutes(10)).to_minutes())
        seconds = round((window or Duration.minutes(10)).to_seconds())
        _check_message(brand_name, language)
        _check_numbers(
            ("code_length", code_length, 5, 8),
            ("validity in minutes", minutes, 5, 60),
            ("allowed_attempts", allowed_attempts, 1, 5),
            ("max_sends", max_sends, 1, 1_000),
            ("max_verifications", max_verifications, 1, 1_000),
            ("window in seconds", seconds, 60, 86_400),
        )
        message = {
            "BrandName": brand_name,
            "OriginationIdentity": origination_identity,
            "CodeLength": code_length,
            "ValidityPeriod": minutes,
            "AllowedAttempts": allowed_attempts,
            **({"Language": language} if language else {}),
        }
        self.rates = state_table(self, "Rates", encryption_key=encryption_key)
        self.sender = PatternFunction(
            self,
            "Sender",
            handler="patterns.send_message.otp_handler.handler",
            code=["patterns/send_message"],
            description="Sends and verifies one-time passwords",
            timeout=Duration.seconds(28),
            environment={
                "APPLICATION_ID": project.application_id,
                "MESSAGE": json.dumps(message),
                "MOST_SENDS": str(max_sends),
                "MOST_VERIFICATIONS": str(max_verifications),
                "RATE_TABLE": self.rates.table_name,
                "WINDOW_SECONDS": str(seconds),
            },
            keeps_events=False,
        )
        self.function = self.sender.function
        self.rates.grant(self.function, "dynamodb:UpdateItem")
        project.grant(self.function, "SendOTPMessage", "VerifyOTPMessage")

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a backend send and verify."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["lambda:InvokeFunction"],
            resource_arns=[self.function.function_arn],
            scope=self,
        )

    def metric_sent(self) -> cloudwatch.Metric:
        """Codes that went out, the sum of five minutes."""
        return counted("Sent", {"Pattern": "OneTimePasswords"})

    def metric_valid(self) -> cloudwatch.Metric:
        """Codes that were right, the sum of five minutes."""
        return counted("Valid", {"Pattern": "OneTimePasswords"})

    def metric_invalid(self) -> cloudwatch.Metric:
        """Codes that were wrong or too late, the sum of five minutes."""
        return counted("Invalid", {"Pattern": "OneTimePasswords"})

    def metric_limited(self) -> cloudwatch.Metric:
        """Calls beyond a number's limit, the sum of five minutes."""
        return counted("Limited", {"Pattern": "OneTimePasswords"})


def _check_message(brand_name: str, language: str | None) -> None:
    if not Token.is_unresolved(brand_name) and not _BRAND.fullmatch(brand_name):
        raise ValueError(f"brand_name must have 1 to 20 characters, got {brand_name!r}")
    if language is not None and not Token.is_unresolved(language) and language not in _LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(_LANGUAGES)}, got {language!r}")


def _check_numbers(*bounds: tuple[str, int, int, int]) -> None:
    for what, value, lowest, highest in bounds:
        if not Token.is_unresolved(value) and not lowest <= value <= highest:
            raise ValueError(f"{what} must be {lowest} to {highest}, got {value}")
