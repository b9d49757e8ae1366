"""An eraser reaches what it was given to erase, and keeps nothing of whom it erases."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from pinpoint_patterns import EventStream, IPinpointProject, PersonalStore, PersonEraser
from tests.support.templates import (
    APPLICATION_ID,
    flat,
    only,
    reach,
    resources,
    template_of,
    timeouts,
    variables,
)

APPLICATION = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"
TABLES = "arn:<AWS::Partition>:dynamodb:eu-west-1:111122223333:table"
REWRITES = {"s3:DeleteObjectVersion", "s3:GetObjectVersion", "s3:PutObject"}


def eraser_template(
    *, keyed: bool = False, names: Sequence[str] = ("a", "b"), more: int = 0, shared: bool = True
) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        key = kms.Key(stack, "Key") if keyed else None
        archive = EventStream(stack, "Stream", project=project).archive(encryption_key=key)
        dead = sqs.Queue.from_queue_attributes(
            stack, "Dead", queue_arn="arn:aws:sqs:eu-west-1:111122223333:dead"
        )
        first, second = names
        answers = PersonalStore.table(first, dynamodb.Table.from_table_name(stack, "Answers", "answers"))
        inbox = dynamodb.Table.from_table_name(stack, "Inbox", "inbox")
        given = dynamodb.Table.from_table_name(stack, "Given", "given")
        stores = [
            answers,
            PersonalStore.table(second, inbox, keys=("pk", "sk"), prefix="USER#"),
            PersonalStore.keyed(
                "offers",
                given,
                code="channels/offer",
                actions=("Query", "DeleteItem"),
                allows={"sms-voice:DescribePhoneNumbers": ["*"]},
                settings={"application_id": project.application_id},
            ),
            PersonalStore.dead_letters("letters", dead),
            *archive.personal_stores,
            PersonalStore.imports(
                "files", s3.Bucket.from_bucket_name(stack, "Files", "files"), prefixes=("a/", "b/")
            ),
            *(PersonalStore.table(f"more {n}", inbox) for n in range(more)),
        ]
        eraser = PersonEraser(
            stack, "Forget", project=project, stores=[*stores, *([answers] if shared else [])]
        )
        eraser.grant_invoke(iam.Role(stack, "Officer", assumed_by=iam.AccountRootPrincipal()))

    return template_of(build)


@pytest.fixture(scope="module")
def eraser() -> Template:
    return eraser_template()


def stores(template: Template) -> dict[str, dict[str, Any]]:
    """What the function reads about its stores, by name."""
    parameters = resources(template, "AWS::SSM::Parameter")
    named = flat(variables(template, "ForgetEraser").get("STORES_PARAMETERS", "")).split(",")
    assert named == [f"<{name}>" for name in parameters]
    told = [store for each in parameters.values() for store in json.loads(flat(each.get("Value", "[]")))]
    assert len({store["name"] for store in told}) == len(told)
    return {store["name"]: store for store in told}


def test_the_function_may_erase_from_its_stores_and_nothing_else(eraser: Template) -> None:
    granted = reach(eraser, "ForgetEraserRole")
    assert granted == {
        f"{TABLES}/answers": {"dynamodb:DeleteItem", "dynamodb:Scan"},
        f"{TABLES}/inbox": {"dynamodb:DeleteItem", "dynamodb:Scan"},
        f"{TABLES}/given": {"dynamodb:DeleteItem", "dynamodb:Query"},
        "*": {"sms-voice:DescribePhoneNumbers"},
        "arn:aws:sqs:eu-west-1:111122223333:dead": {"sqs:DeleteMessage", "sqs:ReceiveMessage"},
        "<StreamArchiveBucket.Arn>": {"s3:ListBucketVersions"},
        "<StreamArchiveBucket.Arn>/events/*": REWRITES,
        "arn:<AWS::Partition>:s3:::files": {"s3:ListBucketVersions"},
        "arn:<AWS::Partition>:s3:::files/a/*": REWRITES,
        "arn:<AWS::Partition>:s3:::files/b/*": REWRITES,
        "arn:<AWS::Partition>:ssm:eu-west-1:111122223333:parameter<ForgetStores0>": {"ssm:GetParameter"},
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
    told = stores(eraser)
    assert {name: store["eraser"] for name, store in told.items()} == {
        "a": "patterns.forget.tables:store",
        "b": "patterns.forget.tables:store",
        "offers": "channels.offer.forget:store",
        "letters": "patterns.forget.letters:store",
        "Stack/Stream/Archive/Bucket: events": "patterns.forget.lines:store",
        "files": "patterns.segment_import.forget:store",
    }
    assert (told["a"]["place"], told["a"]["keys"], "prefix" in told["a"]) == ("answers", "pk", False)
    assert (told["b"]["place"], told["b"]["keys"], told["b"]["prefix"]) == ("inbox", "pk,sk", "USER#")
    assert told["offers"]["application_id"] == APPLICATION_ID
    assert told["letters"]["place"].endswith("/111122223333/dead")
    events = told["Stack/Stream/Archive/Bucket: events"]
    assert events["prefix"] == f"events/application_id={APPLICATION_ID}/"


def test_what_the_function_reads_has_a_name_that_its_role_knows(eraser: Template) -> None:
    parameters = resources(eraser, "AWS::SSM::Parameter").values()
    assert [each.get("Name") for each in parameters] == ["/pinpoint-patterns/StackForgetF147BDAD/stores-0"]


def test_a_step_has_time_for_a_page_beyond_its_twenty_seconds(eraser: Template) -> None:
    assert timeouts(eraser)["ForgetEraserFunction"] == 120


def test_an_archive_with_a_key_is_read_and_written_with_it() -> None:
    assert reach(eraser_template(keyed=True), "ForgetEraserRole")["<Key.Arn>"] == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }


def test_more_stores_than_one_parameter_holds_are_in_several() -> None:
    template = eraser_template(more=20)
    assert len(resources(template, "AWS::SSM::Parameter")) == 4
    assert len(stores(template)) == 26
    read = [place for place, may in reach(template, "ForgetEraserRole").items() if "ssm:GetParameter" in may]
    assert len(read) == 4


@pytest.mark.parametrize(
    ("names", "says"),
    [(("a", "a"), "a twice"), (("a", "endpoints"), "otherwise"), (("a", "dead letters"), "counted")],
)
def test_a_name_that_says_two_things_is_refused(names: tuple[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        eraser_template(names=names)


def test_a_store_that_two_constructs_share_is_erased_from_once() -> None:
    assert list(stores(eraser_template(shared=True))) == list(stores(eraser_template(shared=False)))
