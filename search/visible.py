"""Which records a viewer may see, as a condition that any query over `record` can carry."""

from __future__ import annotations

from library.identity.viewer import ANY_SCHOOL, FIRST_ORGANISATION

_OWNERS_OF = """
    SELECT i.organisation_id FROM item i WHERE i.record_id = {record}.id AND i.withdrawn_on IS NULL
    UNION ALL
    SELECT e.organisation_id FROM electronic_access e
     WHERE e.record_id = {record}.id AND e.phase <> 'over'"""


def lets_see(policy: str, owner: str) -> str:
    """A condition on the alias of an owner's policy (an owner without one shows everything): the owner lets the viewer see what it owns."""
    return f"""(coalesce({policy}.seen_by, 'all') = 'all'
       OR {policy}.seen_by = 'schools' AND :sees_schools
       OR {policy}.seen_by IN ('own', 'schools') AND {owner} = ANY(:sees_organisations))"""


def visible(record: str) -> str:
    """A condition on the table alias `record`: nobody holds it yet, or an owner lets the viewer see it. Bind with `bound`."""
    owners = _OWNERS_OF.format(record=record)
    return f"""(
    :sees_all
    OR EXISTS (SELECT FROM ({owners}) owner LEFT JOIN owner_policy p ON p.organisation_id = owner.organisation_id
                WHERE {lets_see("p", "owner.organisation_id")})
    OR NOT EXISTS ({owners}))"""


def bound(sees: frozenset[int] | None) -> dict[str, object]:
    """The values of `visible` for a viewer's visibility numbers; None sees all."""
    numbers = sees or frozenset()
    return {
        "sees_all": sees is None,
        "sees_schools": ANY_SCHOOL in numbers,
        "sees_organisations": [number - FIRST_ORGANISATION for number in sorted(numbers) if number >= FIRST_ORGANISATION],
    }
