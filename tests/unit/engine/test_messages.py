"""SendMessages by e-mail: a result a recipient, strict rendering, who wins among values."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from engine.store import ledger_key
from tests.support.engine_client import pinpoint_client
from tests.support.engine_world import World


class Mailbox:
    """The mail service: keeps what it is given, and refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.sent: dict[str, Mapping[str, Any]] = {}
        self.refuses: dict[str, str] = {}

    def send_email(self, **request: Any) -> dict[str, str]:
        (address,) = request["Destination"]["ToAddresses"]
        if address in self.refuses:
            raise ClientError(
                {"Error": {"Code": self.refuses[address]}, "ResponseMetadata": {"HTTPStatusCode": 429}},
                "SendEmail",
            )
        self.sent[address] = request
        return {"MessageId": f"message-{len(self.sent)}"}

    def list_email_identities(self) -> dict[str, Any]:
        return {"EmailIdentities": []}

    def text(self, address: str) -> str:
        text: str = self.sent[address]["Content"]["Simple"]["Body"]["Text"]["Data"]
        return text

    def subject(self, address: str) -> str:
        subject: str = self.sent[address]["Content"]["Simple"]["Subject"]["Data"]
        return subject


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def pinpoint(world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SENDING", "live")

    def client(service: str) -> Any:
        return mailbox if service == "sesv2" else world.context.client(service)

    return pinpoint_client(replace(world.context, client=client))


def simple(text: str = "hello", subject: str = "Hi", **more: Any) -> dict[str, Any]:
    parts = {"Subject": {"Data": subject}, "TextPart": {"Data": text}}
    return {"EmailMessage": {"FromAddress": "shop@example.com", "SimpleEmail": parts, **more}}


def send(pinpoint: Any, app: str, **request: Any) -> dict[str, Any]:
    request.setdefault("MessageConfiguration", simple())
    answer: dict[str, Any] = pinpoint.send_messages(ApplicationId=app, MessageRequest=request)[
        "MessageResponse"
    ]
    return answer


def mail(**more: Any) -> dict[str, Any]:
    return {"ChannelType": "EMAIL", **more}


def test_each_address_gets_its_own_result(pinpoint: Any, app: str, mailbox: Mailbox) -> None:
    mailbox.refuses["busy@example.com"] = "TooManyRequestsException"

    answer = send(
        pinpoint,
        app,
        Addresses={
            "a@example.com": mail(),
            "busy@example.com": mail(),
            "+12065550100": {"ChannelType": "SMS"},
            "token": {"ChannelType": "GCM"},
            "?": {},
        },
    )

    statuses = {address: (r["DeliveryStatus"], r["StatusCode"]) for address, r in answer["Result"].items()}
    assert statuses == {
        "a@example.com": ("SUCCESSFUL", 200),
        "busy@example.com": ("THROTTLED", 429),
        "+12065550100": ("PERMANENT_FAILURE", 400),
        "token": ("PERMANENT_FAILURE", 501),
        "?": ("PERMANENT_FAILURE", 400),
    }
    assert answer["Result"]["a@example.com"]["MessageId"] == "message-1"
    assert "EndpointResult" not in answer
    assert set(mailbox.sent) == {"a@example.com"}


def test_endpoints_are_sent_to_whatever_they_opted_out_of(pinpoint: Any, app: str, mailbox: Mailbox) -> None:
    for name in ("out", "same"):
        pinpoint.update_endpoint(
            ApplicationId=app,
            EndpointId=name,
            EndpointRequest={"Address": "a@example.com", "ChannelType": "EMAIL", "OptOut": "ALL"},
        )
    pinpoint.update_endpoint(ApplicationId=app, EndpointId="bare", EndpointRequest={"ChannelType": "EMAIL"})

    answer = send(pinpoint, app, Endpoints={"OUT": {}, "same": {}, "bare": {}, "missing": {}})

    results = answer["EndpointResult"]
    assert results["OUT"]["DeliveryStatus"] == "SUCCESSFUL"
    assert results["OUT"]["Address"] == "a@example.com"
    assert results["same"]["DeliveryStatus"] == "DUPLICATE"
    assert (results["bare"]["DeliveryStatus"], results["bare"]["StatusCode"]) == ("PERMANENT_FAILURE", 400)
    assert (results["missing"]["DeliveryStatus"], results["missing"]["StatusCode"]) == (
        "PERMANENT_FAILURE",
        404,
    )
    assert len(mailbox.sent) == 1


def test_the_recipients_substitutions_win_over_the_messages_and_those_over_the_endpoint(
    pinpoint: Any, app: str, mailbox: Mailbox
) -> None:
    for name in ("one", "two"):
        pinpoint.update_endpoint(
            ApplicationId=app,
            EndpointId=name,
            EndpointRequest={
                "Address": f"{name}@example.com",
                "ChannelType": "EMAIL",
                "Attributes": {"a": ["stored a"], "b": ["stored b"], "c": ["stored c"]},
            },
        )
    text = "{{Attributes.a}} {{Attributes.b}} {{Attributes.c}}"
    substitutions = {"Attributes.a": ["message a"], "Attributes.b": ["message b"]}

    send(
        pinpoint,
        app,
        Endpoints={"one": {"Substitutions": {"Attributes.a": ["own a"]}}, "two": {}},
        MessageConfiguration=simple(text, Substitutions=substitutions),
    )

    assert mailbox.text("one@example.com") == "own a message b stored c"
    assert mailbox.text("two@example.com") == "message a message b stored c"


def test_a_variable_without_a_value_fails_its_recipient_only(
    pinpoint: Any, app: str, mailbox: Mailbox
) -> None:
    answer = send(
        pinpoint,
        app,
        Addresses={"a@example.com": mail(Substitutions={"code": ["123"]}), "b@example.com": mail()},
        MessageConfiguration=simple("{{code}}"),
    )

    assert answer["Result"]["a@example.com"]["DeliveryStatus"] == "SUCCESSFUL"
    assert answer["Result"]["b@example.com"]["DeliveryStatus"] == "PERMANENT_FAILURE"
    assert answer["Result"]["b@example.com"]["StatusMessage"] == "there is no value for code"
    assert set(mailbox.sent) == {"a@example.com"}


def test_overrides_replace_title_and_body(pinpoint: Any, app: str, mailbox: Mailbox) -> None:
    send(
        pinpoint,
        app,
        Addresses={
            "a@example.com": mail(TitleOverride="T", BodyOverride="B {{x}}", Substitutions={"x": ["1"]}),
            "b@example.com": mail(),
        },
    )

    assert (mailbox.subject("a@example.com"), mailbox.text("a@example.com")) == ("T", "B 1")
    assert (mailbox.subject("b@example.com"), mailbox.text("b@example.com")) == ("Hi", "hello")


def test_a_template_is_sent_in_its_active_or_its_named_version(
    pinpoint: Any, app: str, mailbox: Mailbox
) -> None:
    pinpoint.create_email_template(
        TemplateName="t",
        EmailTemplateRequest={
            "Subject": "Hello {{name}}",
            "TextPart": "first",
            "HtmlPart": "<p>{{name}}</p>",
            "DefaultSubstitutions": '{"name": "friend"}',
        },
    )
    pinpoint.update_email_template(
        TemplateName="t", EmailTemplateRequest={"TextPart": "second"}, CreateNewVersion=True
    )
    message = {"EmailMessage": {"FromAddress": "shop@example.com"}}

    send(
        pinpoint,
        app,
        Addresses={"a@example.com": mail(Substitutions={"name": ["<Ann>"]}), "b@example.com": mail()},
        MessageConfiguration=message,
        TemplateConfiguration={"EmailTemplate": {"Name": "t"}},
    )
    assert mailbox.subject("a@example.com") == "Hello <Ann>"
    assert mailbox.sent["a@example.com"]["Content"]["Simple"]["Body"]["Html"]["Data"] == "<p>&lt;Ann&gt;</p>"
    assert mailbox.subject("b@example.com") == "Hello friend"
    assert mailbox.text("b@example.com") == "second"

    send(
        pinpoint,
        app,
        Addresses={"b@example.com": mail()},
        MessageConfiguration=message,
        TemplateConfiguration={"EmailTemplate": {"Name": "t", "Version": "1"}},
    )
    assert mailbox.text("b@example.com") == "first"


def test_a_line_break_in_a_value_makes_no_header_of_its_own(
    pinpoint: Any, app: str, mailbox: Mailbox
) -> None:
    send(
        pinpoint,
        app,
        Addresses={"a@example.com": mail(Substitutions={"x": ["1\r\nBcc: all@example.com"]})},
        MessageConfiguration=simple(subject="Hi {{x}}"),
    )

    assert mailbox.subject("a@example.com") == "Hi 1 Bcc: all@example.com"


def test_a_raw_message_is_sent_as_it_is(pinpoint: Any, app: str, mailbox: Mailbox) -> None:
    raw = {"EmailMessage": {"FromAddress": "shop@example.com", "RawEmail": {"Data": b"Subject: x\r\n\r\ny"}}}
    send(pinpoint, app, Addresses={"a@example.com": mail()}, MessageConfiguration=raw)

    assert mailbox.sent["a@example.com"]["Content"]["Raw"]["Data"] == b"Subject: x\r\n\r\ny"


def test_the_sender_comes_from_the_channel_when_the_message_names_none(
    pinpoint: Any, app: str, mailbox: Mailbox
) -> None:
    message = {"EmailMessage": {"Body": "b"}}
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="FromAddress is required"):
        send(pinpoint, app, Addresses={"a@example.com": mail()}, MessageConfiguration=message)

    channel = {
        "FromAddress": "shop@example.com",
        "Identity": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
        "ConfigurationSet": "mine",
    }
    pinpoint.update_email_channel(ApplicationId=app, EmailChannelRequest=channel)
    send(pinpoint, app, Addresses={"a@example.com": mail()}, MessageConfiguration=message)
    assert mailbox.sent["a@example.com"]["FromEmailAddress"] == "shop@example.com"
    assert mailbox.sent["a@example.com"]["ConfigurationSetName"] == "mine"

    pinpoint.update_email_channel(ApplicationId=app, EmailChannelRequest=channel | {"Enabled": False})
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="channel is disabled"):
        send(pinpoint, app, Addresses={"a@example.com": mail()})


def test_the_context_is_kept_for_receipts_under_the_mails_tags(
    pinpoint: Any, app: str, mailbox: Mailbox, world: World
) -> None:
    answer = send(
        pinpoint,
        app,
        Addresses={"a@example.com": mail(Context={"order": "7"})},
        Context={"source": "shop", "order": "?"},
    )

    tags = {tag["Name"]: tag["Value"] for tag in mailbox.sent["a@example.com"]["EmailTags"]}
    key = ledger_key(answer["RequestId"], "EMAIL", "a@example.com")
    assert (tags["run"], f"EMAIL#{tags['claim']}") == (answer["RequestId"], key.sk)
    entry = world.context.store.get(key)
    assert entry is not None
    assert entry.doc == {"Context": {"source": "shop", "order": "7"}}


def test_a_mail_that_the_safety_catch_holds_back_says_so(
    pinpoint: Any, app: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDING", "safe")
    monkeypatch.setenv("ALLOW_LIST", "@friends.example.com")

    answer = send(pinpoint, app, Addresses={"a@friends.example.com": mail(), "b@example.com": mail()})

    assert answer["Result"]["a@friends.example.com"]["DeliveryStatus"] == "SUCCESSFUL"
    assert answer["Result"]["b@example.com"]["DeliveryStatus"] == "PERMANENT_FAILURE"
    assert "held back by the safety catch" in answer["Result"]["b@example.com"]["StatusMessage"]
    assert set(mailbox.sent) == {"a@friends.example.com"}


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        ({}, 400, "1 to 100 Addresses and Endpoints together, got 0"),
        ({"Addresses": {f"{i}@example.com": mail() for i in range(101)}}, 400, "got 101"),
        (
            {
                "Addresses": {f"{i}@example.com": mail() for i in range(60)},
                "Endpoints": {f"e{i}": {} for i in range(41)},
            },
            400,
            "got 101",
        ),
        (
            {
                "Addresses": {"token": {"ChannelType": "GCM"}},
                "MessageConfiguration": {"GCMMessage": {"Body": "b"}},
            },
            501,
            "GCMMessage is not served",
        ),
        ({"Addresses": {"a@example.com": mail()}, "MessageConfiguration": {}}, 400, "has no message"),
        (
            {
                "Addresses": {"a@example.com": mail()},
                "MessageConfiguration": {"EmailMessage": {"FromAddress": "a@example.com"}},
            },
            400,
            "has no e-mail to send",
        ),
        (
            {
                "Addresses": {"a@example.com": mail()},
                "TemplateConfiguration": {"EmailTemplate": {"Name": "none"}},
            },
            404,
            "no e-mail template",
        ),
    ],
)
def test_a_request_that_has_nothing_to_send_or_nobody_to_send_to_is_refused(
    pinpoint: Any, app: str, mailbox: Mailbox, request_: dict[str, Any], status: int, reason: str
) -> None:
    with pytest.raises(ClientError, match=reason) as caught:
        send(pinpoint, app, **request_)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert mailbox.sent == {}


def test_a_raw_message_that_is_no_text_is_refused(pinpoint: Any, app: str) -> None:
    raw = {"EmailMessage": {"FromAddress": "a@example.com", "RawEmail": {"Data": base64.b64decode("/w==")}}}
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"RawEmail\.Data"):
        send(pinpoint, app, Addresses={"a@example.com": mail()}, MessageConfiguration=raw)
