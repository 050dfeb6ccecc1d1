"""The pages of users: list, create, one user."""

import reflex as rx

from mewayz.backend.grants import Scope
from mewayz.domains.users.state import ACCESS, PASSWORD, PROFILE, NewUserForm, UserForm, UserRecord, UserTable
from mewayz.ui.controls import card, icon, link_button, status
from mewayz.ui.form import danger_zone, record_form
from mewayz.ui.places import Place, page, permitted
from mewayz.ui.record import facts, record_page
from mewayz.ui.shell import page_header
from mewayz.ui.table import Empty, table_page

_BACK = ("Users", "/users")
_SECTIONS = [("Profile", [item.name for item in PROFILE]), ("Access", [item.name for item in ACCESS])]


@page("/users", title="Users", needs="users:read", load=[UserTable.load], place=Place("Users", "users", "Admin", 1, Scope.ANY))
def users_page() -> rx.Component:
    """Everybody who may sign in."""
    create = link_button(icon("plus"), "Create user", to="/users/new", variant="primary")
    return table_page(
        UserTable,
        title="Users",
        secondary=[permitted("users:create", link_button(icon("mail-plus"), "Invite user", to="/users/invite"))],
        primary=permitted("users:create", create),
        empty=Empty("No users yet", "Users are the people who may sign in, each with a role that says what they may do."),
    )


@page("/users/new", title="Create user", needs="users:create", load=[NewUserForm.start])
def new_user_page() -> rx.Component:
    """A form for a new user."""
    sections = [*_SECTIONS, ("First password", [PASSWORD.name])]
    return rx.el.div(
        page_header("Create user", back=_BACK),
        record_form(NewUserForm, verb="Create user", on_submit=NewUserForm.add, cancel="/users", sections=sections),
    )


@page("/users/[user_id]", title="User", needs="users:read", load=[UserRecord.open])
def user_page() -> rx.Component:
    """One user."""
    values = UserRecord.values
    edit = link_button("Edit user", to=f"/users/{UserRecord.record_id}/edit", variant="primary")
    content = rx.el.div(
        page_header(UserRecord.title, back=_BACK, primary=permitted("users:update", edit)),
        card(
            facts(
                ("E-mail", values["email"]),
                ("Status", status(UserRecord.status, UserRecord.tone)),
                ("Role", values["role"]),
                ("Plan", rx.fragment(values["plan"], rx.cond(values["wish"] != "", rx.fragment(f" · asked for {values['wish']}")))),
                ("Company", values["company"]),
                ("E-mail confirmed", values["confirmed"]),
                ("Two-factor", values["factor"]),
                ("Last sign-in", values["seen"]),
                ("Created", values["created"]),
            ),
            class_name="max-w-2xl",
        ),
    )
    return record_page(UserRecord, content, back=_BACK)


@page("/users/[user_id]/edit", title="Edit user", needs="users:update", load=[UserForm.open_record])
def edit_user_page() -> rx.Component:
    """One user, to change or delete."""
    here = f"/users/{UserForm.record_id}"
    content = rx.el.div(
        page_header(UserForm.record_name, back=_BACK),
        record_form(UserForm, verb="Save changes", on_submit=UserForm.save, cancel=here, sections=_SECTIONS),
        rx.cond(
            UserForm.loaded,
            permitted(
                "users:delete",
                danger_zone(
                    UserForm,
                    noun="user",
                    consequence="They are signed out at once and cannot sign in again. What they have created stays.",
                ),
            ),
        ),
    )
    return record_page(UserForm, content, back=_BACK)
