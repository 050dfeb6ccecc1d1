"""The verbs of customers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar

from typing_extensions import override

from mewayz.backend.access import Actor
from mewayz.backend.crud import CrudService
from mewayz.backend.errors import Conflict
from mewayz.domains.customers.model import CUSTOMERS, Customer, CustomerCreate, CustomerUpdate, customers_collection
from mewayz.domains.users.model import stored_email


class HasOrders(Conflict):
    """Orders name their customer for as long as they are kept."""

    code = "customers.has_orders"
    default_message = "This customer has orders and cannot be deleted. Set the status to inactive instead."


class Customers(CrudService[Customer]):
    """Who buys."""

    noun: ClassVar[str] = "customers"
    singular: ClassVar[str] = "customer"
    personal: ClassVar[bool] = True
    identified_by: ClassVar[Mapping[str, Callable[[str], str]]] = {"email": stored_email, "reference": str.strip}
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


customers = Customers()
