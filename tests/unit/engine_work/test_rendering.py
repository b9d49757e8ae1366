"""Templates and the values they show."""

from typing import Any

import pytest

from engine.rendering.template import RenderingError, render

ENDPOINT: dict[str, Any] = {
    "Address": "a@example.com",
    "Attributes": {"Offers": ["<b>one</b>", "two"], "with.dot": ["dotted"]},
    "Metrics": {"Age": 42.0, "Height": 1.5},
    "User": {"UserId": "ana", "UserAttributes": {"Name": ["Ana"]}},
}


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("Hi {{User.UserAttributes.Name}}!", "Hi Ana!"),
        ("{{User.UserAttributes.Name.[0]}}", "Ana"),
        ("{{Attributes.Offers}}", "<b>one</b>,two"),
        ("{{Attributes.Offers.[1]}}", "two"),
        ("{{Attributes.Offers.[9]}}", ""),
        ("{{Attributes.with.dot}}", "dotted"),
        ("{{Metrics.Age}} {{Metrics.Height}}", "42 1.5"),
        ("{{Nobody.Knows}}", ""),
        ("{{! a comment }}x", "x"),
        ("{{#if Attributes.Offers}}yes{{else}}no{{/if}}", "yes"),
        ("{{#if Attributes.None}}yes{{else}}no{{/if}}", "no"),
        ("{{#unless Attributes.None}}none{{/unless}}", "none"),
        ("{{#each Attributes.Offers}}{{@index}}{{this}};{{/each}}", "0<b>one</b>;1two;"),
        ("{{#each Attributes.None}}x{{else}}nothing{{/each}}", "nothing"),
        ("{{#if eq User.UserId 'ana'}}me{{/if}}", "me"),
        ("{{upper User.UserId}} {{capitalizeFirst User.UserId}}", "ANA Ana"),
        ('{{join Attributes.Offers " | "}}', "<b>one</b> | two"),
        ("{{add Metrics.Age 1}} {{round Metrics.Height}}", "43 2"),
        ("{{stripTags Attributes.Offers.[0]}}", "one"),
    ],
)
def test_a_template_shows(template: str, shown: str) -> None:
    assert render(template, [ENDPOINT]) == shown


def test_values_are_escaped_in_html_unless_the_template_says_otherwise() -> None:
    template = "{{Attributes.Offers.[0]}} {{{Attributes.Offers.[0]}}} {{&Attributes.Offers.[0]}}"
    assert render(template, [ENDPOINT], html=True) == "&lt;b&gt;one&lt;/b&gt; <b>one</b> <b>one</b>"


def test_the_first_layer_that_knows_a_path_gives_the_value() -> None:
    layers = [{"User.UserAttributes.Name": ["Override"]}, ENDPOINT, {"Attributes.City": "Berlin"}]
    assert render("{{User.UserAttributes.Name}} of {{Attributes.City}}", layers) == "Override of Berlin"


def test_a_strict_template_must_have_every_value() -> None:
    with pytest.raises(RenderingError, match=r"there is no value for Attributes\.City"):
        render("{{Attributes.City}}", [ENDPOINT], strict=True)
    assert render("{{#if Attributes.City}}x{{/if}}", [ENDPOINT], strict=True) == ""


@pytest.mark.parametrize(
    "template",
    [
        "{{}}",
        "{{#if a}}x",
        "{{/if}}",
        "{{else}}",
        "{{#if a}}x{{/each}}",
        "{{#with a}}{{/with}}",
        "{{conjure a}}",
        "{{divide 1 0}}",
        "{{add Address 1}}",
        "{{#if a}}{{else}}{{else}}{{/if}}",
        "{{#if a}}" * 30 + "{{/if}}" * 30,
    ],
)
def test_a_broken_template_is_an_error_that_names_no_value(template: str) -> None:
    with pytest.raises(RenderingError) as error:
        render(template, [ENDPOINT])
    assert "example.com" not in error.value.message
