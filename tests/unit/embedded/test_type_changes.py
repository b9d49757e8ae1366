"""Which resources a template would give another type."""

from embedded.type_changes import changed_types


def test_a_resource_under_the_same_id_and_another_type_is_found() -> None:
    running = {"App": "AWS::Pinpoint::App", "Topic": "AWS::SNS::Topic"}
    template = {"Resources": {"App": {"Type": "Custom::PinpointApp"}, "Topic": {"Type": "AWS::SNS::Topic"}}}
    assert changed_types(running, template) == ["App"]


def test_resources_may_come_and_go() -> None:
    running = {"Old": "AWS::SNS::Topic"}
    assert changed_types(running, {"Resources": {"New": {"Type": "AWS::SQS::Queue"}}}) == []
