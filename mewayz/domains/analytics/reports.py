"""Reports: a dashboard that leaves by mail every day, week or month, to oneself and to others who may read analytics."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from mewayz.backend import audit, clock, keys
from mewayz.backend.access import Actor, act_as, allow, can, check, oneself, public, signed_in
from mewayz.backend.collection import Collection
from mewayz.backend.errors import Conflict, Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.ids import is_id
from mewayz.backend.payloads import Payload, WholeNumber, parse
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.analytics.cadence import Cadence, Every
from mewayz.domains.analytics.outgoing import Report, ReportLetter
from mewayz.domains.users.model import User, UserStatus, stored_email, users_collection

MAX_REPORTS = 10
_MOST_RECIPIENTS = 20
_PURPOSE = "report-stop"


class NewReport(Payload):
    """What is sent to begin a report. `also` are addresses of users; the person who begins it always gets it."""

    every: Every
    hour: Annotated[WholeNumber, Field(ge=0, le=23)]
    weekday: Annotated[WholeNumber, Field(ge=0, le=6)] = 0
    also: Annotated[list[Annotated[str, Field(max_length=254)]], Field(max_length=_MOST_RECIPIENTS)] = Field(default_factory=list)


class TooManyReports(Conflict):
    """The person has as many reports as can be kept."""

    code = "analytics.too_many_reports"
    default_message = f"You have {MAX_REPORTS} reports already. End one first."


class StopLinkInvalid(NotFound):
    """The link is not one of ours, or the letters have been stopped before."""

    code = "analytics.report_stopped"
    default_message = "These letters have been stopped already."


reports_collection = Collection(Report, "reports", audited=False)
letters_collection = Collection(ReportLetter, "report_letters", audited=False)


def cadence_of(report: Report) -> Cadence:
    """When it is due."""
    return Cadence(Every(report.every), report.hour, report.weekday)


def stop_token(report_id: str, user_id: str) -> str:
    """What stops the letters to one person. Made from the key of the installation, so that nothing of it has to be kept."""
    return f"{report_id}.{user_id}.{keys.digest(_PURPOSE, f'{report_id}.{user_id}')}"


def _read_token(token: str) -> tuple[str, str]:
    report_id, _, rest = token.partition(".")
    user_id, _, mark = rest.partition(".")
    known = keys.digests(_PURPOSE, f"{report_id}.{user_id}")
    if not any(secrets.compare_digest(mark.encode(), one.encode()) for one in known):
        raise StopLinkInvalid
    return report_id, user_id


class Running(NamedTuple):
    """A report, the name of who began it, and the addresses that it goes to."""

    report: Report
    owner: str
    addresses: list[str]


async def _running(found: list[Report]) -> list[Running]:
    users = await users_collection.find_ids({one for report in found for one in (report.owner_id, *report.recipients)})
    return [
        Running(
            report,
            users[report.owner_id].name if report.owner_id in users else "",
            [users[one].email for one in report.recipients if one in users],
        )
        for report in sorted(found, key=lambda one: one.created_at)
    ]


class Reports:
    """Reports of one's own, and the way out for whoever gets one."""

    noun: ClassVar[str] = "analytics"

    @oneself
    async def create(self, actor: Actor, data: Mapping[str, Any]) -> Report:
        """Begin a report.

        Raises:
            Invalid: with a message per field. Forbidden: others are named, and the actor is no administrator. TooManyReports.
        """
        check(actor, "analytics:read")
        payload = parse(NewReport, data)
        others = await self._readers(actor, payload.also)
        every = Every(payload.every)
        cadence = Cadence(every, payload.hour, payload.weekday if every is Every.WEEK else 0)
        report = Report(
            owner_id=actor.id,
            every=every.value,
            hour=cadence.hour,
            weekday=cadence.weekday,
            recipients=list(dict.fromkeys([actor.id, *(user.id for user in others)])),
            next_at=cadence.after(clock.now(), (await shop()).zone),
        )
        async with unit() as opened:
            if len(await reports_collection.find_all(owner_id=actor.id)) >= MAX_REPORTS:
                raise TooManyReports
            await reports_collection.add(report)
            details = {"every": report.every, "hour": report.hour, "recipients": report.recipients}
            audit.record(opened, "analytics.report_begun", report.id, details, risk="medium" if others else "low")
        return report

    async def _readers(self, actor: Actor, also: Sequence[str]) -> list[User]:
        addresses = [stored_email(address) for address in also if address.strip()]
        if not addresses:
            return []
        if not can(actor, "admin:update"):
            raise Forbidden("Only administrators send reports to others. Keep it for yourself.")
        found = {user.email: user for user in await users_collection.find_in("email", addresses)}
        wrong = [address for address in addresses if not _may_get(found.get(address))]
        if wrong:
            raise Invalid(fields={"also": f"No active user of the shop who may read analytics has this address: {', '.join(wrong)}."})
        return [found[address] for address in addresses]

    @signed_in
    async def mine(self, actor: Actor) -> list[Running]:
        """The reports that one has begun."""
        return await _running(await reports_collection.find_all(owner_id=actor.id))

    @allow("admin:read")
    async def everyones(self, actor: Actor) -> list[Running]:
        """All reports."""
        return await _running(await reports_collection.find_all())

    @oneself
    async def end(self, actor: Actor, report_id: str) -> Report:
        """End a report: one's own, or as an administrator anybody's.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        if not is_id(report_id):
            raise NotFound
        async with unit() as opened:
            report = await reports_collection.remove(report_id, restriction={} if can(actor, "admin:update") else {"owner_id": actor.id})
            others = report.owner_id != actor.id
            details = {"owner": report.owner_id} if others else {}
            audit.record(opened, "analytics.report_ended", report_id, details, risk="medium" if others else "low")
        return report

    @public
    async def stoppable(self, token: str) -> Report:
        """The report behind the link in a letter.

        Raises:
            StopLinkInvalid.
        """
        report_id, user_id = _read_token(token)
        report = await reports_collection.find(id=report_id)
        if report is None or user_id not in report.recipients:
            raise StopLinkInvalid
        return report

    @public
    async def stop(self, token: str) -> None:
        """Stop the letters to one person by the link in them. A report that nobody gets any more ends.

        Raises:
            StopLinkInvalid: it is not one of ours, or was used before.
        """
        report_id, user_id = _read_token(token)
        with act_as(Actor(user_id)):
            async with unit() as opened:
                if await reports_collection.find(id=report_id) is None:
                    raise StopLinkInvalid
                report = await reports_collection.get(report_id, lock=True)
                left = [one for one in report.recipients if one != user_id]
                if len(left) == len(report.recipients):
                    raise StopLinkInvalid
                if left:
                    await reports_collection.patch(report_id, {"recipients": left})
                else:
                    await reports_collection.remove(report_id)
                audit.record(opened, "analytics.report_stopped", report_id, {"user": user_id})


def _may_get(user: User | None) -> bool:
    if user is None or user.status != UserStatus.ACTIVE:
        return False
    return can(Actor(user.id, role=Role(user.role)), "analytics:read")


reports = Reports()
