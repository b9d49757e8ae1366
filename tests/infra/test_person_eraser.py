"""An eraser reaches what it was given to erase, and keeps nothing of whom it erases."""

import json
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from pinpoint_patterns import EventStream, IPinpointProject, PersonEraser
from tests.support.templates import APPLICATION_ID, flat, only, reach, template_of, timeouts, variables

APPLICATION = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"


def eraser_template(
    *, archived: bool = True, keyed: bool = False, names: tuple[str, str] = ("a", "b")
) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        stream = EventStream(stack, "Stream", project=project)
        key = kms.Key(stack, "Key") if keyed else None
        table = dynamodb.Table.from_table_name(stack, "Answers", "answers")
        eraser = PersonEraser(
            stack,
            "Forget",
            project=project,
            archive=stream.archive(encryption_key=key) if archived else None,
            tables={names[0]: table},
            sorted_tables={names[1]: dynamodb.Table.from_table_name(stack, "Inbox", "inbox")},
            dead_letters={
                "letters": sqs.Queue.from_queue_arn(stack, "Q", "arn:aws:sqs:eu-west-1:111122223333:dead")
            },
        )
        eraser.grant_invoke(iam.Role(stack, "Officer", assumed_by=iam.AccountRootPrincipal()))

    return template_of(build)


@pytest.fixture(scope="module")
def eraser() -> Template:
    return eraser_template()


def stores(template: Template) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(flat(variables(template, "ForgetEraser").get("STORES", "[]")))
    return told


def test_the_function_may_erase_from_its_stores_and_nothing_else(eraser: Template) -> None:
    granted = reach(eraser, "ForgetEraserRole")
    assert granted == {
        "arn:<AWS::Partition>:dynamodb:eu-west-1:111122223333:table/answers": {
            "dynamodb:DeleteItem",
            "dynamodb:Scan",
        },
        "arn:<AWS::Partition>:dynamodb:eu-west-1:111122223333:table/inbox": {
            "dynamodb:DeleteItem",
            "dynamodb:Scan",
        },
        "arn:aws:sqs:eu-west-1:111122223333:dead": {"sqs:DeleteMessage", "sqs:ReceiveMessage"},
        "<StreamArchiveBucket.Arn>": {"s3:ListBucketVersions"},
        "<StreamArchiveBucket.Arn>/events/*": {
            "s3:DeleteObjectVersion",
            "s3:GetObjectVersion",
            "s3:PutObject",
        },
        f"{APPLICATION}/endpoints/*": {"mobiletargeting:DeleteEndpoint", "mobiletargeting:GetEndpoint"},
        f"{APPLICATION}/users/*": {"mobiletargeting:GetUserEndpoints"},
    }


def test_who_may_erase_may_do_nothing_else(eraser: Template) -> None:
    assert reach(eraser, "OfficerDefaultPolicy") == {"<ForgetEraserFunction.Arn>": {"lambda:InvokeFunction"}}


def test_no_call_is_kept_or_repeated_since_it_says_who_it_is_about(eraser: Template) -> None:
    assert "DeadLetterConfig" not in only(eraser, "AWS::Lambda::Function", "ForgetEraser")
    config = only(eraser, "AWS::Lambda::EventInvokeConfig", "ForgetEraser")
    assert config.get("MaximumRetryAttempts") == 0


def test_the_function_knows_the_project_and_its_stores_by_name(eraser: Template) -> None:
    assert variables(eraser, "ForgetEraser").get("APPLICATION_ID") == APPLICATION_ID
    told = {store["name"]: store for store in stores(eraser)}
    assert {name: store["kind"] for name, store in told.items()} == {
        "a": "table",
        "b": "table",
        "letters": "letters",
        "archive": "archive",
    }
    assert [told["a"]["keys"], told["b"]["keys"]] == [["pk"], ["pk", "sk"]]
    assert [told["a"]["place"], told["b"]["place"]] == ["answers", "inbox"]
    assert told["letters"]["place"].endswith("/111122223333/dead")
    assert told["archive"]["prefix"] == f"events/application_id={APPLICATION_ID}/"


def test_a_step_has_time_for_a_page_beyond_its_twenty_seconds(eraser: Template) -> None:
    assert timeouts(eraser)["ForgetEraserFunction"] == 120


def test_an_archive_with_a_key_is_read_and_written_with_it() -> None:
    assert reach(eraser_template(keyed=True), "ForgetEraserRole")["<Key.Arn>"] == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }


def test_an_archive_is_not_needed() -> None:
    assert "archive" not in {store["name"] for store in stores(eraser_template(archived=False))}


@pytest.mark.parametrize(("names", "says"), [(("a", "a"), "a twice"), (("a", "endpoints"), "otherwise")])
def test_a_name_that_says_two_things_is_refused(names: tuple[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        eraser_template(archived=False, names=names)
