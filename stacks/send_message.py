"""Messages on request: a queue for producers, a bus with the results, and one-time passwords."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import (
    EmailTemplate,
    IPinpointProject,
    MessageSender,
    OneTimePasswords,
    PatternDashboard,
    SmsTemplate,
)


class SendMessageStack(Stack):
    """A sender, a template of each kind to begin with, and a function for one-time passwords.

    Args:
        project: In whose name is sent.
        otp_brand_name: What the message with a password calls the sender.
        otp_origination_identity: The number, sender id or pool that sends it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        otp_brand_name: str,
        otp_origination_identity: str,
    ) -> None:
        super().__init__(scope, construct_id, description="Messages that producers ask for by a queue")
        sender = MessageSender(self, "Sender", project=project)
        self.personal_stores = sender.personal_stores
        welcome = EmailTemplate(
            self,
            "Welcome",
            name="patterns-welcome",
            subject="Welcome, {{FirstName}}",
            html="<p>Welcome, {{FirstName}}.</p>",
            text="Welcome, {{FirstName}}.",
            default_substitutions={"FirstName": "friend"},
        )
        reminder = SmsTemplate(
            self,
            "Reminder",
            name="patterns-reminder",
            body="{{FirstName}}, your appointment is on {{Day}}.",
            default_substitutions={"FirstName": "Hello"},
        )
        passwords = OneTimePasswords(
            self,
            "Passwords",
            project=project,
            brand_name=otp_brand_name,
            origination_identity=otp_origination_identity,
        )
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[
                sender.requests.age_alarm,
                sender.unknown_alarm,
                sender.requests.worker.error_alarm,
                passwords.sender.error_alarm,
            ],
            counts={
                "Recipients": [
                    sender.metric_sent(),
                    sender.metric_failed(),
                    sender.metric_left_out(),
                    sender.metric_unknown(),
                    sender.metric_postponed(),
                ],
                "Calls of SendMessages": [sender.metric_calls()],
                "One-time passwords": [
                    passwords.metric_sent(),
                    passwords.metric_valid(),
                    passwords.metric_invalid(),
                    passwords.metric_limited(),
                ],
            },
            queues={"Requests": sender.queue},
            dead_letters={"Requests": sender.dead_letters},
            functions={"Sender": sender.function, "One-time passwords": passwords.function},
        )
        for name, value in {
            "QueueUrl": sender.queue.queue_url,
            "DeadLettersUrl": sender.dead_letters.queue_url,
            "RecipientsBucketName": sender.bucket.bucket_name,
            "EventBusName": sender.event_bus.event_bus_name,
            "EmailTemplateName": welcome.template_name,
            "SmsTemplateName": reminder.template_name,
            "OneTimePasswordsFunctionArn": passwords.function.function_arn,
        }.items():
            CfnOutput(self, name, value=value)
