"""The verbs of customers."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from sqlalchemy import func, select
from typing_extensions import override

from mewayz.backend.access import Actor, allow
from mewayz.backend.crud import CrudService
from mewayz.backend.errors import Conflict
from mewayz.backend.runtime import current
from mewayz.domains.customers.model import CUSTOMERS, Customer, CustomerCreate, CustomerUpdate, customers_collection

_table = customers_collection.table
_COUNTRIES = select(_table.c.country, func.count()).where(_table.c.country != "").group_by(_table.c.country).order_by(_table.c.country)


class HasOrders(Conflict):
    """Orders name their customer for as long as they are kept."""

    code = "customers.has_orders"
    default_message = "This customer has orders and cannot be deleted. Set the status to inactive instead."


class Customers(CrudService[Customer]):
    """Who buys."""

    noun: ClassVar[str] = "customers"
    singular: ClassVar[str] = "customer"
    collection = customers_collection
    spec = CUSTOMERS
    create_payload = CustomerCreate
    update_payload = CustomerUpdate

    @override
    async def _build(self, actor: Actor, payload: CustomerCreate) -> Customer:
        fields = payload.model_dump(exclude={"address"})
        return Customer(**fields, address=payload.address.model_dump(by_alias=True), country=payload.address.country)

    kept_by: ClassVar[list[Callable[[str], Awaitable[bool]]]] = []
    """Rooms that name customers add their question: does this one have to stay?"""

    @override
    async def _removable(self, actor: Actor, document: Customer) -> None:
        for keeps in self.kept_by:
            if await keeps(document.id):
                raise HasOrders

    @allow("read")
    async def countries(self, actor: Actor) -> list[str]:
        """The countries in use, in alphabetical order."""

        async def load() -> list[Any]:
            return [row[0] for row in await current().database.fetch(_COUNTRIES)]

        return await current().cache.remember("customers", ["countries"], ttl=300, compute=load)


customers = Customers()
