"""Messages on request: a queue for producers, and a bus with the results."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import EmailTemplate, IPinpointProject, MessageSender, PatternDashboard, SmsTemplate


class SendMessageStack(Stack):
    """A sender, and a template of each kind to begin with.

    Args:
        project: In whose name is sent.
    """

    def __init__(self, scope: Construct, construct_id: str, *, project: IPinpointProject) -> None:
        super().__init__(scope, construct_id, description="Messages that producers ask for by a queue")
        sender = MessageSender(self, "Sender", project=project)
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
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[sender.requests.age_alarm, sender.unknown_alarm, sender.requests.worker.error_alarm],
            counts={
                "Recipients": [
                    sender.metric_sent(),
                    sender.metric_failed(),
                    sender.metric_left_out(),
                    sender.metric_unknown(),
                    sender.metric_postponed(),
                ],
                "Calls of SendMessages": [sender.metric_calls()],
            },
            queues={"Requests": sender.queue},
            dead_letters={"Requests": sender.dead_letters},
            functions={"Sender": sender.function},
        )
        for name, value in {
            "QueueUrl": sender.queue.queue_url,
            "DeadLettersUrl": sender.dead_letters.queue_url,
            "RecipientsBucketName": sender.bucket.bucket_name,
            "EventBusName": sender.event_bus.event_bus_name,
            "EmailTemplateName": welcome.template_name,
            "SmsTemplateName": reminder.template_name,
        }.items():
            CfnOutput(self, name, value=value)
