"""Which questions wait for a stack."""

import pytest

from embedded.stack_waits import asked_stack


def test_a_question_about_one_stack_names_it() -> None:
    assert (
        asked_stack(b"Action=DescribeStacks&StackName=arn%3Aaws%3Astack%2FEngine") == "arn:aws:stack/Engine"
    )


@pytest.mark.parametrize("body", [b"Action=DescribeStacks", b"Action=ListStacks&StackName=x", b"", b"\xff"])
def test_other_questions_do_not_wait(body: bytes) -> None:
    assert asked_stack(body) is None
