"""What a topic for text messages and its worker promise, asked of their template."""

import json
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_smsvoice as smsvoice
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match, Template

from pinpoint_patterns import (
    FunctionResponder,
    IPinpointProject,
    KeywordResponder,
    ModuleResponder,
    SmsTexts,
    TwoWaySmsTopic,
)
from tests.support.templates import (
    APPLICATION_ID,
    CONSUMES,
    SENDS,
    flat,
    one,
    only,
    reach,
    template_of,
    thresholds,
    timeouts,
    variables,
)

ANSWERS = KeywordResponder({"en": {"HOURS": "9 to 5"}})
PROJECT = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"
FROM_THIS_ACCOUNT = {
    "StringEquals": {"aws:SourceAccount": "111122223333"},
    "ArnLike": {"aws:SourceArn": "arn:<AWS::Partition>:sms-voice:eu-west-1:111122223333:*"},
}


def two_way_template(*, opt_outs: Any = "self", responder: Any = ANSWERS, **options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        two_way = TwoWaySmsTopic(stack, "Sms", opt_outs=opt_outs)
        two_way.attach(
            smsvoice.CfnPhoneNumber(
                stack,
                "Number",
                iso_country_code="US",
                number_type="LONG_CODE",
                number_capabilities=["SMS"],
                mandatory_keywords=smsvoice.CfnPhoneNumber.MandatoryKeywordsProperty(
                    help=smsvoice.CfnPhoneNumber.MandatoryKeywordProperty(message="help"),
                    stop=smsvoice.CfnPhoneNumber.MandatoryKeywordProperty(message="stop"),
                ),
            )
        )
        two_way.add_responder(responder, project=project, **options)

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return two_way_template()


def said(template: Template, kind: str, named: str = "") -> list[dict[str, Any]]:
    """The statements of a policy: effect, who, what and when."""
    properties = only(template, kind, named)
    document = properties.get("PolicyDocument") or properties.get("KeyPolicy") or {}
    return [json.loads(flat_all(statement)) for statement in document.get("Statement", [])]


def flat_all(value: Any) -> str:
    def plain(item: Any) -> Any:
        if (
            isinstance(item, dict)
            and len(item) == 1
            and next(iter(item)) in ("Ref", "Fn::GetAtt", "Fn::Join")
        ):
            return flat(item)
        if isinstance(item, dict):
            return {key: plain(member) for key, member in item.items()}
        return [plain(member) for member in item] if isinstance(item, list) else item

    return json.dumps(plain(value))


def by(service: str, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in statements if each.get("Principal") == {"Service": service}]


def test_end_user_messaging_may_publish_for_this_account_alone(template: Template) -> None:
    topic, _ = one(template, "AWS::SNS::Topic")
    policy = only(template, "AWS::SNS::TopicPolicy")
    assert policy.get("Topics") == [{"Ref": topic}]
    statements = said(template, "AWS::SNS::TopicPolicy")
    published = by("sms-voice.amazonaws.com", statements)
    assert len(published) == 1
    statement = published[0]
    assert (statement.get("Effect"), statement.get("Action")) == ("Allow", "sns:Publish")
    assert statement.get("Condition") == FROM_THIS_ACCOUNT
    assert len([each for each in statements if each.get("Effect") == "Allow"]) == 1


def test_nobody_publishes_without_tls(template: Template) -> None:
    (denied,) = [each for each in said(template, "AWS::SNS::TopicPolicy") if each.get("Effect") == "Deny"]
    assert denied.get("Principal") == "*"
    assert denied.get("Action") == "sns:Publish"
    assert denied.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_topic_is_standard_and_encrypted_with_a_key_that_is_rotated(template: Template) -> None:
    key, properties = one(template, "AWS::KMS::Key")
    topic = only(template, "AWS::SNS::Topic")
    assert topic.get("KmsMasterKeyId") == {"Fn::GetAtt": [key, "Arn"]}
    assert topic.get("FifoTopic", False) is False
    assert properties.get("EnableKeyRotation") is True


def test_the_key_admits_the_two_services_for_this_account_and_its_administrators(template: Template) -> None:
    statements = said(template, "AWS::KMS::Key")
    (texts,) = by("sms-voice.amazonaws.com", statements)
    assert (texts.get("Effect"), texts.get("Action")) == ("Allow", ["kms:GenerateDataKey*", "kms:Decrypt"])
    assert texts.get("Condition") == FROM_THIS_ACCOUNT
    (topics,) = by("sns.amazonaws.com", statements)
    assert (topics.get("Effect"), topics.get("Action")) == ("Allow", ["kms:GenerateDataKey", "kms:Decrypt"])
    assert topics.get("Condition") == {
        "StringEquals": {"aws:SourceAccount": "111122223333"},
        "ArnLike": {"aws:SourceArn": "arn:<AWS::Partition>:sns:eu-west-1:111122223333:*"},
    }
    (administrators,) = [each for each in statements if each not in (texts, topics)]
    assert administrators.get("Action") == "kms:*"
    assert administrators.get("Principal") == {"AWS": "arn:<AWS::Partition>:iam::111122223333:root"}
    assert {each.get("Resource") for each in statements} == {"*"}


def test_the_queue_takes_messages_of_the_topic_alone_and_the_key_encrypts_them(template: Template) -> None:
    key, _ = one(template, "AWS::KMS::Key")
    topic, _ = one(template, "AWS::SNS::Topic")
    for named in ("WorkerMessagesQueue", "WorkerMessagesDeadLettersQueue", "UndeliveredQueue"):
        queue = only(template, "AWS::SQS::Queue", named)
        assert queue.get("KmsMasterKeyId") == {"Fn::GetAtt": [key, "Arn"]}
    for named in ("WorkerMessagesQueuePolicy", "UndeliveredQueuePolicy"):
        policy = only(template, "AWS::SQS::QueuePolicy", named).get("PolicyDocument", {})
        allowed = [each for each in policy.get("Statement", []) if each.get("Effect") == "Allow"]
        assert [each.get("Action") for each in allowed] == ["sqs:SendMessage"]
        admitted = allowed[0]
        assert admitted.get("Principal") == {"Service": "sns.amazonaws.com"}
        assert admitted.get("Condition") == {"ArnEquals": {"aws:SourceArn": {"Ref": topic}}}


def test_what_sns_cannot_put_into_the_queue_is_kept(template: Template) -> None:
    queue, _ = one(template, "AWS::SQS::Queue", "WorkerMessagesQueue")
    undelivered, _ = one(template, "AWS::SQS::Queue", "UndeliveredQueue")
    topic, _ = one(template, "AWS::SNS::Topic")
    subscription = only(template, "AWS::SNS::Subscription")
    assert (subscription.get("Protocol"), subscription.get("TopicArn")) == ("sqs", {"Ref": topic})
    assert subscription.get("Endpoint") == {"Fn::GetAtt": [queue, "Arn"]}
    assert subscription.get("RedrivePolicy") == {"deadLetterTargetArn": {"Fn::GetAtt": [undelivered, "Arn"]}}
    # The worker needs the time that SNS took the message at, which only stands around it.
    assert subscription.get("RawMessageDelivery", False) is False


def test_the_worker_may_answer_and_record_in_this_project_and_nothing_else(template: Template) -> None:
    assert reach(template, "WorkerRole") == {
        "<SmsConversationsTable.Arn>": {"dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:BatchGetItem"},
        "<SmsConversationsLedger.Arn>": {"dynamodb:UpdateItem"},
        "<SmsConversationsWorkerMessagesQueue.Arn>": CONSUMES,
        "<SmsConversationsWorkerMessagesDeadLettersQueue.Arn>": SENDS,
        "<SmsConversationsWorkerDeadLettersQueue.Arn>": {"sqs:SendMessage"},
        "<SmsKey.Arn>": {"kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"},
        f"{PROJECT}/messages": {"mobiletargeting:SendMessages"},
        f"{PROJECT}/endpoints/*": {"mobiletargeting:UpdateEndpoint"},
        f"{PROJECT}/events": {"mobiletargeting:PutEvents"},
        "arn:<AWS::Partition>:sms-voice:eu-west-1:111122223333:opt-out-list/Default": {
            "sms-voice:PutOptedOutNumber",
            "sms-voice:DeleteOptedOutNumber",
        },
    }


def test_the_worker_is_told_how_to_answer(template: Template) -> None:
    told = variables(template, "Worker")
    assert set(told) == {
        "ANSWERS",
        "APPLICATION_ID",
        "BATCH_SECONDS",
        "CONVERSATIONS_TABLE",
        "DEAD_LETTERS_URL",
        "ENDPOINT_LOOKUP",
        "GIVE_UP_AFTER_SECONDS",
        "HELP_TEXT",
        "KEEP_SECONDS",
        "LEASE_SECONDS",
        "LEDGER_TABLE",
        "MAX_ATTEMPTS",
        "MESSAGE_TYPE",
        "MOST_PARTS",
        "OPTED_IN_TEXT",
        "OPTED_OUT_TEXT",
        "OPT_OUTS",
        "OPT_OUT_LIST",
        "OPT_OUT_WORDS",
        "POWERTOOLS_SERVICE_NAME",
        "QUEUE_URL",
        "RESPONDER",
        "RESPONDER_SECONDS",
    }
    assert (told.get("OPT_OUTS"), told.get("OPT_OUT_LIST")) == ("self", "Default")
    assert (told.get("APPLICATION_ID"), told.get("MESSAGE_TYPE")) == (APPLICATION_ID, "TRANSACTIONAL")
    assert told.get("ANSWERS") == '{"en":{"HOURS":"9 to 5"}}'


def test_a_lease_outlasts_the_worker_and_ends_before_its_message_returns(template: Template) -> None:
    queue = only(template, "AWS::SQS::Queue", "WorkerMessagesQueue")
    lease = int(variables(template, "Worker")["LEASE_SECONDS"])
    assert timeouts(template) == {"SmsConversationsWorkerFunction": 120}
    assert 120 < lease < queue.get("VisibilityTimeout", 30)
    assert queue.get("RedrivePolicy", {}).get("maxReceiveCount") == 1000


def test_messages_are_taken_ten_at_a_time_by_ten_workers_and_the_failed_ones_come_again(
    template: Template,
) -> None:
    mapping = only(template, "AWS::Lambda::EventSourceMapping")
    assert (mapping.get("BatchSize"), mapping.get("ScalingConfig")) == (10, {"MaximumConcurrency": 10})
    assert mapping.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]


def test_conversations_are_kept_by_their_items_and_sends_by_their_message(template: Template) -> None:
    schemas = {
        named: [
            key["AttributeName"]
            for key in only(template, "AWS::DynamoDB::GlobalTable", named).get("KeySchema", [])
        ]
        for named in ("Table", "Ledger")
    }
    assert schemas == {"Table": ["pk", "sk"], "Ledger": ["pk"]}


def test_ten_minutes_of_waiting_and_an_unknown_reply_ring(template: Template) -> None:
    assert thresholds(template) == {
        "SmsConversationsWorkerAgeAlarm": ("ApproximateAgeOfOldestMessage", ">=", 600),
        "SmsConversationsUnknownAlarm": ("Unknown", ">=", 1),
    }
    unknown = only(template, "AWS::CloudWatch::Alarm", "UnknownAlarm")
    assert unknown["Namespace"] == "PinpointPatterns"
    assert unknown["Dimensions"] == [{"Name": "Pattern", "Value": "TwoWaySms"}]


def test_a_number_that_is_attached_sends_here_and_leaves_its_opt_outs_to_us(template: Template) -> None:
    topic, _ = one(template, "AWS::SNS::Topic")
    number = only(template, "AWS::SMSVOICE::PhoneNumber")
    assert number.get("TwoWay") == {"Enabled": True, "ChannelArn": {"Ref": topic}}
    assert number.get("SelfManagedOptOutsEnabled") is True
    policy, _ = one(template, "AWS::SNS::TopicPolicy")
    (resource,) = template.find_resources("AWS::SMSVOICE::PhoneNumber").values()
    assert policy in resource["DependsOn"]


def test_a_pool_is_attached_as_a_number_is_and_may_leave_opt_outs_to_aws() -> None:
    def build(stack: Stack, _project: IPinpointProject) -> None:
        pool = smsvoice.CfnPool(
            stack,
            "Pool",
            origination_identities=["arn:aws:sms-voice:eu-west-1:111122223333:phone-number/phone-1"],
            mandatory_keywords=smsvoice.CfnPool.MandatoryKeywordsProperty(
                help=smsvoice.CfnPool.MandatoryKeywordProperty(message="help"),
                stop=smsvoice.CfnPool.MandatoryKeywordProperty(message="stop"),
            ),
        )
        TwoWaySmsTopic(stack, "Sms").attach(pool)

    pool = only(template_of(build), "AWS::SMSVOICE::Pool")
    assert pool["TwoWay"]["Enabled"] is True
    assert pool["SelfManagedOptOutsEnabled"] is False


def test_a_responder_of_ones_own_comes_in_a_layer() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:bot:1"

    def build(stack: Stack, project: IPinpointProject) -> None:
        layer = lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", arn)
        bot = ModuleResponder("acme_bot:responder", layer=layer, environment={"BOT_ID": "B"})
        TwoWaySmsTopic(stack, "Sms").add_responder(bot, project=project)

    template = template_of(build)
    told = variables(template, "Worker")
    assert (told["RESPONDER"], told["BOT_ID"], told["OPT_OUTS"]) == ("acme_bot:responder", "B", "aws")
    assert only(template, "AWS::Lambda::Function", "Worker")["Layers"][1:] == [arn]


def test_a_function_that_answers_may_be_called_and_no_other() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:bot"

    def build(stack: Stack, project: IPinpointProject) -> None:
        bot = lambda_.Function.from_function_arn(stack, "Bot", arn)
        TwoWaySmsTopic(stack, "Sms").add_responder(FunctionResponder(bot), project=project)

    template = template_of(build)
    assert reach(template, "WorkerRole")[arn] == {"lambda:InvokeFunction"}
    assert variables(template, "Worker")["RESPONDER_FUNCTION"] == arn


def test_without_a_list_the_worker_may_change_none() -> None:
    template = two_way_template(texts=SmsTexts(opt_out_list=None))
    assert "sms-voice" not in json.dumps(only(template, "AWS::IAM::Policy", "WorkerRole"))
    assert variables(template, "Worker")["OPT_OUT_LIST"] == ""


def test_an_existing_topic_and_key_are_used_and_what_they_have_to_admit_is_said() -> None:
    stack = Stack(App(), "Stack", env={"account": "111122223333", "region": "eu-west-1"})
    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:111122223333:replies")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/k")
    two_way = TwoWaySmsTopic(stack, "Sms", topic=topic, encryption_key=key)
    assert two_way.topic.topic_arn.endswith(":replies")
    Template.from_stack(stack).resource_count_is("AWS::KMS::Key", 0)
    Annotations.from_stack(stack).has_warning(
        "/Stack/Sms", Match.string_like_regexp("sms-voice.amazonaws.com")
    )


def test_a_topic_of_ones_own_gets_the_statement_and_no_warning() -> None:
    stack = Stack(App(), "Stack", env={"account": "111122223333", "region": "eu-west-1"})
    key = kms.Key(stack, "Key")
    topic = sns.Topic(stack, "Topic", master_key=key)
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.AccountRootPrincipal()], actions=["sns:Publish"], resources=[topic.topic_arn]
        )
    )
    TwoWaySmsTopic(stack, "Sms", topic=topic, encryption_key=key)
    template = Template.from_stack(stack)
    assert len(by("sms-voice.amazonaws.com", said(template, "AWS::SNS::TopicPolicy"))) == 1
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"opt_outs": "nobody"}, "'aws' or 'self'"),
        ({"max_parts": 0}, "max_parts must be 1 to 10"),
        ({"max_attempts": 51}, "max_attempts must be 1 to 50"),
        ({"max_concurrency": 1}, "2 to 1000"),
        ({"responder_timeout": Duration.minutes(1)}, "1 to 30"),
        ({"keep": Duration.minutes(1)}, "3600 to"),
        ({"give_up_after": Duration.days(1)}, "60 to 21600"),
    ],
)
def test_what_cannot_work_is_refused_at_once(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        two_way_template(**options)


def test_a_fifo_topic_is_refused() -> None:
    stack = Stack(App(), "Stack")
    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:111122223333:replies.fifo")
    with pytest.raises(ValueError, match="standard topic"):
        TwoWaySmsTopic(stack, "Sms", topic=topic)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: KeywordResponder({}), "with a word a language"),
        (lambda: KeywordResponder({"en": {}}), "with a word a language"),
        (lambda: KeywordResponder({"en": {"HOURS": " "}}), "1 to 1600 characters, got 0"),
        (lambda: KeywordResponder({"en": {"A": "x" * 1500, "B": "x" * 1500}}), "must fit 2500 bytes"),
        (lambda: ModuleResponder("acme"), "module:factory"),
        (lambda: SmsTexts(help=""), "help must have 1 to 1600 characters"),
        (lambda: SmsTexts(opt_out_words=["a,b"]), "list of words"),
        (lambda: SmsTexts(endpoint_lookup="acme"), "endpoint_lookup must be module:factory"),
    ],
)
def test_what_nobody_could_read_is_refused(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()
