"""A topic for what handsets write, answered by keywords."""

from typing import Final, Literal

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import IPinpointProject, KeywordResponder, PatternDashboard, TwoWaySmsTopic

_ANSWERS: Final = {
    "en": {
        "HOURS": "We are open from 9 to 5, Monday to Friday.",
        "*": "Write HOURS for our opening hours, HELP for help, STOP to get no more messages.",
    },
    "es": {"HORARIO": "Abrimos de 9 a 17, de lunes a viernes."},
}


class TwoWaySmsStack(Stack):
    """What a number or pool names as its two-way channel, and who answers there.

    Args:
        project: By which replies are sent.
        opt_outs: Whether End User Messaging answers HELP, STOP and the like (`aws`), or we do (`self`).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        opt_outs: Literal["aws", "self"],
    ) -> None:
        super().__init__(scope, construct_id, description="Two-way text messages of a Pinpoint project")
        two_way = TwoWaySmsTopic(self, "TwoWaySms", opt_outs=opt_outs)
        answers = two_way.add_responder(KeywordResponder(_ANSWERS), project=project)
        self.personal_stores = answers.personal_stores
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[answers.worker.age_alarm, answers.unknown_alarm],
            counts={
                "Messages": [
                    answers.metric_answered(),
                    answers.metric_unanswered(),
                    answers.metric_withheld(),
                    answers.metric_failed(),
                    answers.metric_unknown(),
                    answers.metric_poison(),
                ],
                "Repetitions": [answers.metric_duplicates(), answers.metric_postponed()],
            },
            queues={"Messages": answers.queue},
            dead_letters={"Messages": answers.dead_letters, "Undelivered": answers.undelivered},
            functions={"Worker": answers.function},
        )
        for name, value in {
            "TopicArn": two_way.topic.topic_arn,
            "QueueUrl": answers.queue.queue_url,
            "TableName": answers.table.table_name,
            "FunctionName": answers.function.function_name,
            "DeadLettersUrl": answers.dead_letters.queue_url,
            "UndeliveredUrl": answers.undelivered.queue_url,
        }.items():
            CfnOutput(self, name, value=value)
