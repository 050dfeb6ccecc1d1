"""What clients report is kept without the secrets in it."""

import json
from typing import Any

from sqlalchemy import text

from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.reports import reports
from tests.domains.people import add_person


async def test_no_secret_of_a_report_is_kept(runtime: Runtime) -> None:
    secrets: dict[str, Any] = dict.fromkeys(("pw", "otp", "passwd", "passphrase", "mfa_code", "newPassword", "x-auth-token"), "planted")
    details = {"page": "/orders", "errorCode": "E7", "tries": [{"n": 1, **secrets}], **secrets}
    await reports.note(await add_person(Role.USER), {"event": "spoof", "details": details})
    (row,) = await runtime.database.fetch(text("SELECT details FROM audit_log WHERE event = 'client.spoof'"))
    kept = row[0] if isinstance(row[0], dict) else json.loads(row[0])
    hidden = dict.fromkeys(secrets, "…")
    assert kept == {"page": "/orders", "errorCode": "E7", "tries": [{"n": 1, **hidden}], **hidden}
