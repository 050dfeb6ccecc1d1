"""The published figures of Online Retail II, asked over REST after `mewayz demo --full`, on both engines.

The numbers are those of the data's own description of its two years; other windows are computed beside it, from the
same file, by the test of the stream (tests/domains/admin/test_retail.py).
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from mewayz.backend.resource import resource
from mewayz.backend.rest import BASE, api
from mewayz.backend.runtime import identity, open_runtime
from mewayz.backend.settings import Settings
from mewayz.domains.admin.demo import source
from mewayz.domains.analytics.api import ENDPOINTS
from mewayz.domains.auth.payloads import LoginPayload
from mewayz.domains.auth.service import auth
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from tests.services import SECRET, child_environment

WINDOWS = {
    "": ("20522679.858", "1465677.230", 40_076, 5_878, 5_878),
    "from=2010-11-01&to=2010-12-01": ("1470272.482", "47617.840", 2_747, 1_607, 325),
    "from=2010-06-01&to=2010-07-01": ("752270.140", "72483.530", 1_645, 1_041, 270),
}
PASSWORD = "Correct-Horse-1"


@pytest.fixture(scope="session")
def full_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full set, fetched once and its checksum verified."""
    return source.fetch_full(tmp_path_factory.mktemp("full"))


def _mewayz(settings: Settings, *words: str, stdin: str = "") -> None:
    environment = child_environment(
        DATA_DIR=settings.data_dir, DATABASE_URL=settings.database_url, REDIS_URL=settings.redis_url or "", SECRET_KEY=SECRET
    )
    command = [sys.executable, "-m", "mewayz.cli", *words]
    done = subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
async def client(migrated: Settings, full_set: Path) -> AsyncIterator[httpx.AsyncClient]:
    """REST of a shop that holds the full set, asked by its owner."""
    cache = migrated.data_dir / "cache"
    cache.mkdir()
    os.link(full_set, cache / full_set.name)
    _mewayz(migrated, "create-admin", "--email", "owner@example.com", "--name", "Owner", "--password-stdin", stdin=PASSWORD)
    _mewayz(migrated, "demo", "--full", "--yes")
    async with open_runtime(migrated):
        before, identity[0] = identity[0], auth.identify
        token = (await auth.sign_in(LoginPayload(email="owner@example.com", password=PASSWORD))).token
        app = Starlette(routes=[api([*ENDPOINTS, *resource(orders), *resource(customers)])])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers={"Authorization": f"Bearer {token}"}) as opened:
            yield opened
        identity[0] = before


async def _data(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(f"{BASE}{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_the_published_figures_come_out_exactly_and_lead_to_their_lists(client: httpx.AsyncClient) -> None:
    """One test, because the load takes most of a minute: each window of the table, and the lists behind one of them."""
    for window, (gross, returns, count, buyers, new) in WINDOWS.items():
        found = await _data(client, f"/analytics/overview?{window}")
        assert Decimal(found["gross"]) == Decimal(gross)
        assert Decimal(found["returns"]) == Decimal(returns)
        assert Decimal(found["net"]) == Decimal(gross) - Decimal(returns)
        assert (found["orders"], found["buyers"], found["new"]) == (count, buyers, new)
        assert sum(Decimal(bucket["gross"]) for bucket in found["series"]) == Decimal(gross)
        assert sum(Decimal(country["gross"]) for country in found["countries"]) == Decimal(gross)
    whole = await _data(client, "/analytics/overview")
    assert (whole["repeat"], whole["guestOrders"]) == (4_255, 3_107)

    cohorts = {row["cohort"]: row["counts"] for row in (await _data(client, "/analytics/cohorts"))["cohorts"]}
    assert cohorts["2009-12"][:5] == [955, 337, 319, 406, 363]
    assert {month: counts[0] for month, counts in cohorts.items() if month in {"2010-06", "2010-11"}} == {"2010-06": 270, "2010-11": 325}
    assert sum(counts[0] for counts in cohorts.values()) == 5_878

    window = "from=2010-11-01&to=2010-12-01"
    found = await _data(client, f"/analytics/overview?{window}")
    for row in (await _data(client, f"/analytics/products?{window}&sort=orders&limit=30"))["products"]:
        assert await _total(client, row["drill"]) == row["orders"], row
    country, product = found["countries"][1], found["topProducts"][0]
    assert await _total(client, f"/orders?figure=sales&{window}") == found["orders"]
    assert await _total(client, "/customers?firstFrom=2010-11-01&firstTo=2010-12-01") == found["new"]
    assert await _total(client, f"/orders?figure=sales&{window}&country={country['country']}") == country["orders"]
    assert await _total(client, f"/orders?figure=sales&{window}&sold={product['id']}") == product["orders"]


async def _total(client: httpx.AsyncClient, path: str) -> int:
    return (await _data(client, f"{path}&limit=1"))["pagination"]["totalItems"]
