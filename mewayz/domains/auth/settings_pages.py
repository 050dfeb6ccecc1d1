"""The settings of one's own account: profile and preferences. Security has a file of its own."""

from typing import Any, Literal

import reflex as rx
from reflex.style import set_color_mode
from reflex_base.style import color_mode

from mewayz.domains.auth.settings_state import (
    EMAIL_SENT,
    MARKETING,
    NEW_EMAIL,
    PROFILE,
    THEMES,
    CloseAccount,
    EmailSettings,
    PreferenceSettings,
    ProfileSettings,
)
from mewayz.ui.base import link
from mewayz.ui.controls import CARD, FIELD, banner, button, icon, skeleton
from mewayz.ui.form import field, problem, submit
from mewayz.ui.overlay import confirm
from mewayz.ui.places import page
from mewayz.ui.shell import page_header

TABS = (("/settings", "Profile"), ("/settings/security", "Security"), ("/settings/preferences", "Preferences"))
_TAB = (
    "inline-flex items-center h-9 pointer-coarse:h-11 -mb-px border-b-2 border-transparent text-muted hover:text-text transition-colors "
    "aria-[current=page]:border-accent aria-[current=page]:text-text aria-[current=page]:font-medium rounded-t-sm"
)


def settings_page(here: str, *content: rx.Component) -> rx.Component:
    """One of the three pages: the way to the others above, one column below."""
    tabs = [link(label, to=path, aria_current="page" if path == here else "false", class_name=_TAB) for path, label in TABS]
    return rx.el.div(
        rx.el.div(
            page_header("Settings"),
            rx.el.nav(*tabs, aria_label="Settings", class_name="flex gap-6 border-b border-line mb-6 -mt-2"),
            class_name="print:hidden",
        ),
        rx.el.div(*content, class_name="space-y-5"),
        class_name="max-w-2xl mx-auto",
    )


def setting(
    title: str, description: Any, *content: Any, action: rx.Component | None = None, class_name: str = "", name: str = ""
) -> rx.Component:
    """One thing that can be set: what it is called and is for, at its right what can be done, below it the rest.

    `name` is the id of its heading, for events that put the focus there when what had it is gone.
    """
    marks: dict[str, Any] = {"id": name, "tab_index": -1} if name else {}
    head = rx.el.div(
        rx.el.div(
            rx.el.h2(title, class_name="font-semibold outline-none", **marks),
            rx.el.p(description, class_name="text-muted mt-0.5 text-pretty"),
            class_name="min-w-0 grow basis-64",
        ),
        *([action] if action is not None else []),
        class_name="flex flex-wrap items-start justify-between gap-x-6 gap-y-3",
    )
    return rx.el.section(head, *content, class_name=f"{CARD} p-4 sm:p-6 {class_name}")


def waiting(height: str = "h-40") -> rx.Component:
    """What stands where a setting will be."""
    return rx.el.div(
        skeleton("h-4 w-40"), skeleton("h-3 w-full max-w-sm mt-3"), class_name=f"{CARD} p-4 sm:p-6 {height}", aria_hidden="true"
    )


def _profile() -> rx.Component:
    state: Any = ProfileSettings
    boxes = [field(item, value=state.values[item.name], error=state.field_errors.get(item.name, "")) for item in PROFILE]
    plan = rx.el.div(
        rx.el.span("Plan", class_name="block font-medium mb-1.5"),
        rx.el.p(
            state.plan,
            rx.cond(state.wished_plan != "", rx.el.span(f" · you asked for {state.wished_plan}", class_name="text-muted")),
        ),
        rx.el.p("The shop decides on it. Ask an administrator for another one.", class_name="text-sm text-muted mt-1"),
    )
    form = rx.el.form(
        problem(state),
        rx.el.div(*boxes, plan, class_name="space-y-5"),
        rx.el.div(submit("Save profile", state.saving), class_name="flex justify-end mt-6"),
        key=state.visit.to_string(),
        on_submit=state.save,
        no_validate=True,
        class_name="mt-5",
    )
    return setting("Profile", "How others in the shop see you.", form)


def _email() -> rx.Component:
    state: Any = EmailSettings
    form = rx.el.form(
        problem(state),
        field(NEW_EMAIL, error=state.field_errors.get(NEW_EMAIL.name, "")),
        rx.el.div(
            button("Cancel", on_click=state.cancel),
            submit("Send confirmation", state.busy),
            class_name="flex justify-end gap-2 mt-4",
        ),
        on_submit=state.send,
        no_validate=True,
        class_name="mt-5 pt-5 border-t border-line",
    )
    sent = banner(
        rx.el.p(
            "We have sent a mail to ",
            rx.el.strong(state.asked, class_name="font-semibold break-words"),
            ".",
            id=EMAIL_SENT,
            tab_index=-1,
            class_name="outline-none",
        ),
        rx.el.p("Open the link in it within an hour to confirm. Until then you sign in with the present address.", class_name="mt-1"),
        tone="success",
        role="status",
        class_name="mt-5",
    )
    return setting(
        "E-mail address",
        rx.fragment("You sign in with ", rx.el.strong(state.email, class_name="font-medium text-text break-words"), "."),
        rx.cond(state.asked != "", sent),
        rx.cond(state.changing, form, problem(state)),
        action=rx.cond(~state.changing, button("Change e-mail…", on_click=state.change)),
    )


def _close() -> rx.Component:
    state: Any = CloseAccount
    body = rx.el.label(
        rx.el.span(
            "Type ", rx.el.strong(state.email, class_name="font-semibold select-all break-words"), " to confirm", class_name="block mb-1.5"
        ),
        rx.el.input(name="typed_email", auto_complete="off", auto_capitalize="none", on_change=state.type_email, class_name=FIELD),
        class_name="block",
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Close account", class_name="font-semibold"),
            rx.el.p(
                "You are signed out everywhere and cannot come back. What you have created in the shop stays.",
                class_name="text-muted mt-0.5",
            ),
            problem(state),
            class_name="min-w-0 grow basis-64",
        ),
        button("Close account…", on_click=state.ask, variant="caution"),
        confirm(
            None,
            title="Close your account?",
            consequence="You are signed out everywhere at once. Your profile, passkeys and codes are deleted for good.",
            verb="Close account",
            on_confirm=state.close,
            body=body,
            blocked=(state.typed.strip().lower() != state.email.lower()) | state.busy,
            open=state.asking,
            on_open_change=state.show,
        ),
        class_name="flex flex-wrap items-center gap-4 rounded-card border border-danger/40 p-4 sm:p-6",
    )


@page("/settings", title="Profile", load=[ProfileSettings.load, EmailSettings.load])
def profile_page() -> rx.Component:
    """Name, company, address, and the way out."""
    loaded = ProfileSettings.loaded & EmailSettings.loaded
    parts = rx.el.div(_profile(), _email(), _close(), class_name="space-y-5")
    return settings_page("/settings", rx.cond(loaded, parts, rx.el.div(waiting("h-72"), waiting(), class_name="space-y-5")))


def _themes() -> rx.Component:
    state: Any = PreferenceSettings

    def choice(value: Literal["light", "dark", "system"], label: str, mark: str) -> rx.Component:
        return rx.el.label(
            rx.el.input(
                type="radio",
                name="theme",
                value=value,
                checked=color_mode == value,
                on_change=[set_color_mode(value), state.choose_theme(value)],
                class_name="sr-only peer",
            ),
            icon(mark, class_name="size-4 text-muted"),
            rx.el.span(label),
            icon("check", class_name="size-4 ml-auto text-accent-text invisible peer-checked:visible"),
            class_name=(
                "relative flex items-center gap-2.5 h-10 pointer-coarse:h-11 px-3 rounded-control border border-line-strong cursor-pointer "
                "hover:bg-hover has-[:checked]:border-accent has-[:checked]:bg-accent-soft "
                "has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2 has-[:focus-visible]:outline-ring"
            ),
        )

    choices = [choice(*theme) for theme in THEMES]
    return setting(
        "Theme",
        "Light or dark, or as your device has it.",
        rx.el.fieldset(
            rx.el.legend("Theme", class_name="sr-only"),
            rx.el.div(*choices, class_name="grid sm:grid-cols-3 gap-2"),
            class_name="mt-5",
        ),
    )


def _mails() -> rx.Component:
    state: Any = PreferenceSettings
    form = rx.el.form(
        problem(state),
        field(MARKETING, value=state.marketing),
        rx.el.div(submit("Save", False), class_name="flex justify-end mt-4"),
        key=state.visit.to_string(),
        on_submit=state.save,
        class_name="mt-5",
    )
    return setting("Mails", "What we may write to you.", form)


@page("/settings/preferences", title="Preferences", load=[PreferenceSettings.load])
def preferences_page() -> rx.Component:
    """How the pages look, and which mails one wants."""
    language = setting(
        "Language and numbers",
        "Pages are in English. Money, dates and numbers are written as the shop writes them, in its currency and time zone.",
    )
    parts = rx.el.div(_themes(), language, _mails(), class_name="space-y-5")
    waits = rx.el.div(waiting(), waiting("h-24"), waiting(), class_name="space-y-5")
    return settings_page("/settings/preferences", rx.cond(PreferenceSettings.loaded, parts, waits))
