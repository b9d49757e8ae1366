"""Pinpoint's resources become the engine's, and everything that refers to them stays as it is."""

import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnOutput, Stack, Stage
from aws_cdk import aws_pinpoint as pinpoint

from engine.provider.serve import KINDS
from pinpoint_patterns.engine import PinpointEngine
from pinpoint_patterns.errors import HostedElsewhere
from pinpoint_patterns.hosting.types import SERVED


def test_a_hosted_resource_keeps_logical_id_properties_and_references(shop: Any) -> None:
    project = shop.project()
    pinpoint.CfnApplicationSettings(
        shop.stack, "Settings", application_id=project.ref, limits={"daily": 3}
    ).node.add_dependency(project)
    CfnOutput(shop.stack, "Arn", value=project.attr_arn)

    template = shop.host().template()

    assert template["Resources"]["Project"]["Type"] == "Custom::PinpointApp"
    assert template["Resources"]["Project"]["Properties"]["Name"] == "Project"
    token = template["Resources"]["Project"]["Properties"]["ServiceToken"]
    assert token["Fn::Join"][1][-1] == ":function:pinpoint-engine-provider"
    settings = template["Resources"]["Settings"]
    assert settings["Type"] == "Custom::PinpointApplicationSettings"
    assert settings["Properties"]["ApplicationId"] == {"Ref": "Project"}
    assert settings["Properties"]["Limits"] == {"Daily": 3}
    assert template["Outputs"]["Arn"]["Value"] == {"Fn::GetAtt": ["Project", "Arn"]}


def test_live_resources_get_new_logical_ids_that_all_references_follow(shop: Any) -> None:
    project = shop.project()
    pinpoint.CfnApplicationSettings(shop.stack, "Settings", application_id=project.ref).node.add_dependency(
        project
    )

    resources = shop.host(live=True).template()["Resources"]

    assert set(resources) == {"ProjectHosted", "SettingsHosted"}
    assert resources["SettingsHosted"]["Properties"]["ApplicationId"] == {"Ref": "ProjectHosted"}
    assert resources["SettingsHosted"]["DependsOn"] == ["ProjectHosted"]


def test_the_types_that_are_hosted_are_those_that_the_provider_serves() -> None:
    assert set(KINDS) - {"Grant"} == SERVED


def test_a_type_that_the_engine_does_not_serve_is_refused_with_its_path(shop: Any) -> None:
    pinpoint.CfnGCMChannel(shop.stack, "Gcm", application_id="a", api_key="k")
    pinpoint.CfnADMChannel(shop.stack, "Adm", application_id="a", client_id="c", client_secret="s")

    with pytest.raises(RuntimeError) as refused:
        shop.host()

    # All at once, not one after the other.
    assert "cannot host Shop/Gcm on the Pinpoint engine: AWS::Pinpoint::GCMChannel" in str(refused.value)
    assert "cannot host Shop/Adm" in str(refused.value)


def test_a_hosted_stack_comes_after_the_engine_and_shares_no_export_with_it(shop: Any) -> None:
    shop.project()
    Stack(shop.app, "Unconcerned")

    shop.host()

    artifact = shop.assembly.get_stack_by_name("Shop")
    assert "Engine" in [each.id for each in artifact.dependencies]
    unconcerned = shop.assembly.get_stack_by_name("Unconcerned")
    assert "Engine" not in [each.id for each in unconcerned.dependencies]
    assert "ImportValue" not in str(shop.template())
    assert not [out for out in shop.template("Engine")["Outputs"].values() if "Export" in out]


def test_the_engine_itself_is_left_alone(shop: Any) -> None:
    before = shop.host().template("Engine")

    roles = shop.of_type("AWS::IAM::Role", "Engine")
    assert not [role for role in roles if "Tags" in role["Properties"]]
    assert "PinpointEngineClient" not in str(before)


def test_a_stage_below_the_scope_is_hosted_too(shop: Any) -> None:
    stage = Stage(shop.app, "Production")
    pinpoint.CfnApp(Stack(stage, "Shop"), "Project", name="shop")

    shop.host()

    nested = shop.assembly.get_nested_assembly("assembly-Production").stacks[0].template
    assert nested["Resources"]["Project"]["Type"] == "Custom::PinpointApp"


def test_what_is_in_another_app_or_part_of_the_engine_cannot_be_hosted(shop: Any) -> None:
    with pytest.raises(HostedElsewhere, match="another app"):
        shop.engine.host(Stack(App(), "Elsewhere"))
    with pytest.raises(HostedElsewhere, match="part of the engine"):
        shop.engine.host(shop.engine.api)


def test_an_engine_that_hosts_nothing_changes_nothing(shop: Any) -> None:
    shop.project()
    shop.assembly = shop.app.synth()

    assert shop.template()["Resources"]["Project"]["Type"] == "AWS::Pinpoint::App"


def test_hosting_reads_no_code_of_the_engine() -> None:
    """The package that partners install must not need the Lambda code on its path."""
    import pinpoint_patterns.hosting.aspect as hosting

    folder = Path(hosting.__file__).parent
    assert PinpointEngine.__module__ in sys.modules
    for source in folder.glob("*.py"):
        assert "from engine" not in source.read_text()
