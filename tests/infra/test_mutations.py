"""Breaking a template on purpose: each break has to fail an assertion that has a name."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import pytest
from aws_cdk.assertions import Template

from tests.infra import test_every_resource
from tests.infra.subjects import SUBJECTS, Subject, assertions
from tests.support.mutations import (
    BrokenTemplate,
    Mutation,
    changed_properties,
    dropped_grants,
    dropped_properties,
    dropped_resources,
    widened_grants,
)

MUTATIONS: dict[str, Callable[[dict[str, Any]], Iterator[Mutation]]] = {
    "a grant dropped": dropped_grants,
    "a grant widened": widened_grants,
    "a property dropped": dropped_properties,
    "a property changed": changed_properties,
    "a resource dropped": dropped_resources,
}


def fails(assertion: Callable[[Template], object], template: Template) -> bool:
    """Whether a test says that a template is wrong; one that stumbles over what is missing says nothing."""
    try:
        assertion(template)
    except AssertionError:
        return True
    except RuntimeError as error:
        # What a matcher of the CDK throws, as it comes out of Node.js.
        return str(error).startswith("AssertionError")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return False
    return False


def unnoticed(subject: Subject, mutations: Iterable[Mutation]) -> list[str]:
    """The names of the mutations that no assertion fails for."""
    named = [*assertions(test_every_resource), *subject.assertions()]
    return [
        mutation.name
        for mutation in mutations
        if not any(fails(each, cast(Template, BrokenTemplate(mutation.template))) for each in named)
    ]


@pytest.mark.parametrize("kind", MUTATIONS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_is_broken_fails_a_named_assertion(subject: str, kind: str) -> None:
    construct = SUBJECTS[subject]
    found = MUTATIONS[kind](dict(construct.template.to_json()))
    mutations = [mutation for mutation in found if mutation.name.startswith(construct.own)]
    assert unnoticed(construct, mutations) == []


def test_a_template_that_is_whole_fails_no_assertion() -> None:
    for name, subject in SUBJECTS.items():
        whole = Mutation(name, dict(subject.template.to_json()))
        assert unnoticed(subject, [whole]) == [name]


@pytest.mark.parametrize("kind", MUTATIONS)
def test_there_is_something_to_break(kind: str) -> None:
    assert len(list(MUTATIONS[kind](dict(SUBJECTS["engine"].template.to_json())))) >= 30


def test_to_stumble_is_not_to_notice() -> None:
    template = cast(Template, BrokenTemplate({"Resources": {}}))
    assert not fails(lambda broken: broken.find_resources("AWS::SQS::Queue")["Queue"], template)
    assert fails(lambda broken: broken.resource_count_is("AWS::SQS::Queue", 1), template)
    assert fails(lambda broken: broken.has_resource("AWS::SQS::Queue", {}), template)
