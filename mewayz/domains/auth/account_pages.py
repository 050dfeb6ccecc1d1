"""The way to an account and back into it: registration, the links of mails, a forgotten password, an invitation."""

from typing import Any

import reflex as rx

from mewayz.backend.passwords import RULE
from mewayz.domains.auth.state import Arrival, TermsText
from mewayz.domains.users.model import Plan
from mewayz.ui.base import plain_link
from mewayz.ui.controls import button_class, icon
from mewayz.ui.form_field import Field
from mewayz.ui.places import bare_page
from mewayz.ui.session import error_line, filled, quiet_button, quiet_link, session_field, session_form, session_page, step

_PLANS = {
    Plan.FREE: "To try things out.",
    Plan.PRO: "For growing teams.",
    Plan.ENTERPRISE: "For companies with many shops.",
}
_arrival: Any = Arrival
_terms: Any = TermsText


def _to_sign_in(words: str) -> rx.Component:
    return quiet_link(words, href="/login")


def _known_already() -> rx.Component:
    return rx.el.p("Have an account? ", quiet_link("Sign in", href="/login", class_name="underline"))


def _sign_in_button() -> rx.Component:
    return plain_link("Sign in", href="/login", class_name=button_class("primary", extra="w-full h-9"), custom_attrs={"data-focus": "true"})


def _new_password() -> list[rx.Component]:
    return [
        session_field(Field("password", "Password", "password", help=RULE, autocomplete="new-password", required=True)),
        session_field(
            Field("confirmPassword", "Repeat the password", "password", autocomplete="new-password", required=True), repeats="password"
        ),
    ]


def _plan(plan: Plan, sentence: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="plan",
            value=plan.value,
            default_checked=plan is Plan.FREE,
            class_name="size-4 mt-0.5 shrink-0 accent-accent",
        ),
        rx.el.span(
            rx.el.span(plan.value, class_name="block font-medium"),
            rx.el.span(sentence, class_name="block text-sm text-muted mt-0.5"),
        ),
        class_name=(
            "flex-1 flex items-start gap-2.5 p-3 rounded-control border border-line-strong cursor-pointer transition-colors "
            "hover:border-n8 has-[:checked]:border-accent has-[:checked]:bg-accent-soft has-[:focus-visible]:outline-2 "
            "has-[:focus-visible]:outline-offset-2 has-[:focus-visible]:outline-ring [&>input]:outline-none"
        ),
    )


def _plans() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Plan", class_name="font-medium mb-1.5"),
        rx.el.div(*[_plan(plan, sentence) for plan, sentence in _PLANS.items()], class_name="flex flex-col sm:flex-row gap-2"),
        error_line("plan", "field_plan"),
        rx.el.p("This is a wish: you start with Free, and the shop confirms the plan.", class_name="text-sm text-muted mt-1.5"),
    )


def _sent(name: str, *sentences: Any, resend: bool, back: str = "") -> rx.Component:
    """The screen after a mail has been sent, alike whether there was somebody to send it to."""
    again = session_form(
        "resend",
        [
            rx.el.input(type="hidden", name="email", custom_attrs={"data-fill": "email"}),
            rx.el.p(
                role="status", custom_attrs={"data-done": "Sent again. It may take a minute to arrive."}, class_name="text-success-text"
            ),
        ],
        verb="Send it again",
    )
    return step(
        name,
        rx.el.div(*[rx.el.p(sentence) for sentence in sentences], class_name="space-y-3 text-muted"),
        rx.cond(
            _arrival.mail_folder != "",
            rx.el.p(
                "No mail server is set up here: mails are files in ",
                rx.el.code(_arrival.mail_folder, class_name="font-mono break-all"),
                ".",
                class_name="mt-3 text-muted",
            ),
        ),
        *([rx.el.div(again, class_name="mt-6")] if resend else []),
        *([rx.el.div(quiet_button(back, back="form"), class_name="mt-4")] if back else []),
        title=rx.el.span(
            icon("mail-check", class_name="size-6 text-accent-text"), "Check your mail", class_name="flex items-center gap-2.5"
        ),
    )


def _resend(name: str, title: str, sentence: str, first: bool = False) -> rx.Component:
    """An address, to have the link of its registration sent again."""
    fields = [Field("email", "E-mail", "email", autocomplete="username", required=True)]
    return step(name, session_form("resend", fields, verb="Send a new link", after="sent"), title=title, sentence=sentence, first=first)


def _sent_again(back: str = "") -> rx.Component:
    return _sent(
        "sent",
        rx.fragment("If a registration of ", filled("email", "your address"), " waits for its confirmation, a new link is on its way."),
        "Nothing there? Register once more: a registration that is not confirmed is kept for a day.",
        resend=True,
        back=back,
    )


_CHOSEN = Field("password", "Password", "password", required=True, autocomplete="current-password")


@bare_page("/register", title="Create an account", load=[Arrival.at_login])
def register_page() -> rx.Component:
    """Who, with which password and plan; then the screen that asks to look into the mail."""
    name, company = Field("name", "Name", autocomplete="name", required=True), Field("company", "Company", autocomplete="organization")
    form = session_form(
        "register",
        [
            rx.el.div(session_field(name), session_field(company), class_name="flex flex-col sm:flex-row gap-4 [&>*]:flex-1"),
            Field("email", "E-mail", "email", autocomplete="username", required=True),
            *_new_password(),
            _plans(),
            session_field(
                Field("acceptTerms", "I accept the terms of use.", "checkbox", required=True),
                aside=quiet_link(
                    "Read the terms", href="/terms", target="_blank", custom_attrs={"aria-label": "Read the terms of use in a new tab"}
                ),
                must="Accept the terms to create an account.",
            ),
            Field("marketingConsent", "Send me news about Mewayz now and then.", "checkbox"),
        ],
        verb="Create account",
        after="sent",
    )
    closed = rx.el.p(
        "Registration is closed. Ask an administrator of the shop for an invitation.", role="status", class_name="mb-6 text-warning-text"
    )
    return session_page(
        step("form", rx.cond(_arrival.registration_open, rx.fragment(), closed), form, title="Create your account", first=True),
        _sent(
            "sent",
            rx.fragment("We have sent a link to ", filled("email", "your address"), ". Open it within a day to confirm the address."),
            "Nothing there? Look into the spam folder, or check the address.",
            resend=True,
            back="Change what I entered",
        ),
        wide=True,
        below=_known_already(),
    )


@bare_page("/terms", title="Terms of use", load=[TermsText.load])
def terms_page() -> rx.Component:
    """What a registration accepts."""
    return session_page(
        rx.el.div(_terms.text, class_name="whitespace-pre-wrap"), title="Terms of use", wide=True, below=_to_sign_in("Go to sign-in")
    )


@bare_page("/verify", title="Confirm your e-mail address")
def verify_page() -> rx.Component:
    """A button, because programs that check mails open their links: that alone must not confirm anything."""
    return session_page(
        step(
            "form",
            session_form("verify", [], verb="Confirm e-mail address", link="token", after="done", expired="expired", several="several"),
            title="Confirm your e-mail address",
            sentence="One click, and we know that this mailbox is yours.",
            first=True,
        ),
        step(
            "several",
            session_form("verify", [_CHOSEN], verb="Confirm e-mail address", link="token", after="done", expired="expired"),
            title="Is this registration yours?",
            sentence="Enter the password that you chose when you registered: then nobody else's registration is confirmed.",
        ),
        step(
            "done",
            _sign_in_button(),
            title="Your address is confirmed",
            sentence=rx.fragment(filled("email", "It"), " belongs to your account now."),
        ),
        _resend("expired", "This link has expired", "It works once and for a day. If your address is confirmed already, just sign in."),
        _sent_again(),
        below=_to_sign_in("Go to sign-in"),
        below_in="form several expired sent",
    )


@bare_page("/resend", title="Confirm your e-mail address", load=[Arrival.at_login])
def resend_page() -> rx.Component:
    """For who has registered and cannot sign in yet; the screen after it is the same for everybody."""
    return session_page(
        _resend("form", "Confirm your e-mail address", "We send you the link of your registration again.", first=True),
        _sent_again(back="Try another address"),
        below=_to_sign_in("Back to sign-in"),
    )


@bare_page("/forgot", title="Forgot your password", load=[Arrival.at_login])
def forgot_page() -> rx.Component:
    """Where to send a link to; the screen after it is the same for everybody."""
    return session_page(
        step(
            "form",
            session_form(
                "forgot", [Field("email", "E-mail", "email", autocomplete="username", required=True)], verb="Send the link", after="sent"
            ),
            title="Forgot your password?",
            sentence="We send you a link with which you choose a new one.",
            first=True,
        ),
        _sent(
            "sent",
            rx.fragment(
                "If ",
                filled("email", "your address"),
                " has an account, a link to choose a new password is on its way. It works for an hour.",
            ),
            "Nothing there? Look into the spam folder, or check the address.",
            resend=False,
            back="Try another address",
        ),
        below=_to_sign_in("Back to sign-in"),
    )


@bare_page("/reset", title="Choose a new password")
def reset_page() -> rx.Component:
    """A new password by the link of a mail."""
    return session_page(
        step(
            "form",
            session_form("reset", _new_password(), verb="Save password", link="token", after="done", expired="expired"),
            title="Choose a new password",
            sentence="You will be signed out everywhere else.",
            first=True,
        ),
        step("done", _sign_in_button(), title="Your password is changed", sentence="Sign in with the new one."),
        step(
            "expired",
            plain_link(
                "Ask for a new link",
                href="/forgot",
                class_name=button_class("primary", extra="w-full h-9"),
                custom_attrs={"data-focus": "true"},
            ),
            title="This link has expired",
            sentence="It works once and for an hour.",
        ),
        below=_to_sign_in("Go to sign-in"),
        below_in="form expired sent",
    )


@bare_page("/invitation", title="Accept the invitation")
def invitation_page() -> rx.Component:
    """The password of somebody whom an administrator has invited; then they are signed in."""
    return session_page(
        step(
            "form",
            session_form("invitation", _new_password(), verb="Join", link="token", expired="expired"),
            title="Welcome to Mewayz",
            sentence="Choose a password for your new account.",
            first=True,
        ),
        step(
            "expired",
            _sign_in_button(),
            title="This invitation has expired",
            sentence="It works once and for a week. Ask who invited you to send it again. If you have joined already, sign in.",
        ),
        below=_known_already(),
        below_in="form",
    )
