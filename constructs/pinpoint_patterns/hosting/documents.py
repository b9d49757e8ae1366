"""Policy documents that gain statements when they are written into a template, and not before.

A value of another stack is a token until then; what it becomes, an import of an export, is known only
to the resolution itself.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jsii
from aws_cdk import IAnyProducer, IResolveContext, Lazy

from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.intrinsics import as_list

Translate = Callable[[Mapping[str, Any]], dict[str, Any] | None]


def with_translations(document: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    """A document with a further statement beside each that has one.

    Raises:
        NotTranslatable: As `translate` does.
    """
    statements = as_list(document.get("Statement"))
    added = [new for statement in statements if (new := translate(statement)) is not None]
    return {**document, "Statement": [*statements, *(new for new in added if new not in statements)]}


@jsii.implements(IAnyProducer)
class TranslatedDocument:
    """A document as it was, resolved, and then translated.

    Args:
        original: As the construct was given it.
        translate: Gives the statement to add for one that is there.
        nested: Whether this is a list of inline policies, each with a document.
    """

    def __init__(self, original: Any, translate: Translate, *, nested: bool = False) -> None:
        self._original = original
        self._translate = translate
        self._nested = nested

    def produce(self, context: IResolveContext) -> Any:
        resolved = context.resolve(self._original)
        try:
            return self.translated(resolved)
        except NotTranslatable:
            # The template is not written: the refusals say why.
            return resolved

    def translated(self, resolved: Any) -> Any:
        """What the template will hold.

        Raises:
            NotTranslatable: A statement has no equivalent.
        """
        if not self._nested:
            return with_translations(resolved, self._translate)
        return [
            {**policy, key: with_translations(policy[key], self._translate)}
            for policy in resolved
            for key in ("policyDocument" if "policyDocument" in policy else "PolicyDocument",)
        ]

    def problem(self, resolve: Callable[[Any], Any]) -> NotTranslatable | None:
        """Why it cannot be translated, None if it can."""
        try:
            self.translated(resolve(self._original))
        except NotTranslatable as problem:
            return problem
        return None

    def lazy(self) -> Any:
        """The token to put in the document's place."""
        return Lazy.uncached_any(self)
