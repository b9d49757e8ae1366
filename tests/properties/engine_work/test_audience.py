"""The evaluator of segments agrees with another one, written from the documentation and in no hurry."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.audience.membership import ImportedSource, belongs, imported_sources, walked_source

VALUES = ["gold", "tin", "golden", "2026-01-01T00:00:00Z", "2026-06-01T12:00:00Z", "2026-06-01", "never", ""]
NAMES = ["Plan", "Since"]
DATES = ["2026-01-01T00:00:00Z", "2026-06-01T12:00:00Z", "2026-06-01T23:00:00Z"]
SOURCES = [("s1", "j1"), ("s2", "j2")]

VALUE_LISTS = st.lists(st.sampled_from(VALUES), max_size=3)
ATTRIBUTES = st.dictionaries(st.sampled_from(NAMES), VALUE_LISTS, max_size=2)
ENDPOINTS = st.fixed_dictionaries(
    {},
    optional={
        "ChannelType": st.sampled_from(["EMAIL", "CUSTOM", "SMS"]),
        "Attributes": ATTRIBUTES,
        "User": st.fixed_dictionaries({}, optional={"UserAttributes": ATTRIBUTES}),
        "Metrics": st.dictionaries(st.sampled_from(["age"]), st.sampled_from([1.0, 2.0, 3.0])),
        "Demographic": st.fixed_dictionaries({}, optional={"Platform": st.sampled_from(["ios", "android"])}),
        "Location": st.fixed_dictionaries({}, optional={"Country": st.sampled_from(["DE", "FR"])}),
    },
)
ATTRIBUTE_DIMENSIONS = st.one_of(
    st.fixed_dictionaries(
        {
            "AttributeType": st.sampled_from(["INCLUSIVE", "EXCLUSIVE", "CONTAINS"]),
            "Values": st.lists(st.sampled_from(["gold", "old", "tin"]), min_size=1, max_size=2),
        }
    ),
    st.fixed_dictionaries(
        {
            "AttributeType": st.sampled_from(["BEFORE", "AFTER", "ON"]),
            "Values": st.lists(st.sampled_from(DATES), min_size=1, max_size=1),
        }
    ),
    st.fixed_dictionaries(
        {
            "AttributeType": st.just("BETWEEN"),
            "Values": st.lists(st.sampled_from(DATES), min_size=2, max_size=2),
        }
    ),
)


def _sets(values: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "DimensionType": st.sampled_from(["INCLUSIVE", "EXCLUSIVE"]),
            "Values": st.lists(st.sampled_from(values), min_size=1, max_size=2),
        }
    )


DIMENSIONS = st.fixed_dictionaries(
    {},
    optional={
        "Attributes": st.dictionaries(st.sampled_from(NAMES), ATTRIBUTE_DIMENSIONS, max_size=2),
        "UserAttributes": st.dictionaries(st.sampled_from(NAMES), ATTRIBUTE_DIMENSIONS, max_size=1),
        "Metrics": st.dictionaries(
            st.just("age"),
            st.fixed_dictionaries(
                {
                    "ComparisonOperator": st.sampled_from(
                        ["GREATER_THAN", "LESS_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN_OR_EQUAL", "EQUAL"]
                    ),
                    "Value": st.sampled_from([1.0, 2.0, 3.0]),
                }
            ),
        ),
        "Demographic": st.fixed_dictionaries(
            {},
            optional={"Channel": _sets(["EMAIL", "SMS", "CUSTOM"]), "Platform": _sets(["ios", "android"])},
        ),
        "Location": st.fixed_dictionaries({}, optional={"Country": _sets(["DE", "FR"])}),
    },
)
LEAVES = st.one_of(
    DIMENSIONS.map(lambda dimensions: {"dimensions": dimensions}),
    st.sampled_from(SOURCES).map(lambda source: {"imported": list(source)}),
)
TREES = st.recursive(
    LEAVES,
    lambda parts: st.tuples(st.sampled_from(["all", "any", "none"]), st.lists(parts, max_size=3)).map(
        lambda node: {node[0]: node[1]}
    ),
    max_leaves=6,
)


def _plainly(tree: dict[str, Any], endpoint: dict[str, Any], member_of: list[tuple[str, str]]) -> bool:
    """Membership by a second reading of the documents."""
    kind = next(iter(tree))
    parts = tree[kind]
    if kind == "imported":
        return tuple(parts) in member_of
    if kind == "dimensions":
        failing = [name for name, check in _checks(parts, endpoint) if not check]
        return failing == []
    number = len([part for part in parts if _plainly(part, endpoint, member_of)])
    if len(parts) == 0:
        return True
    return {"all": number == len(parts), "any": number > 0, "none": number == 0}[kind]


def _checks(dimensions: dict[str, Any], endpoint: dict[str, Any]) -> list[tuple[str, bool]]:
    checks: list[tuple[str, bool]] = []
    places = {
        "Attributes": endpoint.get("Attributes", {}),
        "UserAttributes": endpoint.get("User", {}).get("UserAttributes", {}),
    }
    for place, attributes in places.items():
        for name, dimension in dimensions.get(place, {}).items():
            checks.append((name, _attribute(dimension, attributes.get(name, []))))
    for name, dimension in dimensions.get("Metrics", {}).items():
        value = endpoint.get("Metrics", {}).get(name)
        sign = {
            "GREATER_THAN": [1],
            "LESS_THAN": [-1],
            "GREATER_THAN_OR_EQUAL": [0, 1],
            "LESS_THAN_OR_EQUAL": [-1, 0],
            "EQUAL": [0],
        }[dimension["ComparisonOperator"]]
        wanted = dimension["Value"]
        checks.append((name, value is not None and (value > wanted) - (value < wanted) in sign))
    seen = {
        "Channel": endpoint.get("ChannelType"),
        "Platform": endpoint.get("Demographic", {}).get("Platform"),
        "Country": endpoint.get("Location", {}).get("Country"),
    }
    for name, dimension in {**dimensions.get("Demographic", {}), **dimensions.get("Location", {})}.items():
        listed = seen[name] in dimension["Values"]
        checks.append((name, listed if dimension["DimensionType"] == "INCLUSIVE" else not listed))
    return checks


def _attribute(dimension: dict[str, Any], values: list[str]) -> bool:
    kind, wanted = dimension["AttributeType"], dimension["Values"]
    if kind == "INCLUSIVE":
        return len(set(values) & set(wanted)) > 0
    if kind == "EXCLUSIVE":
        return len(set(values) & set(wanted)) == 0
    if kind == "CONTAINS":
        return any(value.find(part) >= 0 for value in values for part in wanted)
    bounds = [_date(bound) for bound in wanted]
    for value in values:
        try:
            date = _date(value)
        except ValueError:
            continue
        if kind == "BEFORE" and date < bounds[0]:
            return True
        if kind == "AFTER" and date > bounds[0]:
            return True
        if kind == "ON" and date.strftime("%j %Y") == bounds[0].strftime("%j %Y"):
            return True
        if kind == "BETWEEN" and not (date < bounds[0] or date > bounds[1]):
            return True
    return False


def _date(text: str) -> datetime:
    date = datetime.fromisoformat(text)
    return date if date.tzinfo else date.replace(tzinfo=UTC)


@given(tree=TREES, endpoint=ENDPOINTS, member_of=st.lists(st.sampled_from(SOURCES), unique=True))
def test_both_evaluators_agree(
    tree: dict[str, Any], endpoint: dict[str, Any], member_of: list[tuple[str, str]]
) -> None:
    sources = [ImportedSource(*source) for source in member_of]
    assert belongs(tree, endpoint, sources) == _plainly(tree, endpoint, member_of)


@given(tree=TREES, endpoint=ENDPOINTS)
def test_nobody_belongs_who_is_no_member_of_the_walked_source(
    tree: dict[str, Any], endpoint: dict[str, Any]
) -> None:
    source = walked_source(tree)
    if source is not None:
        others = set(imported_sources(tree)) - {source}
        assert not belongs(tree, endpoint, others)
