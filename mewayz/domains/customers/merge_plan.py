"""What becomes of two records when they are made one: the kept one wins, what is empty in it is filled, lists are united."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic.alias_generators import to_camel

from mewayz.backend.documents import wire_value
from mewayz.domains.customers.addresses import MAX_ADDRESSES, is_blank, postal, with_defaults
from mewayz.domains.customers.model import MAX_TAGS, Customer, CustomerStatus

_FILLED = ("email", "phone", "company", "reference", "source")
MERGED = ("name", *_FILLED, "status", "tags", "addresses", "notes", "marketing_consent")
"""What a merge is about, in the order in which it is shown."""
_NO_BUYER = frozenset({CustomerStatus.LEAD.value, CustomerStatus.PROSPECT.value})


@dataclass
class Plan:
    """What a merge does to the kept customer.

    Attributes:
        changes: its columns that change.
        note: a text that goes on its timeline, because the kept one has a text of its own.
        remarks: what a person should know before.
    """

    changes: dict[str, Any] = field(default_factory=dict[str, Any])
    note: str = ""
    remarks: list[str] = field(default_factory=list[str])


def plan(kept: Customer, other: Customer) -> Plan:
    """Decide the merge of `other` into `kept`."""
    found = Plan()
    for name in _FILLED:
        if not getattr(kept, name) and (value := getattr(other, name)):
            found.changes[name] = value
    tags = list(dict.fromkeys([*kept.tags, *other.tags]))
    if len(tags) > MAX_TAGS:
        found.remarks.append(f"A customer has at most {MAX_TAGS} tags. Left out: {', '.join(tags[MAX_TAGS:])}.")
    addresses = united(kept.addresses, other.addresses)
    if len(addresses) > MAX_ADDRESSES:
        found.remarks.append(f"A customer has at most {MAX_ADDRESSES} addresses. {len(addresses) - MAX_ADDRESSES} are left out.")
    lists = {"tags": tags[:MAX_TAGS], "addresses": addresses[:MAX_ADDRESSES]}
    found.changes |= {name: value for name, value in lists.items() if value != getattr(kept, name)}
    if not kept.notes and other.notes:
        found.changes["notes"] = other.notes
    elif other.notes and other.notes != kept.notes:
        found.note = other.notes
        found.remarks.append(f"What “About” says of {other.name} becomes a note on the timeline.")
    if kept.status in _NO_BUYER and (other.orders_count or other.status == CustomerStatus.CUSTOMER):
        found.changes["status"] = CustomerStatus.CUSTOMER.value
    if other.marketing_consent and not kept.marketing_consent:
        found.remarks.append(f"The marketing consent of {other.name} is not taken over: nobody has given it for this address.")
    return found


def shown(kept: Customer, other: Customer, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Per field: what each of both says, and what it becomes."""
    return [
        {
            "field": to_camel(name),
            "kept": wire_value(getattr(kept, name)),
            "from": wire_value(getattr(other, name)),
            "result": wire_value(changes.get(name, getattr(kept, name))),
        }
        for name in MERGED
    ]


def united(kept: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The addresses of both, equal ones once; the defaults are those of the first list."""
    known = [postal(one) for one in kept]
    more = [dict(one) for one in other if not is_blank(one) and postal(one) not in known]
    return with_defaults([*kept, *more])


def taken_back(name: str, now: Any, before: Any, after: Any) -> tuple[Any, bool]:
    """A field of the kept customer once a merge is undone, and whether that is all that the merge had changed in it."""
    if now == after:
        return before, True
    if name == "tags":
        return [tag for tag in now if tag in before or tag not in after], True
    if name == "addresses":
        added = [postal(one) for one in after if postal(one) not in [postal(old) for old in before]]
        return with_defaults([one for one in now if postal(one) not in added]), True
    return now, False
