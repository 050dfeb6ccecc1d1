"""What clients report for the audit trail, without the secrets that it may hold."""

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson

from mewayz.backend import audit
from mewayz.backend.access import Actor, oneself
from mewayz.backend.errors import Invalid
from mewayz.backend.limits import REPORT
from mewayz.backend.payloads import parse
from mewayz.backend.runtime import current
from mewayz.backend.secret_names import is_secret
from mewayz.backend.unit import unit
from mewayz.domains.auth.payloads import ReportPayload

_MOST_DETAILS = 4096


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        found: dict[Any, Any] = value
        return {key: "…" if is_secret(str(key)) else _without_secrets(one) for key, one in found.items()}
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value


class Reports:
    """From programs and pages of people who are signed in."""

    noun: ClassVar[str] = "auth"

    @oneself
    async def note(self, actor: Actor, data: Mapping[str, Any]) -> None:
        """Note what a client reports. It is kept as its claim: who, when, from where and how grave is decided here.

        Raises:
            Invalid, RateLimited.
        """
        payload = parse(ReportPayload, data)
        await current().limits.hit(REPORT, actor.id)
        if len(orjson.dumps(payload.details)) > _MOST_DETAILS:
            raise Invalid(fields={"details": f"Send at most {_MOST_DETAILS} bytes."})
        async with unit() as opened:
            audit.record(opened, f"client.{payload.event}", actor.id, _without_secrets(payload.details))


reports = Reports()
