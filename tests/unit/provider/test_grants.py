"""Who may have a function called: what hosted stacks' permissions said."""

from typing import Any

import pytest

from engine.grants import admitted, arn_like, function_name, grants_of

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:cap"


def campaign_of(app: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:mobiletargeting:us-east-1:{account}:apps/{app}/campaigns/c"


def grant(app: str) -> dict[str, Any]:
    return {
        "FunctionArn": FUNCTION,
        "SourceArn": f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/{app}/*",
        "SourceAccount": ACCOUNT,
    }


def test_an_application_cannot_have_the_function_of_another_called(cloudformation: Any, world: Any) -> None:
    cloudformation.make("Grant", grant("a"))

    grants = grants_of(world.context.store, FUNCTION)

    assert admitted(grants, campaign_of("a"))
    assert not admitted(grants, campaign_of("b"))


def test_several_grants_each_admit_their_own(cloudformation: Any, world: Any) -> None:
    cloudformation.make("Grant", grant("a"), logical_id="A")
    cloudformation.make("Grant", grant("b"), logical_id="B")

    grants = grants_of(world.context.store, "cap")

    assert [admitted(grants, campaign_of(app)) for app in ("a", "b", "c")] == [True, True, False]


def test_a_function_that_no_hosted_stack_speaks_of_is_left_to_its_own_policy(world: Any) -> None:
    assert admitted(grants_of(world.context.store, "unknown"), campaign_of("b"))


def test_a_grant_that_is_deleted_or_moved_admits_no_longer(cloudformation: Any, world: Any) -> None:
    made = cloudformation.make("Grant", grant("a"))["PhysicalResourceId"]
    changed = cloudformation.ask("Update", "Grant", grant("b"), old=grant("a"), physical_id=made)
    assert changed["PhysicalResourceId"] == made
    assert not admitted(grants_of(world.context.store, "cap"), campaign_of("a"))

    elsewhere = {**grant("b"), "FunctionArn": FUNCTION.replace("cap", "other")}
    moved = cloudformation.ask("Update", "Grant", elsewhere, old=grant("b"), physical_id=made)
    assert moved["PhysicalResourceId"] != made
    cloudformation.ask("Delete", "Grant", grant("b"), physical_id=made)
    assert grants_of(world.context.store, "cap") == []
    assert len(grants_of(world.context.store, "other")) == 1


def test_a_grant_to_another_account_admits_nobody_here(cloudformation: Any, world: Any) -> None:
    cloudformation.make("Grant", {"FunctionArn": FUNCTION, "SourceAccount": "999999999999"})

    assert not admitted(grants_of(world.context.store, "cap"), campaign_of("a"))
    assert admitted(grants_of(world.context.store, "cap"), campaign_of("a", "999999999999"))


@pytest.mark.parametrize(
    ("pattern", "arn", "like"),
    [
        ("arn:aws:mobiletargeting:*:1:apps/*", "arn:aws:mobiletargeting:r:1:apps/a/campaigns/c", True),
        ("arn:aws:mobiletargeting:r:1:apps/a", "arn:aws:mobiletargeting:r:1:apps/a/campaigns/c", False),
        ("arn:aws:mobiletargeting:r:1:apps/??", "arn:aws:mobiletargeting:r:1:apps/ab", True),
        ("arn:aws:*:apps/a", "arn:aws:mobiletargeting:r:1:apps/a", False),
        ("arn:aws:mobiletargeting:r:1:apps/[ab]", "arn:aws:mobiletargeting:r:1:apps/a", False),
        ("*", "arn:aws:mobiletargeting:r:1:apps/a", True),
    ],
)
def test_arns_are_compared_part_by_part(pattern: str, arn: str, like: bool) -> None:
    assert arn_like(pattern, arn) is like


@pytest.mark.parametrize(
    "function", ["cap", "cap:live", FUNCTION, f"{FUNCTION}:live", f"{ACCOUNT}:function:cap"]
)
def test_a_function_is_known_by_its_name_however_it_is_written(function: str) -> None:
    assert function_name(function) == "cap"
