"""Bad rows as a table: which cells are wrong, and what was typed into them."""

from mewayz.domains.imports.mending import MOST_SHOWN, BadCell, BadLine, bad_lines, entered, with_entered

LABELS = {"name": "Product", "price": "Price", "tags": "Tags", "sku": "SKU"}


def test_every_bad_row_has_a_cell_for_what_any_of_them_has_or_lacks() -> None:
    problems = [
        {"line": 3, "fields": {"name": "This field is required."}, "row": {"sku": "A", "price": "1", "kept": "x"}},
        {"line": 4, "fields": {"tags.3": "Too long.", "row": "Odd.", "inventory.x": "Unknown."}, "row": {"sku": "B", "tags": ["a", "b"]}},
    ]
    assert bad_lines(problems, LABELS) == [
        BadLine(
            3,
            "",
            [
                BadCell("3:sku", "SKU", "A"),
                BadCell("3:price", "Price", "1"),
                BadCell("3:tags", "Tags", ""),
                BadCell("3:name", "Product", "", "This field is required."),
            ],
        ),
        BadLine(
            4,
            "Odd. Inventory: x: Unknown.",
            [
                BadCell("4:sku", "SKU", "B"),
                BadCell("4:price", "Price", ""),
                BadCell("4:tags", "Tags", "a;b", "Too long."),
                BadCell("4:name", "Product", ""),
            ],
        ),
    ]


def test_only_the_first_are_shown() -> None:
    problems = [{"line": line, "fields": {"row": "Odd."}, "row": {}} for line in range(2, 2 + 2 * MOST_SHOWN)]
    assert [line.line for line in bad_lines(problems, LABELS)] == list(range(2, 2 + MOST_SHOWN))


def test_only_cells_that_were_shown_are_entered() -> None:
    lines = [BadLine(3, "", [BadCell("3:price", "Price", "free", "No.")])]
    form = {"3:price": "2", "3:sku": "forged", "9:price": "3", "price": "4"}
    assert entered(form, lines) == {3: {"price": "2"}}
    assert entered({}, lines) == {}
    assert with_entered(lines, {3: {"price": "2"}})[0].cells == [BadCell("3:price", "Price", "2", "No.")], "still wrong until it is checked"
