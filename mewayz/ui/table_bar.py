"""What stands in place of the headings while rows are chosen, the report afterwards, and the news of others."""

from typing import Any

import reflex as rx

from mewayz.backend.export import MEDIA_TYPES
from mewayz.ui.controls import FIELD, button, icon, icon_button, inline_link, spinner
from mewayz.ui.overlay import confirm, menu, menu_item, popover
from mewayz.ui.places import permitted
from mewayz.ui.table_address import Option
from mewayz.ui.table_core import Step
from mewayz.ui.table_files import FORMATS, granted
from mewayz.ui.table_state import is_listed

_QUIET = "text-sm font-medium text-accent-text hover:underline rounded-sm px-1 pointer-coarse:min-h-11"


def bulk_bar(state: Any) -> rx.Component:
    """The bar over the headings: how many are chosen, and what can be done to them. On a phone it stands at the lower edge."""
    actions = [_step(state, step) for step in state.bulk_steps] + [_setter(state, key) for key in state.bulk_fields]
    if granted(f"{state._noun()}:export"):
        actions.append(permitted(f"{state._noun()}:export", _export(state)))
    delete = [rx.cond(state.deletable, _delete(state))] if state.bulk_delete else []
    bar = rx.el.div(
        pick_page(state),
        rx.el.span(state.subject, role="status", class_name="text-sm font-medium tabular-nums whitespace-nowrap"),
        rx.cond(state.matching != "", rx.el.button(state.matching, type="button", on_click=state.choose_all, class_name=_QUIET)),
        rx.el.span(state.too_many, class_name="text-sm text-muted truncate empty:hidden max-md:hidden"),
        rx.cond(state.working, spinner()),
        rx.el.div(
            *actions, *delete, class_name="flex items-center gap-2 max-md:order-last max-md:w-full max-md:overflow-x-auto max-md:p-0.5"
        ),
        rx.el.button("Clear", type="button", on_click=state.clear, custom_attrs={"data-clear": "true"}, class_name=f"{_QUIET} ml-auto"),
        role="region",
        aria_label="Selected rows",
        class_name=(
            "flex items-center gap-2 h-9 px-4 bg-raised border-b border-line "
            "md:sticky md:top-0 md:z-20 md:-mb-9 md:rounded-t-card "
            "max-md:fixed max-md:inset-x-0 max-md:bottom-0 max-md:z-30 max-md:h-auto max-md:min-h-14 max-md:flex-wrap max-md:py-2 "
            "max-md:border-t max-md:shadow-float max-md:[anchor-name:--lower-edge]"
        ),
    )
    return rx.cond(state.selected.length() > 0, bar)


def pick_page(state: Any) -> rx.Component:
    """The box that chooses all rows of the page, or none."""
    box = rx.el.input(
        type="checkbox",
        name="pick_page",
        key=f"{state.round} {state.whole_page}",
        default_checked=state.whole_page,
        aria_label="Select the rows of this page",
        custom_attrs={"data-pick-all": "true"},
        class_name="size-4 accent-accent block",
    )
    return rx.el.label(box, class_name="grid place-items-center size-8 -m-2 cursor-pointer max-md:hidden")


def _setter(state: Any, key: str) -> rx.Component:
    label = f"Set {state._column(key).label.lower()}"
    values = state._values(key)
    trigger = button(label, icon("chevron-down", class_name="size-3.5"), size="sm", disabled=state.working)
    if values:
        return menu(trigger, *[menu_item(one.label, on_click=state.set_many(key, one.value)) for one in values])
    field, wrong = f"set_{key}", f"set_{key}_error"
    failed = state.unset != ""
    box = rx.el.input(
        type="text",
        id=field,
        name=key,
        list=f"{field}_options",
        auto_complete="off",
        aria_invalid=failed,
        aria_describedby=rx.cond(failed, wrong, ""),
        class_name=FIELD,
    )
    # It stays open until the rows are changed, and goes with their bar: what is refused is said in it.
    form = rx.el.form(
        rx.el.label(rx.el.span(state._column(key).label, class_name="block text-sm mb-1"), box, class_name="block"),
        rx.el.datalist(_occurring(state, key), id=f"{field}_options"),
        rx.cond(failed, rx.el.p(state.unset, id=wrong, role="alert", class_name="text-sm text-danger-text mt-1.5")),
        button("Apply", type="submit", variant="primary", disabled=state.working, class_name="w-full mt-3"),
        on_submit=state.set_many_from,
        no_validate=True,
    )
    empty = button(
        f"Remove {state._column(key).label.lower()}",
        variant="caution",
        on_click=state.empty_many(key),
        disabled=state.working,
        class_name="w-full mt-2",
    )
    return popover(trigger, form, empty, label=label, on_open_change=lambda opened, _details: state.begin_setting(opened))


def _occurring(state: Any, key: str) -> rx.Component:
    """The values of a column that occur, where the list can be narrowed to them."""
    if not any(item.name == key and is_listed(item) for item in state._spec().filters):
        return rx.fragment()
    return rx.foreach(state.options[key].to(list[Option]), lambda one: rx.el.option(value=one.label, key=one.label))


def _export(state: Any) -> rx.Component:
    trigger = button("Export", icon("chevron-down", class_name="size-3.5"), size="sm")
    return menu(trigger, *[menu_item(FORMATS[kind], on_click=state.export_selected(kind)) for kind in MEDIA_TYPES])


def _step(state: Any, step: Step) -> rx.Component:
    if not step.consequence:
        return button(step.label, size="sm", on_click=state.take_step(step.key), disabled=state.working)
    return _asking(
        state,
        button(f"{step.label}…", size="sm", disabled=state.working),
        title=f"{step.label} {state.chosen_rows}?",
        consequence=step.consequence,
        verb=f"{step.label} {state.chosen_rows}",
        on_confirm=state.take_step(step.key),
        keep="Leave them",
        look="danger" if step.danger else "primary",
    )


def _delete(state: Any) -> rx.Component:
    return _asking(
        state,
        button("Delete…", size="sm", variant="caution", disabled=state.working),
        title=f"Delete {state.chosen_rows}?",
        consequence="This cannot be undone. What must stay, because something else needs it, is reported.",
        verb="Delete",
        on_confirm=state.remove_many,
    )


def _asking(state: Any, trigger: rx.Component, **asked: Any) -> rx.Component:
    """Something that cannot be undone: who does it types how many rows there are."""
    body = rx.el.label(
        rx.el.span("Type ", rx.el.strong(state.number, class_name="font-semibold select-all"), " to confirm", class_name="block mb-1.5"),
        rx.el.input(name="typed_number", auto_complete="off", on_change=state.type_number, class_name=FIELD),
        class_name="block",
    )
    return confirm(
        trigger,
        body=body,
        blocked=(state.typed.strip() != state.number) | state.working,
        on_open_change=lambda opened, _details: state.ask_again(opened),
        **asked,
    )


def outcome_strip(state: Any) -> rx.Component:
    """What became of the rows, why some stayed as they were, and the way back."""
    outcome = state.outcome
    reasons = rx.el.details(
        rx.el.summary("Why", class_name="cursor-pointer text-sm text-muted hover:text-text rounded-sm w-fit pointer-coarse:py-3"),
        rx.el.ul(
            rx.foreach(
                outcome.refused,
                lambda one: rx.el.li(
                    inline_link(one.name, to=one.href), rx.el.span(f" {one.why}", class_name="text-muted"), key=one.href, class_name="py-1"
                ),
            ),
            rx.cond(outcome.more != "", rx.el.li(outcome.more, class_name="py-1 text-muted")),
            class_name="mt-1 max-h-48 overflow-y-auto text-sm",
        ),
    )
    strip = rx.el.div(
        rx.el.div(
            rx.el.p(outcome.text, class_name="grow"),
            rx.cond(outcome.undo, button("Undo", size="sm", on_click=state.undo, disabled=state.working)),
            icon_button("x", "Close", on_click=state.dismiss),
            class_name="flex items-center gap-2",
        ),
        rx.cond(outcome.refused.length() > 0, reasons),
        class_name=(
            "pointer-events-auto w-full sm:w-[28rem] p-2 pl-4 rounded-card bg-raised shadow-float animate-appear [anchor-name:--lower-edge]"
        ),
    )
    return rx.el.div(
        rx.cond(outcome.text != "", strip),
        role="status",
        aria_live="polite",
        class_name="fixed z-40 inset-x-4 bottom-20 sm:bottom-6 flex justify-center pointer-events-none",
    )


def news_bar(state: Any) -> rx.Component:
    """What others have changed; nothing moves until it is asked for."""
    bar = rx.el.button(
        rx.el.span(class_name="size-1.5 rounded-full bg-accent", aria_hidden="true"),
        rx.el.span(state.news),
        rx.el.span("Show", class_name="font-medium text-accent-text"),
        type="button",
        on_click=state.load,
        class_name=(
            "flex items-center justify-center gap-2 w-full h-8 pointer-coarse:h-11 mb-3 rounded-control border border-line bg-sunken "
            "text-sm hover:bg-hover animate-appear"
        ),
    )
    return rx.el.div(rx.cond(state.news != "", bar), role="status", aria_live="polite")
