"""Registrations that wait for their confirmation, and sending the link of one again."""

from mewayz.backend import clock, letters, mail
from mewayz.backend.unit import unit
from mewayz.domains.auth import tickets
from mewayz.domains.auth.model import Ticket
from mewayz.domains.auth.model import tickets as kept_tickets

NOT_OF_THE_USER = ("hash", "browser", "asks")
"""What a ticket knows of a registration and the account does not."""


async def waiting(subject: str) -> list[Ticket]:
    """The registrations of a mailbox (`tickets.subject_of`) that wait, newest first."""
    found = await kept_tickets.find_all(subject=subject, kind=tickets.VERIFY)
    return sorted((one for one in found if one.expires_at > clock.now()), key=lambda one: one.created_at, reverse=True)


async def send_again(email: str, browser: str) -> None:
    """Send the newest registration that this browser made of the address; else the newest of all.

    The latter may be somebody else's, so its link asks for the password of the registration.
    """
    found = await waiting(tickets.subject_of(email))
    own = [one for one in found if browser and one.data.get("browser") == browser]
    if not found:
        return
    newest = (own or found)[0]
    async with unit():
        if await tickets.take(newest):
            told = {**newest.data, "asks": bool(newest.data.get("asks")) or not own}
            token = await tickets.issue(tickets.VERIFY, None, newest.subject, **told)
            await mail.send(letters.verify_address(token, tickets.LASTS[tickets.VERIFY]), to=newest.data["email"])
