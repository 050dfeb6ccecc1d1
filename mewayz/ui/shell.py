"""The frame around every page: sidebar, account menu, the top bar of a phone, and the page header."""

from itertools import groupby
from typing import Any

import reflex as rx
from reflex.style import set_color_mode
from reflex.utils.imports import ImportDict
from reflex.vars import VarData
from reflex_base.style import color_mode, color_mode_imports
from typing_extensions import override

from mewayz.ui.base import link, plain_link
from mewayz.ui.controls import STICKY, icon, icon_button, link_button, skeleton
from mewayz.ui.overlay import drawer, menu, menu_choice, menu_item, menu_label, menu_line, menu_link
from mewayz.ui.palette import palette
from mewayz.ui.places import TOPS, Registered, ShellState, places
from mewayz.ui.step_up import step_up_dialog

# What components see of a state is vars, not values.
_shell: Any = ShellState

_ENTRY = (
    "flex items-center gap-2.5 h-8 pointer-coarse:h-11 px-2 rounded-control text-muted hover:text-text hover:bg-hover transition-colors "
    "aria-[current=page]:bg-pressed aria-[current=page]:text-text aria-[current=page]:font-medium"
)
_THEMES = [("light", "Light", "sun"), ("dark", "Dark", "moon"), ("system", "System", "monitor")]


def logo(class_name: str = "size-5") -> rx.Component:
    """The mark of Mewayz."""
    return rx.el.img(src="/logo.svg", alt="", class_name=f"shrink-0 {class_name}")


def _shop_name() -> rx.Component:
    return rx.el.div(
        logo(),
        rx.cond(
            _shell.ready,
            rx.el.span(_shell.shop, class_name="font-semibold truncate", title=_shell.shop),
            skeleton("h-3.5 w-24"),
        ),
        class_name="flex items-center gap-2.5 h-8 px-2 min-w-0",
    )


def _entry(page: Registered, here: Any) -> rx.Component:
    place = page.place
    assert place is not None
    return rx.cond(
        _shell.paths.contains(page.path),
        rx.el.li(
            link(
                icon(place.icon),
                rx.el.span(place.label, class_name="truncate"),
                to=page.path,
                aria_current=rx.cond(here == page.path, "page", "false"),
                class_name=_ENTRY,
            )
        ),
    )


def _section(group: str, pages: list[Registered], here: Any) -> rx.Component:
    entries = rx.el.ul(*[_entry(page, here) for page in pages], class_name="space-y-px")
    if not group:
        return entries
    any_open = rx.Var.create(False)
    for page in pages:
        any_open = any_open | _shell.paths.contains(page.path)
    return rx.cond(any_open, rx.el.div(rx.el.h2(group, class_name="px-2 pt-4 pb-1 text-xs font-medium text-faint"), entries))


def _navigation(here: Any) -> rx.Component:
    sections = groupby(places(), key=lambda page: page.place.group if page.place else "")
    return rx.el.nav(
        rx.cond(
            _shell.ready,
            rx.fragment(*[_section(group, list(pages), here) for group, pages in sections]),
            rx.el.div(*[skeleton("h-4 w-28 my-4 mx-2") for _ in range(5)]),
        ),
        aria_label="Main",
        class_name="grow overflow-y-auto -mx-1 px-1",
    )


def _account() -> rx.Component:
    trigger = rx.el.button(
        rx.el.span(
            _shell.initials,
            aria_hidden="true",
            class_name="grid place-items-center size-6 rounded-full bg-n5 text-xs font-medium shrink-0",
        ),
        rx.el.span(rx.cond(_shell.ready, _shell.name, "Account"), class_name="grow text-left truncate"),
        icon("chevrons-up-down", class_name="size-4 text-muted"),
        type="button",
        class_name="flex items-center gap-2.5 w-full h-10 pointer-coarse:h-11 px-2 rounded-control hover:bg-hover transition-colors",
    )
    return menu(
        trigger,
        rx.el.div(
            rx.el.div(_shell.name, class_name="font-medium truncate"),
            rx.el.div(_shell.email, class_name="text-sm text-muted truncate"),
            rx.el.div(_shell.role, class_name="text-sm text-muted"),
            class_name="px-2 py-1.5",
        ),
        menu_line(),
        menu_link(icon("settings-2", class_name="size-4 text-muted"), "Settings", to="/settings"),
        menu_line(),
        menu_label("Theme"),
        menu_choice(_THEMES, color_mode, lambda value, _details: set_color_mode(value)),
        menu_line(),
        menu_item(icon("log-out", class_name="size-4 text-muted"), "Sign out", custom_attrs={"data-session": "logout"}),
        side="top",
        class_name="w-[216px]",
    )


def _sidebar(here: Any) -> list[rx.Component]:
    return [
        rx.el.div(_shop_name(), palette(), class_name="space-y-2 mb-3"),
        _navigation(here),
        rx.el.div(_account(), class_name="pt-2"),
    ]


class _OwnTheme(rx.Fragment):
    """Brings the theme that a person has chosen to a device that does not know it yet; what is chosen there later, stays."""

    @override
    def add_imports(self) -> ImportDict:
        return {"react": ["useEffect"]}

    @override
    def add_hooks(self) -> list[str | rx.Var[Any]]:
        setter = VarData(imports=color_mode_imports, hooks={"const { setColorMode } = useContext(ColorModeContext)": None})
        script = f"""
useEffect(() => {{
  const theme = {_shell.theme!s};
  if (!theme || localStorage.getItem("mewayz-theme") === theme) return;
  localStorage.setItem("mewayz-theme", theme);
  setColorMode(theme);
}}, [{_shell.theme!s}]);
"""
        return [rx.Var(script, _var_data=VarData.merge(setter, _shell.theme._get_all_var_data()))]


def _denied() -> rx.Component:
    return rx.el.div(
        icon("lock", class_name="size-5 text-muted"),
        rx.el.h1("You may not open this page", class_name="text-xl font-semibold mt-3"),
        rx.el.p(
            rx.cond(
                _shell.viewing != "",
                f"You see Mewayz as {_shell.viewing}, who may not open it, or it is a page that changes something.",
                "Your role does not include it. Ask an administrator of the shop for access.",
            ),
            class_name="text-muted mt-1",
        ),
        link_button("Back to the dashboard", to="/", class_name="mt-5"),
        class_name="flex flex-col items-center text-center py-24",
    )


@rx.memo
def shell_frame(here: rx.Var[str], children: rx.Var[rx.Component]) -> rx.Component:
    """Shared by all pages, so that its code loads once."""
    return rx.el.div(
        plain_link(
            "Skip to content",
            href="#main",
            class_name=(
                "sr-only focus:not-sr-only focus:fixed focus:z-50 focus:top-2 focus:left-2 focus:px-3 focus:py-2 "
                "focus:rounded-control focus:bg-raised focus:shadow-float"
            ),
        ),
        rx.el.aside(
            *_sidebar(here),
            class_name="hidden lg:flex print:hidden flex-col w-[232px] shrink-0 sticky top-0 h-dvh p-3 border-r border-line bg-sunken",
        ),
        rx.el.div(
            *[render() for render in TOPS],
            rx.el.header(
                drawer(
                    icon_button("menu", "Open the navigation"),
                    rx.el.div(*_sidebar(here), class_name="flex flex-col h-full p-3"),
                    label="Navigation",
                ),
                _shop_name(),
                class_name="lg:hidden print:hidden sticky top-0 z-30 flex items-center gap-1 h-14 px-2 bg-ground border-b border-line",
            ),
            rx.el.main(
                rx.cond(_shell.allowed, rx.fragment(children), _denied()),
                id="main",
                tab_index=-1,
                # While a message stands over the end of the page, the end can be scrolled out from under it.
                class_name=(
                    "mx-auto w-full max-w-[1440px] px-4 sm:px-8 pt-5 pb-24 sm:py-7 outline-none "
                    "[body:has(.expire)_&]:pb-52 sm:[body:has(.expire)_&]:pb-28"
                ),
            ),
            class_name="grow min-w-0",
        ),
        step_up_dialog(),
        _OwnTheme.create(),
        class_name="flex min-h-dvh",
    )


def frame(content: rx.Component, *, here: str) -> rx.Component:
    """The shell around `content`; `here` is the path that the navigation marks."""
    return shell_frame(content, here=_marked(here))


def _marked(here: str) -> str:
    """The entry that a page belongs to: its own, else the nearest one above it."""
    above = [page.path for page in places() if here == page.path or here.startswith(f"{page.path.rstrip('/')}/")]
    nearest = max(above, key=len, default="")
    return nearest if nearest != "/" else here


def page_header(
    title: Any,
    *,
    count: Any = None,
    sentence: Any = None,
    back: tuple[Any, str] | None = None,
    secondary: Any = (),
    primary: rx.Component | None = None,
) -> rx.Component:
    """Title with one count or sentence, secondary actions, and one primary action at the right.

    Args:
        title: the heading of the page.
        count: beside the title ("1,204").
        sentence: below it.
        back: (label, path) of the list, on pages two levels down.
        secondary: quiet buttons.
        primary: the one thing to do here.
    """
    crumb = (
        [
            link(
                icon("chevron-left", class_name="size-4 -ml-1"),
                back[0],
                to=back[1],
                class_name="inline-flex items-center gap-0.5 text-sm text-muted hover:text-text rounded-sm mb-1 pointer-coarse:min-h-11",
            )
        ]
        if back
        else []
    )
    whole = title if isinstance(title, rx.Var | str) else None
    if isinstance(title, rx.Var):
        title = rx.cond(title != "", title, rx.fragment(rx.el.span("Loading", class_name="sr-only"), skeleton("h-5 w-48 my-1")))
    heading = rx.el.div(
        rx.el.h1(title, title=whole, class_name="text-xl font-semibold line-clamp-3 break-words min-w-0"),
        *([rx.el.span(count, class_name="text-muted tabular-nums whitespace-nowrap")] if count is not None else []),
        class_name="flex items-baseline gap-2.5 min-w-0",
    )
    return rx.el.div(
        *crumb,
        rx.el.div(
            rx.el.div(
                heading,
                *([rx.el.p(sentence, class_name="text-muted mt-0.5 min-h-5")] if sentence is not None else []),
                class_name="min-w-0 grow",
            ),
            rx.el.div(
                *secondary,
                *([rx.el.div(primary, class_name=f"{STICKY} max-sm:[&>*]:w-full")] if primary is not None else []),
                class_name="flex flex-wrap items-center gap-2 sm:shrink-0",
            ),
            class_name="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 min-h-8",
        ),
        class_name="mb-5",
    )
