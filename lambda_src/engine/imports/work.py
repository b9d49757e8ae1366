"""What the imports queue asks for: planning a job, or one piece of it."""

from engine.context import Context
from engine.erasure.work import erase
from engine.imports.piece import work_on_piece
from engine.imports.plan import plan_job
from engine.worker import GivenUp, Message


def work(context: Context, message: Message) -> None:
    """Do what a message of the imports queue says.

    Raises:
        GivenUp: It says nothing known.
    """
    body = message.body
    match body.get("Kind"):
        case "plan":
            reminder = message.reminds
            plan_job(context, body["ApplicationId"], body["JobId"], message.attempt, reminder=reminder)
        case "piece":
            work_on_piece(context, body["ApplicationId"], body["JobId"], body["Piece"], message.attempt)
        case "erase":
            erase(context, body)
        case kind:
            raise GivenUp(f"the imports queue knows no message of kind {kind!r}")
