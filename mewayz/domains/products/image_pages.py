"""The images of a product on its page: one large, all small, and how they are added, described, ordered and deleted."""

from typing import Any

import reflex as rx

from mewayz.domains.products.image_state import ALT, ProductImages
from mewayz.domains.products.pictures import MEDIA_TYPES
from mewayz.ui.base import Dialog
from mewayz.ui.controls import CARD, button, button_class, icon
from mewayz.ui.form import field, problem
from mewayz.ui.overlay import dialog
from mewayz.ui.places import ShellState, permitted

_images: Any = ProductImages
_TILE = "block size-16 rounded-control border border-line overflow-clip bg-sunken"


def _words(image: Any) -> Any:
    return rx.cond(image.alt != "", image.alt, _images.name)


def _tile(image: Any) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.img(src=image.small, alt=_words(image), loading="lazy", class_name="size-full object-cover"),
            type="button",
            aria_pressed=image.id == _images.chosen,
            on_click=_images.choose(image.id),
            class_name=rx.cond(image.id == _images.chosen, f"{_TILE} ring-2 ring-accent", _TILE),
        ),
        key=image.id,
    )


def _large(image: Any) -> rx.Component:
    return rx.cond(
        image.id == _images.chosen,
        rx.el.img(src=image.large, alt=_words(image), class_name="w-full aspect-square object-contain bg-sunken border-b border-line"),
    )


def _actions() -> rx.Component:
    """What can be done with the image that is shown."""
    first = _images.shown[0].id == _images.chosen
    return rx.el.div(
        button(icon("text"), "Describe…", size="sm", variant="ghost", on_click=_images.describe(True)),
        rx.cond(
            first, rx.fragment(), button(icon("arrow-left-to-line"), "To the front", size="sm", variant="ghost", on_click=_images.put_first)
        ),
        button(icon("trash-2"), "Delete image", size="sm", variant="ghost", on_click=_images.remove),
        class_name="flex flex-wrap gap-1 -ml-2.5 mb-3",
    )


def _upload() -> rx.Component:
    """The browser shows and sends what is chosen (upload.js), and presses the hidden button when the server has it."""
    return rx.el.div(
        rx.el.label(
            icon("image-plus"),
            "Add images",
            rx.el.input(
                type="file",
                accept=",".join(MEDIA_TYPES),
                multiple=True,
                class_name="sr-only",
                custom_attrs={"data-upload": f"/products/{_images.product_id}/images", "data-most": _images.most},
            ),
            class_name=button_class("secondary", extra="cursor-pointer focus-within:outline-2 focus-within:outline-offset-2"),
        ),
        rx.el.p(f"JPEG, PNG, WebP, GIF or AVIF, up to {_images.limit} each.", class_name="text-sm text-muted mt-2"),
        rx.el.button(type="button", hidden=True, on_click=_images.added, custom_attrs={"data-uploaded": "true"}),
        rx.el.ul(custom_attrs={"data-previews": "true"}, aria_label="Being sent", class_name="flex flex-wrap gap-2 mt-3 empty:hidden"),
        rx.el.p(role="alert", hidden=True, custom_attrs={"data-alert": "true"}, class_name="text-sm text-danger-text mt-2"),
    )


def _description() -> rx.Component:
    form = rx.el.form(
        problem(_images),
        field(ALT, value=_images.described),
        rx.el.div(
            Dialog.Close("Cancel", class_name=button_class("secondary")),
            button("Save description", type="submit", variant="primary"),
            class_name="flex justify-end gap-2 mt-5",
        ),
        key=_images.visit.to_string(),
        on_submit=_images.save,
        no_validate=True,
    )
    return dialog(None, form, title="Describe the image", open=_images.describing, on_open_change=_images.describe)


def image_card() -> rx.Component:
    """All images; nothing for who may not add the first one."""
    some = _images.shown.length() > 0
    gallery = rx.el.ul(rx.foreach(_images.shown, _tile), aria_label="Images", class_name="flex flex-wrap gap-3")
    nothing = rx.el.p("No images yet. The first one stands for the product in lists.", class_name="text-muted")
    below = rx.el.div(
        rx.cond(some, permitted("products:update", _actions()), nothing),
        rx.cond(_images.shown.length() > 1, gallery),
        permitted("products:update", rx.el.div(_upload(), class_name="mt-4"), _description()),
        class_name="p-4",
    )
    card = rx.el.section(
        rx.el.h2("Images", class_name="sr-only"), rx.foreach(_images.shown, _large), below, class_name=f"{CARD} overflow-clip"
    )
    grants: Any = ShellState.grants
    # One card for both: with two, the first image would take the place away from which others are still being sent.
    return rx.cond(some | grants.contains("products:update"), card)
