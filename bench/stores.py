"""Databases that the subjects of one run share: set up once, removed at the end."""

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import asyncpg
from pydantic import SecretStr
from typing_extensions import override

from mewayz.backend.collection import Collection
from mewayz.backend.documents import Document
from mewayz.backend.grants import Role
from mewayz.backend.runtime import open_runtime
from mewayz.backend.settings import Settings
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.payloads import SetupPayload
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.users.model import Plan, User, UserStatus, users_collection
from tests.postgres import Postgres
from tests.services import ROOT, SECRET, Mewayz, child_environment

Engine = Literal["SQLite", "PostgreSQL"]
ENGINES: tuple[Engine, ...] = ("SQLite", "PostgreSQL")
FULL_SET_LINES = 1_067_371

_OWNER = {"name": "Olive Owner", "email": "olive@shop.example", "password": "Tea-for-2-and-scones"}
_FIRST = ("Ada", "Bela", "Carl", "Dora", "Emil", "Fumi", "Gita", "Hans", "Ines", "Jan", "Kaya", "Lars")
_LAST = ("Adler", "Berg", "Costa", "Dahl", "Evans", "Fischer", "Gupta", "Haas", "Ito", "Jones", "Klein", "Lopez")
_COLOURS = ("red", "blue", "green", "white", "black", "cream", "pink")
_MATERIALS = ("copper", "glass", "steel", "enamel", "iron")
_BATCH = 5_000


class DurablePostgres(Postgres):
    """PostgreSQL as it comes, which waits for the disk at every commit; the one of the tests does not."""

    @override
    def command(self) -> Sequence[str | Path]:
        words = list(super().command())
        unsafe = ("fsync=", "synchronous_commit=", "full_page_writes=")
        settings = [word for word in words[3:] if word != "-c" and not str(word).startswith(unsafe)]
        return [*words[:3], *(part for word in settings for part in ("-c", word))]


class Api(Mewayz):
    """The API alone, so that no pages have to be built first."""

    @override
    def command(self) -> Sequence[str | Path]:
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--interface", "asgi", "--log-level", "warning"]
        return [sys.executable, "-m", "granian", *where, "--factory", "tests.api_app:application"]


@dataclass
class Store:
    """A migrated database with an owner."""

    engine: Engine
    data_dir: Path
    url: str
    cookie: str = ""
    token: str = ""
    loaded: dict[str, Any] = field(default_factory=dict)

    def settings(self) -> Settings:
        """What a runtime in this process is opened with; nothing outside changes it."""
        return Settings(_env_file=None, data_dir=self.data_dir, secret_key=SecretStr(SECRET), database_url=self.url)  # pyright: ignore

    def server(self, **more: object) -> Mewayz:
        """The product on this database, as `mewayz run` starts it."""
        return Mewayz(DATA_DIR=self.data_dir, DATABASE_URL=self.url, SECRET_KEY=SECRET, **more)

    def api(self) -> Api:
        """Its API alone."""
        return Api(DATA_DIR=self.data_dir, DATABASE_URL=self.url, SECRET_KEY=SECRET)


class Stores:
    """Makes each store when it is first asked for."""

    def __init__(self, retail_file: Path | None, *, small: bool) -> None:
        """`retail_file` is the full set or its wheel; None lets Mewayz fetch it. A small run takes the shipped slice."""
        self.small = small
        self.users_count = 5_000 if small else 100_000
        self.million = 20_000 if small else 1_000_000
        self.retail_file = retail_file
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mewayz-bench-")))
        self.retail = cache(self._retail)
        self.users = cache(self._users)
        self.products = cache(self._products)
        self.orders = cache(self._orders)
        self.demo = cache(self._demo)
        self._postgres = cache(lambda: self._stack.enter_context(DurablePostgres()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def _new(self, engine: Engine, name: str) -> Store:
        """An empty shop of its own.

        Raises:
            MissingService: the engine is not installed.
        """
        data_dir = Path(tempfile.mkdtemp(dir=self.folder, prefix=f"{name}-{engine.lower()}-"))
        postgres = self._postgres() if engine == "PostgreSQL" else None
        url = postgres.url(postgres.create()) if postgres else f"sqlite:///{data_dir / 'mewayz.db'}"
        command = [sys.executable, "-m", "mewayz.cli", "migrate", "--quiet"]
        subprocess.run(command, env=child_environment(DATABASE_URL=url, DATA_DIR=data_dir), cwd=ROOT, check=True)
        store = Store(engine, data_dir, url)
        asyncio.run(_set_up(store))
        return store

    def empty(self, engine: Engine) -> Store:
        """A shop of its own with nothing in it."""
        return self._new(engine, "empty")

    def _demo(self) -> Store:
        """A shop with the slice of the demo data that ships with Mewayz."""
        return self.retail("SQLite") if self.small else self._filled("SQLite", "demo")

    def _retail(self, engine: Engine) -> Store:
        """A shop with Online Retail II; `loaded` says what loading it cost."""
        return self._filled(engine, "retail", *([] if self.small else ["--full", *([str(self.retail_file)] if self.retail_file else [])]))

    def _filled(self, engine: Engine, name: str, *given: str) -> Store:
        store = self._new(engine, name)
        command = [sys.executable, "-m", "bench.loading", str(store.data_dir), store.url, *given]
        done = subprocess.run(command, cwd=ROOT, env=child_environment(), stdout=subprocess.PIPE, text=True, check=True)
        store.loaded = json.loads(done.stdout)
        return store

    def _users(self, engine: Engine) -> Store:
        """A shop with many users, made by chance but always the same."""
        store = self._new(engine, "users")
        asyncio.run(_add_users(store, self.users_count))
        return store

    def _products(self, engine: Engine) -> Store:
        """A shop with many products, made by chance but always the same; `loaded` says how long adding them took."""
        store = self._new(engine, "products")
        asyncio.run(_add(store, products_collection, Product(name="", price=Decimal(0), currency="GBP"), _product, self.million))
        return store

    def _orders(self, engine: Engine) -> Store:
        """A shop with many orders, which have everything but their lines; `loaded` says how long adding them took."""
        store = self._new(engine, "orders")
        blank = Order(number="", currency="GBP", subtotal=Decimal(0), total=Decimal(0))
        asyncio.run(_add(store, orders_collection, blank, _order, self.million))
        return store


async def _set_up(store: Store) -> None:
    async with open_runtime(store.settings()):
        payload = SetupPayload(**_OWNER, shop_name="Bench & Sons", currency="GBP", timezone="Europe/London")
        signed_in = await installation.set_up(payload)
        store.cookie, store.token = signed_in.token, signed_in.token


async def _add_users(store: Store, count: int) -> None:
    async with open_runtime(store.settings()):
        for start in range(0, count, _BATCH):
            await users_collection.add_many([_user(number) for number in range(start, min(start + _BATCH, count))])
    await settle(store)


async def _add(store: Store, collection: Collection[Any], blank: Document, one: Callable[[int], dict[str, Any]], count: int) -> None:
    rest = blank.model_dump()
    started = time.perf_counter()
    async with open_runtime(store.settings()):
        for start in range(0, count, _BATCH):
            rows = [{**rest, **one(number)} for number in range(start, min(start + _BATCH, count))]
            await collection.add_bound(collection.bound(rows))
    store.loaded["seconds"] = time.perf_counter() - started
    await settle(store)


async def settle(store: Store) -> None:
    """Have PostgreSQL look at its tables: it does so by itself within a minute or so; a benchmark must not depend on when."""
    if store.engine == "PostgreSQL":
        connection = await asyncpg.connect(store.url)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()


def _colour(number: int, chance: random.Random) -> str:
    return "zaffre" if number % 100_000 == 1 else "umber" if number % 1000 == 0 else chance.choice(_COLOURS)


def _product(number: int) -> dict[str, Any]:
    chance = random.Random(number)
    created = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(3 * 365 * 86_400_000))
    return {
        "id": f"{number:024x}",
        "name": f"{_colour(number, chance)} {chance.choice(_MATERIALS)} kettle {number}".capitalize(),
        "sku": f"SKU-{number:07}",
        "price": Decimal(chance.randrange(100, 100_000)) / 100,
        "currency": "GBP",
        "category": chance.choice(("Kitchen", "Garden", "Office", "Toys")),
        "stock": chance.randrange(200),
        "low_stock_threshold": 10,
        "created_at": created,
        "updated_at": created,
    }


def _order(number: int) -> dict[str, Any]:
    chance = random.Random(number)
    placed = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(3 * 365 * 86_400_000))
    amount = Decimal(chance.randrange(100, 50_000)) / 100
    status = chance.choices(("pending", "confirmed", "processing", "shipped", "delivered", "cancelled"), (2, 2, 3, 3, 85, 5))[0]
    return {
        "id": f"{number:024x}",
        "number": f"ORD-{number:07}",
        "customer_name": f"{'Quixote' if number % 100_000 == 1 else chance.choice(_FIRST)} {chance.choice(_LAST)} {number // 7}",
        "status": status,
        "payment_status": "pending" if status in ("pending", "cancelled") else "paid",
        "country": chance.choices(("United Kingdom", "Germany", "France", "Iceland"), (90, 5, 4, 1))[0],
        "units": chance.randrange(1, 40),
        **dict.fromkeys(("subtotal", "goods", "total"), amount),
        **dict.fromkeys(("placed_at", "created_at", "updated_at"), placed),
    }


def _user(number: int) -> User:
    chance = random.Random(number)
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    created = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(3 * 365 * 86_400_000))
    return User(
        name=f"{first} {last} {number}",
        email=f"{first}.{last}.{number}@people.example".lower(),
        role=chance.choices([role.value for role in Role], _SHARES[: len(Role)])[0],
        plan=chance.choices([plan.value for plan in Plan], (70, 25, 5))[0],
        status=chance.choices([status.value for status in UserStatus], (85, 5, 5, 5))[0],
        company=f"{last} Ltd",
        created_at=created,
        updated_at=created,
    )


_SHARES = (80, 10, 8, 2)
