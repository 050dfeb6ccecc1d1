"""What the pages before sign-in do when somebody arrives: send on who has no business there, say what is open, and show the terms."""

from typing import Any

import reflex as rx

from mewayz.backend.runtime import current
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.passkey_place import passkey_place
from mewayz.domains.auth.terms import terms
from mewayz.ui.events import PUBLIC, actor, on
from mewayz.ui.ways import SignedOut


class Arrival(rx.State):
    """The way on from these pages. door.py does the same for a navigation; this for links inside the application."""

    registration_open: bool = True
    mail_folder: str = ""
    nameless: bool = False
    named_href: str = ""
    named: str = ""

    @on(PUBLIC)
    async def at_login(self) -> Any:
        """An empty installation is set up first; who is signed in goes on."""
        if not await installation.is_set_up():
            return rx.redirect("/setup", replace=True)
        self.registration_open = await accounts.registration_open()
        settings = current().settings
        self.mail_folder = "" if settings.production or settings.smtp_url else str(settings.data_dir / "mail")
        (await self.get_state(SignedOut)).ended = "ended" in self.router.url.query_parameters
        place = passkey_place(str(self.router.url))
        self.nameless, self.named_href, self.named = place.nameless, place.href, place.name
        return rx.redirect("/", replace=True) if actor().signed_in else None

    @on(PUBLIC)
    async def at_setup(self) -> Any:
        """There is one set-up only."""
        return rx.redirect("/", replace=True) if await installation.is_set_up() else None


class TermsText(rx.State):
    """The terms of use."""

    text: str = ""

    @on(PUBLIC)
    async def load(self) -> None:
        """Read them."""
        self.text = await terms.text()
