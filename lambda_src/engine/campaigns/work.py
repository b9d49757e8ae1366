"""What the campaigns queue asks for: planning a run, one step of targeting, or the run for some events."""

from engine.campaigns.plan import plan_run
from engine.campaigns.progress import run_of
from engine.campaigns.target import give_up_step, target_step
from engine.campaigns.trigger import trigger
from engine.context import Context
from engine.worker import MAX_ATTEMPTS, GivenUp, Message


def work(context: Context, message: Message) -> None:
    """Do what a message of the campaigns queue says.

    Raises:
        GivenUp: It says nothing known.
    """
    body = message.body
    match body.get("Kind"):
        case "plan":
            plan_run(context, run_of(body), message.attempt, reminder=message.reminds)
        case "target":
            if message.attempt > MAX_ATTEMPTS:
                give_up_step(context, message)
            else:
                target_step(context, run_of(body), body["Piece"], body.get("Cursor"))
        case "trigger":
            trigger(context, body)
        case kind:
            raise GivenUp(f"the campaigns queue knows no message of kind {kind!r}")
