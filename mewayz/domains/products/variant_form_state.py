"""What the form of a product holds of its options and variants: values as chips, and a row for each combination that exists."""

import itertools
import math
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from typing_extensions import override

from mewayz.backend.amounts import read_number
from mewayz.domains.products.pictures import address
from mewayz.domains.products.variants import BETWEEN, MAX_OPTIONS, MAX_VARIANTS
from mewayz.ui.events import on
from mewayz.ui.form_state import FormState
from mewayz.ui.words import Locale, locale

_MAX_VALUE = 50
_TOO_MANY = f"That would make more than {MAX_VARIANTS} variants."


@dataclass
class OptionRow:
    """An option of the form, and the values that it offers."""

    key: str
    name: str
    offered: list[str]
    problem: str = ""


@dataclass
class VariantRow:
    """A combination of the form; one that is `saved` already shows its stock, which is adjusted on the product's page."""

    key: str
    id: str
    values: list[str]
    title: str
    sku: str = ""
    price: str = ""
    compare: str = ""
    cost: str = ""
    barcode: str = ""
    image: str = ""
    picture: str = ""
    stock: str = "0"
    saved: bool = False
    problem: str = ""
    wrong: list[str] = field(default_factory=list)


@dataclass
class Picture:
    """One of the product's images, which a variant can be shown by."""

    id: str
    label: str
    small: str


_LABELS = {
    "name": "Name",
    "sku": "SKU",
    "price": "Price",
    "compareAtPrice": "Compare-at price",
    "cost": "Cost",
    "barcode": "Barcode",
    "stock": "Stock",
    "imageId": "Picture",
}
_TYPED = {"sku": "sku", "price": "price", "compare": "compareAtPrice", "cost": "cost", "barcode": "barcode", "image": "imageId"}
_AMOUNTS = ("price", "compare", "cost")
"""The controls of a row, and the fields that they are for."""


class VariantForm(FormState, mixin=True):
    """The part of the form that makes variants. What is typed into a row stays in the browser until the form is sent."""

    wholes: ClassVar[Mapping[str, Sequence[str]]] = {"Variants": ("options", "variants")}

    options: list[OptionRow] = []  # noqa: RUF012 (Reflex copies defaults per client)
    rows: list[VariantRow] = []  # noqa: RUF012
    pictures: list[Picture] = []  # noqa: RUF012
    missing: int = 0
    leaving: str = ""
    shape_problem: str = ""
    mistakes: int = 0
    _number: int = 0
    _axes: list[str] = []  # noqa: RUF012 (the options, by key, whose values the rows have)
    _left_out: list[list[str]] = []  # noqa: RUF012
    _saved: list[VariantRow] = []  # noqa: RUF012
    _saved_axes: list[str] = []  # noqa: RUF012
    _own_stock: str = "0"

    @on(":update")
    async def add_option(self) -> None:
        """One more thing to choose by."""
        if len(self.options) < MAX_OPTIONS:
            self.options = [*self.options, OptionRow(self._key("option"), "", [])]

    @on(":update")
    async def drop_option(self, key: str) -> None:
        """Take an option away, and what differs only by it."""
        self.options = [option for option in self.options if option.key != key]
        self._combine()

    @on(":update")
    async def add_values(self, key: str, text: str) -> None:
        """Put what was typed, separated by commas, behind the values of an option."""
        typed = [part.strip()[:_MAX_VALUE] for part in text[:2_000].split(",") if part.strip()]
        self._set_values(key, lambda values: _distinct([*values, *typed]))

    @on(":update")
    async def drop_value(self, key: str, value: str) -> None:
        """Take a value away, with the variants that have it."""
        self._set_values(key, lambda values: [one for one in values if one != value])

    @on(":update")
    async def drop_row(self, key: str) -> None:
        """This combination does not exist."""
        self._left_out = [*self._left_out, *(row.values for row in self.rows if row.key == key)]
        self._combine()

    @on(":update")
    async def choose_picture(self, key: str, image_id: str) -> None:
        """Show the picture that a variant is to have."""
        self.rows = [self._with_picture(row, image_id) if row.key == key else row for row in self.rows]

    @on(":update")
    async def make_all(self) -> None:
        """All combinations exist."""
        self._left_out = []
        self._combine()

    # What rows there are --------------------------------------------------------------------------------------------------

    def _with_picture(self, row: VariantRow, image_id: str) -> VariantRow:
        found = next((one for one in self.pictures if one.id == image_id), None)
        return replace(row, image=found.id if found else "", picture=found.small if found else "")

    def _key(self, kind: str) -> str:
        self._number += 1
        return f"{kind}_{self._number}"

    def _set_values(self, key: str, change: Any) -> None:
        changed = [replace(option, offered=change(option.offered), problem="") if option.key == key else option for option in self.options]
        self.shape_problem = ""
        if math.prod(len(option.offered) for option in changed if option.offered) > MAX_VARIANTS:
            self.shape_problem = _TOO_MANY
            return
        self.options = changed
        self._combine()

    def _combine(self) -> None:
        """Make the rows follow the options: what there is stays, also where an option came or went."""
        used = [option for option in self.options if option.offered]
        axes = [option.key for option in used]
        if axes != self._axes:
            self._left_out = []
        there: dict[tuple[str, ...], VariantRow] = {}
        for row in self.rows:
            had = dict(zip(self._axes, row.values, strict=True))
            values = [had.get(option.key, option.offered[0]) for option in used]
            there.setdefault(tuple(values), replace(row, values=values, title=BETWEEN.join(values)))
        if axes == self._saved_axes:  # one that was taken out, and is there again
            for row in self._saved:
                there.setdefault(tuple(row.values), row)
        first = not self.rows
        self._axes, self.rows = axes, []
        for values in itertools.product(*(option.offered for option in used)) if used else ():
            if list(values) not in self._left_out:
                stock = self._own_stock if first and not self.rows else "0"
                self.rows.append(there.get(values) or VariantRow(self._key("variant"), "", list(values), BETWEEN.join(values), stock=stock))
        self.missing = math.prod(len(option.offered) for option in used) - len(self.rows) if used else 0
        staying = {row.id for row in self.rows}
        gone = [f"{row.title} ({row.stock})" for row in self._saved if row.id not in staying and row.stock != "0"]
        self.leaving = f"What is in stock of these is written off: {', '.join(gone)}." if gone and self.rows else ""

    # Filling, reading, and what the server says ---------------------------------------------------------------------------

    @override
    async def _fill(self, record: Mapping[str, Any]) -> None:
        words = (await locale()).of(record.get("currency"))
        self.shape_problem, self.leaving, self._left_out, self.rows = "", "", [], []
        self.options = [OptionRow(self._key("option"), one["name"], one["values"]) for one in record.get("options", ())]
        self._axes = [option.key for option in self.options]
        self.pictures = [
            Picture(one["id"], f"Picture {number}{': ' if one['alt'] else ''}{one['alt']}", address(record["id"], one["id"], "small"))
            for number, one in enumerate(record.get("images", ()), 1)
        ]
        for one in record.get("variants", ()):
            row = VariantRow(self._key("variant"), one["id"], one["values"], BETWEEN.join(one["values"]), saved=True)
            typed = {name: _shown(name, one[path], words) for name, path in _TYPED.items()}
            self.rows.append(self._with_picture(replace(row, **typed, stock=words.number(one["stock"])), typed["image"]))
        self._saved, self._saved_axes = self.rows, self._axes
        self._own_stock = "0" if self.rows else str(max(record.get("inventory", {}).get("stock", 0), 0))
        known = [row.values for row in self.rows]
        self._left_out = [list(one) for one in itertools.product(*(option.offered for option in self.options)) if list(one) not in known]
        self.missing = len(self._left_out) if self.options else 0
        await super()._fill(record)

    @override
    def _read(self, form: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._read(form)
        if not self.options and not self._saved:
            return found
        self.options = [replace(one, name=str(form.get(f"{one.key}_name", one.name)).strip(), problem="") for one in self.options]
        found["options"] = [{"name": option.name, "values": option.offered} for option in self.options]
        if not self.options:
            return found
        del found["inventory"]["stock"]
        found["variants"] = [
            {
                **({"id": row.id} if row.id else {}),
                "values": row.values,
                **{path: _read(name, form.get(f"{row.key}_{name}", getattr(row, name))) for name, path in _TYPED.items()},
                **({} if row.saved else {"stock": form.get(f"{row.key}_stock", row.stock)}),
            }
            for row in self.rows
        ]
        return found

    @override
    def _whole(self, name: str, value: Any) -> Any:
        kept = {"id", "values", *_TYPED.values()}  # the stock has a ledger of its own
        return [{path: one.get(path) for path in kept} for one in value or ()] if name == "variants" else value or []

    @override
    def _whole_words(self, source: Mapping[str, Any], words: Locale) -> str:
        def one(variant: Mapping[str, Any]) -> str:
            told = (variant.get("sku"), _shown("price", variant.get("price"), words))
            return ", ".join([BETWEEN.join(variant["values"]), *(str(word) for word in told if word)])

        return "\n".join(map(one, source.get("variants") or ()))

    @override
    async def _run(self, work: Awaitable[Any], *, entered: bool = True) -> AsyncIterator[Any]:
        async for event in super()._run(work, entered=entered):
            self._place_problems()
            yield event

    @override
    def _has_place(self, name: str) -> bool:
        return name.partition(".")[0] in ("options", "variants")

    def _place_problems(self) -> None:
        """Move what is said of an option or a variant to its place."""
        told: dict[tuple[str, int], dict[str, str]] = {}
        self.shape_problem = ""
        for name, text in self.field_errors.items():
            head, _, rest = name.partition(".")
            index, _, part = rest.partition(".")
            if head in ("options", "variants") and index.isdigit():
                label = _LABELS.get(part)
                told.setdefault((head, int(index)), {})[part] = f"{label}: {text}" if label else text
            elif head in ("options", "variants"):
                self.shape_problem = text
        self.options = [replace(one, problem=" ".join(told.get(("options", index), {}).values())) for index, one in enumerate(self.options)]
        self.rows = [_told(one, told.get(("variants", index), {})) for index, one in enumerate(self.rows)]
        self.mistakes += 1 if told else 0


def _told(row: VariantRow, problems: Mapping[str, str]) -> VariantRow:
    controls = {path: name for name, path in _TYPED.items()}
    return replace(row, problem=" ".join(problems.values()), wrong=[controls.get(path, path) for path in problems])


def _distinct(values: list[str]) -> list[str]:
    """Each value once, as it was written first."""
    found: dict[str, str] = {}
    for value in values:
        found.setdefault(value.casefold(), value)
    return list(found.values())


def _shown(name: str, value: Any, words: Locale) -> str:
    """What a variant has, as its control holds it."""
    if not value:
        return ""
    return words.typed(value) if name in _AMOUNTS else str(value)


def _read(name: str, typed: Any) -> Any:
    """What was typed of a variant, as the payload has it."""
    return read_number(typed.strip()) if name in _AMOUNTS and isinstance(typed, str) else typed
