"""One operation that erases a person from all that the other stacks keep."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import IPinpointProject, PatternDashboard, PersonalStore, PersonEraser


class ForgetStack(Stack):
    """An eraser over a project and over stores of other stacks, which do not need it.

    Args:
        project: Whose endpoints.
        stores: What is kept of people beside them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        stores: Sequence[PersonalStore],
    ) -> None:
        super().__init__(scope, construct_id, description="Erases a person from what the patterns keep")
        eraser = PersonEraser(self, "Person", project=project, stores=stores)
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[eraser.eraser.error_alarm],
            functions={"Eraser": eraser.function},
        )
        CfnOutput(self, "FunctionName", value=eraser.function.function_name)
