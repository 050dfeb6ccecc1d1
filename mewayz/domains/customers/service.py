"""The verbs of customers."""

from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from typing_extensions import override

from mewayz.backend import clock
from mewayz.backend.access import Actor, allow
from mewayz.backend.crud import CrudService
from mewayz.backend.errors import Conflict, Invalid
from mewayz.backend.query import Query
from mewayz.domains.customers.accounts import check_plan
from mewayz.domains.customers.addresses import read_addresses
from mewayz.domains.customers.entered import customer_problems
from mewayz.domains.customers.identity import derived_columns
from mewayz.domains.customers.model import CUSTOMERS, Customer, CustomerCreate, CustomerUpdate, customers_collection
from mewayz.domains.customers.segments import resolved
from mewayz.domains.users.model import stored_email


class HasOrders(Conflict):
    """Orders name their customer for as long as they are kept."""

    code = "customers.has_orders"
    default_message = "This customer has orders and cannot be deleted. Set the status to inactive instead."


@dataclass(frozen=True, slots=True)
class Spent:
    """What a customer has ordered in one currency."""

    currency: str
    orders: int
    spent: Decimal
    returned: Decimal


class Customers(CrudService[Customer]):
    """Who buys."""

    noun: ClassVar[str] = "customers"
    singular: ClassVar[str] = "customer"
    personal: ClassVar[bool] = True
    identified_by: ClassVar[Mapping[str, Callable[[str], str]]] = {"email": stored_email, "reference": str.strip}
    # The time of a consent is kept with it, and the default address alone does not say what the others were.
    irreversible: ClassVar[frozenset[str]] = frozenset({"marketing_consent", "address"})
    collection = customers_collection
    spec = CUSTOMERS
    create_payload = CustomerCreate
    update_payload = CustomerUpdate

    @override
    async def _build(self, actor: Actor, payload: CustomerCreate) -> Customer:
        fields = payload.model_dump(exclude={"address", "addresses"})
        addresses = read_addresses(payload.address, payload.addresses)
        consent = {"marketing_consent_at": clock.now() if payload.marketing_consent else None}
        return Customer(**{**fields, **consent, **derived_columns(fields | {"addresses": addresses})})

    @override
    async def _changes(self, actor: Actor, before: Customer, payload: CustomerUpdate) -> dict[str, Any]:
        changes = payload.changes()
        if changes.pop("address", None) is not None or changes.pop("addresses", None) is not None:
            changes["addresses"] = read_addresses(payload.address, payload.addresses, before.addresses)
        if changes.get("marketing_consent", before.marketing_consent) != before.marketing_consent:
            changes["marketing_consent_at"] = clock.now()
        named = ("name", "email", "phone", "addresses")
        if any(name in changes for name in named):
            changes |= derived_columns({name: changes.get(name, getattr(before, name)) for name in named})
        return changes

    @override
    async def _entered(self, before: Customer | None, payload: CustomerCreate | CustomerUpdate) -> None:
        if problems := await customer_problems(before, payload):
            raise Invalid(fields=problems)

    @override
    async def _resolved(self, actor: Actor, query: Query) -> Query:
        check_plan(actor, query.filters)
        return await resolved(actor, query)

    kept_by: ClassVar[list[Callable[[str, AbstractSet[str]], Awaitable[bool]]]] = []
    """Rooms that name customers add their question: does this one have to stay, leaving out records with these ids?"""

    spent_by: Callable[[str], Awaitable[list[Spent]]] | None = None
    """The room of orders says here how it adds up those of a customer."""

    @allow("read")
    async def spending(self, actor: Actor, customer_id: str) -> list[Spent]:
        """What a customer has ordered in each currency: amounts of two are never added up.

        Raises:
            NotFound.
        """
        await self.get(actor, customer_id)
        return await self.spent_by(customer_id) if self.spent_by else []

    @override
    async def _removable(self, actor: Actor, document: Customer) -> None:
        await let_go(document.id)

    @override
    async def _withdrawable(self, actor: Actor, document: Customer, leaving: AbstractSet[str]) -> None:
        await let_go(document.id, leaving)


async def let_go(customer_id: str, leaving: AbstractSet[str] = frozenset()) -> None:
    """Make sure that no other room names this customer, but in records that are leaving, too.

    Raises:
        HasOrders: one does.
    """
    for keeps in Customers.kept_by:
        if await keeps(customer_id, leaving):
            raise HasOrders


customers = Customers()
