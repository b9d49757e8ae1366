"""The guide's own client examples, run by a plain Python that knows nothing but the environment to source."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embedded.demo.account import Account
from embedded.demo.mail import kept_mail
from embedded.demo.stage import Stage
from tests.support.handsets import texts_of

pytestmark = pytest.mark.e2e

EXAMPLES = Path(__file__).parent / "guide_examples"
CSV = b"""ChannelType,Address,Id,OptOut,User.UserId
EMAIL,success+guide-1@simulator.amazonses.com,guide-1,NONE,guide-user-1
EMAIL,success+guide-2@simulator.amazonses.com,guide-2,NONE,guide-user-2
"""


class Guide:
    """Runs examples with their placeholders filled."""

    def __init__(self, stage: Stage) -> None:
        self.account = stage.account
        self.environment = stage.environment
        self.placeholders = {
            "[PinpointProjectId]": stage.account.output("Project", "ApplicationId"),
            "[UniqueEndpointID]": "guide-endpoint",
            "[UserIdThatConnectsEndpoints]": "guide-user",
            "[SomeUniqueEventId]": "guide-event",
            "[Bucket]": stage.account.output("SegmentImport", "BucketName"),
            "[RoleArn]": import_role_arn(stage.account),
            "[UniqueEndpointID1ForUser]": "guide-phone",
            "[ORIGINATION_NUMBER]": origination_number(stage.account),
        }

    def run(self, name: str) -> list[Any]:
        """What an example printed, a JSON value a line."""
        code = (EXAMPLES / name).read_text()
        for placeholder, value in self.placeholders.items():
            code = code.replace(placeholder, value)
        # An empty environment and the file to source: what works by accident here would not elsewhere.
        done = subprocess.run(
            [
                "env",
                "-i",
                "bash",
                "-c",
                '. "$0" && exec "$1" -I -c "$2"',
                self.environment,
                sys.executable,
                code,
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def endpoint(self, endpoint_id: str) -> dict[str, Any]:
        answer = self.account.client("pinpoint").get_endpoint(
            ApplicationId=self.placeholders["[PinpointProjectId]"], EndpointId=endpoint_id
        )
        response: dict[str, Any] = answer["EndpointResponse"]
        return response


def origination_number(account: Account) -> str:
    """A number of the account that sends text messages."""
    made = account.client("pinpoint-sms-voice-v2").request_phone_number(
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS"],
        NumberType="LONG_CODE",
    )
    return str(made["PhoneNumber"])


def import_role_arn(account: Account) -> str:
    resources = account.client("cloudformation").describe_stack_resources(StackName="SegmentImport")
    (name,) = (
        resource["PhysicalResourceId"]
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::IAM::Role" and "ImportRole" in resource["LogicalResourceId"]
    )
    arn: str = account.client("iam").get_role(RoleName=name)["Role"]["Arn"]
    return arn


@pytest.fixture(scope="module")
def guide(hosted_stage: Stage) -> Guide:
    account = hosted_stage.account
    ses = account.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity="no-reply@example.com")
    pinpoint = account.client("pinpoint")
    with contextlib.suppress(pinpoint.exceptions.BadRequestException):
        pinpoint.create_email_template(
            TemplateName="MyEmailTemplate",
            EmailTemplateRequest={"Subject": "For {{FirstName}}", "TextPart": "Dear {{FirstName}},"},
        )
    account.client("s3").put_object(
        Bucket=account.output("SegmentImport", "BucketName"), Key="accepted/guide/file-name.csv", Body=CSV
    )
    return Guide(hosted_stage)


def test_an_email_by_template_reaches_each_recipient_by_name(guide: Guide) -> None:
    (results,) = guide.run("send_email_by_template.py")
    assert {result["DeliveryStatus"] for result in results.values()} == {"SUCCESSFUL"}
    bodies = {message["BodyText"] for message in kept_mail(guide.account.endpoint)}
    assert {"Dear John,", "Dear Ryan,", "Dear Dave,"} <= bodies


def test_a_text_message_reaches_a_stored_endpoint_by_its_users_name(guide: Guide) -> None:
    guide.account.client("pinpoint").update_endpoint(
        ApplicationId=guide.placeholders["[PinpointProjectId]"],
        EndpointId="guide-phone",
        EndpointRequest={
            "ChannelType": "SMS",
            # Of AWS's simulator: the safety catch lets it through, and its messages arrive.
            "Address": "+14254147755",
            "User": {"UserId": "guide-user-3", "UserAttributes": {"FirstName": ["Ann"]}},
        },
    )
    (results,) = guide.run("send_sms_to_endpoint.py")
    result = results["guide-phone"]
    assert (result["DeliveryStatus"], result["Address"]) == ("SUCCESSFUL", "+14254147755")
    (text,) = texts_of(guide.account.endpoint, result["MessageId"])
    assert text["Body"] == "Ann your one time password is: 123456"
    assert text["From"] == guide.placeholders["[ORIGINATION_NUMBER]"]


def test_an_updated_endpoint_keeps_its_attribute_and_may_be_targeted(guide: Guide) -> None:
    guide.run("update_endpoint.py")
    endpoint = guide.endpoint("guide-endpoint")
    values = endpoint["Attributes"]["MyCustomAttribute"]
    assert values == ["Custom Attribute Value 1", "Custom Attribute Value 2"]
    assert (endpoint["OptOut"], endpoint["EndpointStatus"]) == ("NONE", "ACTIVE")


def test_an_import_registers_the_rows_of_the_file(guide: Guide) -> None:
    (job,) = guide.run("import_endpoints.py")
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 2, 0)
    assert guide.endpoint("guide-2")["User"]["UserId"] == "guide-user-2"


def test_an_event_is_accepted_and_updates_its_endpoint(guide: Guide) -> None:
    guide.run("update_endpoint.py")
    (results,) = guide.run("put_events.py")
    result = results["guide-endpoint"]
    assert result["EndpointItemResponse"]["StatusCode"] == 202
    assert result["EventsItemResponse"]["guide-event"]["StatusCode"] == 202
    assert guide.endpoint("guide-endpoint")["Attributes"]["EmailPreference_DailyDeals"] == ["Subscribed"]


def test_a_named_segment_holds_the_rows_of_the_file(guide: Guide) -> None:
    (answer,) = guide.run("import_segment.py")
    assert answer["job"]["JobStatus"] == "COMPLETED"
    assert answer["segment"]["Name"] == "Segment 123 from CDP"
    assert answer["segment"]["ImportDefinition"]["Size"] == 2


def test_a_user_has_its_endpoints_and_an_unknown_one_is_not_found(guide: Guide) -> None:
    guide.run("update_endpoint.py")
    known, unknown = guide.run("get_user_endpoints.py")
    assert [item["Id"] for item in known["Item"]] == ["guide-endpoint"]
    assert unknown == "unknown user"
