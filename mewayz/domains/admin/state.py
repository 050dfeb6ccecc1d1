"""What the pages of administration hold: the demo shop on its way in or out."""

from collections.abc import Awaitable, Callable

import reflex as rx

from mewayz.backend.access import Actor
from mewayz.backend.errors import MewayzError
from mewayz.domains.admin.service import admin
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.words import plural


class Demo(Guarded, rx.State):
    """The demo shop: whether it is there, how far it has come, and the password of its users."""

    ready: bool = False
    present: bool = False
    working: bool = False
    share: int = 0
    doing: str = ""
    done: str = ""
    kept: str = ""
    password: str = ""
    users: list[str] = []  # noqa: RUF012 (Reflex copies defaults per client)

    @on("admin:read")
    async def load(self) -> None:
        """Look whether the demo shop is there."""
        async with guarded(self):
            self.present = await admin.has_demo(actor())
            self.ready = True

    @on("admin:update")
    async def ask(self, asking: bool) -> None:
        """The question whether to remove it is opened: say what would stay, and why."""
        if asking:
            async with guarded(self):
                self.kept = _staying(*await admin.kept_of_demo(actor()))

    @on("admin:read")
    async def leave(self) -> None:
        """The page is left: what was told once is not told again."""
        self.done, self.password, self.users = "", "", []

    @on("admin:update", background=True)
    async def bring(self) -> None:
        """Load the demo shop and show how far it is."""
        await self._work(self._bring, actor())

    @on("admin:update", background=True)
    async def drop(self) -> None:
        """Remove the demo shop and show how far it is."""
        await self._work(self._drop, actor())

    async def _work(self, work: Callable[[Actor], Awaitable[None]], who: Actor) -> None:
        async with self:
            if self.working:
                return
            self.working, self.share, self.doing = True, 0, "Starting"
            self.done, self.password, self.error, self.error_id = "", "", "", ""
        try:
            await work(who)
        except MewayzError as refused:
            async with self:
                self.error = refused.message
        finally:
            async with self:
                self.working = False

    async def _bring(self, who: Actor) -> None:
        loaded = await admin.load_demo(who, report=self._report)
        async with self:
            self.present, self.users, self.password = True, list(loaded.users), loaded.password or ""
            self.done = (
                f"{plural(loaded.products, 'product', 'products')}, {plural(loaded.customers, 'customer', 'customers')} "
                f"and {plural(loaded.orders + loaded.returns, 'order', 'orders')} added."
            )

    async def _drop(self, who: Actor) -> None:
        removed = await admin.remove_demo(who, report=self._report)
        async with self:
            self.present, self.users = False, []
            self.done = (
                f"{plural(removed.products, 'product', 'products')}, {plural(removed.customers, 'customer', 'customers')} "
                f"and {plural(removed.orders, 'order', 'orders')} removed."
            )
            if staying := _staying(*await admin.kept_of_demo(who)):
                self.done += f" {staying}"

    async def _report(self, share: float, words: str) -> None:
        async with self:
            self.share, self.doing = int(share * 100), words


def _staying(products: int, customers: int) -> str:
    """What of the demo shop stays, and why; empty when nothing does."""
    told = ((products, plural(products, "product", "products")), (customers, plural(customers, "customer", "customers")))
    parts = [words for count, words in told if count]
    if not parts:
        return ""
    return f"{' and '.join(parts)} of it {'stays' if products + customers == 1 else 'stay'}, because orders of your own name them."
