"""The page to sign in."""

import reflex as rx

from mewayz.ui.form_state import Field
from mewayz.ui.places import bare_page
from mewayz.ui.session import session_form, session_page


@bare_page("/login", title="Sign in")
def login_page() -> rx.Component:
    """E-mail and password."""
    fields = [
        Field("email", "E-mail", "email", autocomplete="username"),
        Field("password", "Password", "password", autocomplete="current-password"),
        Field("rememberMe", "Keep me signed in for a week", "checkbox"),
    ]
    return session_page(session_form("login", fields, verb="Sign in"), title="Sign in to Mewayz")
