"""The letters about accounts and orders: what each says stands once, in one table; a function per letter says what it needs.

None of them repeats what a stranger may have typed for somebody else's address (a name, a company): a form that sends
mail must not carry anybody's message. An invitation names who sent it, because an administrator did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mewayz.backend.days import written_moment
from mewayz.backend.mail import public_link
from mewayz.backend.stationery import Letter

_NOT_YOU = (
    "If this was not you, choose a new password at once and end all other sessions in your security settings. "
    "If you cannot sign in any more, use “Forgot password” on the sign-in page, and tell an administrator."
)
_IGNORE = "If you did not ask for this, ignore this letter: nothing happens unless its link is opened."
_ONCE = "The link works once, for {valid}."
_SECURITY = "Security settings"
_TOTAL = ("Total: {total}", "If it is not what you ordered, tell the shop.")
_MOST_GOODS = 30


@dataclass(frozen=True, slots=True)
class _Text:
    """A letter with its gaps: `{word}`."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str | None = None


_TEXTS = {
    "verify_address": _Text(
        "Confirm your e-mail address",
        ("One step is left before you can sign in: confirm that this address is yours.", _ONCE, _IGNORE),
        "Confirm address",
    ),
    "already_registered": _Text(
        "You already have an account",
        (
            "Somebody tried to register with this address, but it has an account already. Nothing was changed.",
            "If it was you, sign in. If you do not remember the password, choose “Forgot password” on the sign-in page.",
            "If it was not you, you need not do anything.",
        ),
        "Sign in",
    ),
    "address_taken": _Text(
        "Your address belongs to your account",
        (
            "Somebody wanted to use this address for another account, but it belongs to yours. Nothing was changed.",
            "If it was you, close this account first, or use another address for the other one.",
            "If it was not you, you need not do anything.",
        ),
        "Sign in",
    ),
    "reset_password": _Text(
        "Choose a new password",
        ("Somebody asked for a new password for your account. Choose it with the link below.", _ONCE, _IGNORE),
        "Choose a password",
    ),
    "password_changed": _Text(
        "Your password was changed",
        ("The password of your account was changed, and all other sessions were ended.", _NOT_YOU),
        _SECURITY,
    ),
    "confirm_new_address": _Text(
        "Confirm your new e-mail address",
        ("Confirm that this address is yours. From then on you sign in with it.", _ONCE, _IGNORE),
        "Confirm new address",
    ),
    "address_change": _Text(
        "Your e-mail address is about to change",
        (
            "Somebody who is signed in to your account asked to change its e-mail address to {address}.",
            "It changes as soon as that address is confirmed. Then letters go there, and you sign in with it.",
            _NOT_YOU,
        ),
        _SECURITY,
    ),
    "address_changed": _Text(
        "Your e-mail address was changed",
        (
            "An administrator changed the address of your account to {address}. Letters go there from now on, and you sign in with it.",
            "If you did not expect this, tell an administrator of the shop.",
        ),
    ),
    "invitation": _Text(
        "{inviter} invites you to {shop}",
        ("{inviter} invites you to work together in {shop}. Choose a password, and you are in.", _ONCE, _IGNORE),
        "Accept invitation",
    ),
    "new_device": _Text(
        "New sign-in to your account",
        (
            "Somebody signed in to your account on a device that we had not seen before.",
            "Device: {device}",
            "Network address: {address}",
            "Time: {time}",
            "If this was you, you need not do anything.",
            _NOT_YOU,
        ),
        _SECURITY,
    ),
    "two_factor_on": _Text(
        "Two-factor sign-in is on",
        ("From now on you sign in with your password and a second factor. Keep your backup codes in a safe place.", _NOT_YOU),
        _SECURITY,
    ),
    "two_factor_off": _Text(
        "Two-factor sign-in is off",
        ("From now on your password alone opens your account, and your backup codes no longer work.", _NOT_YOU),
        _SECURITY,
    ),
    "backup_codes_renewed": _Text(
        "You have new backup codes",
        ("New backup codes were made for your account. The earlier ones no longer work.", _NOT_YOU),
        _SECURITY,
    ),
    "backup_code_used": _Text(
        "A backup code was used",
        ("Somebody signed in to your account with a backup code. {left}", _NOT_YOU),
        _SECURITY,
    ),
    "passkey_added": _Text(
        "A passkey was added",
        ("The passkey “{name}” can now be used to sign in to your account.", _NOT_YOU),
        _SECURITY,
    ),
    "passkey_removed": _Text(
        "A passkey was removed",
        ("The passkey “{name}” can no longer be used to sign in to your account.", _NOT_YOU),
        _SECURITY,
    ),
    "session_reuse": _Text(
        "We signed you out",
        (
            "The key of one of your sessions was used twice. That happens when somebody has copied it, so we signed you out.",
            "Sign in again. If you do not know how this could happen, choose a new password and look through your sessions.",
        ),
        "Sign in",
    ),
    "account_closed": _Text(
        "Your account was closed",
        ("Your account was closed, and nobody can sign in to it any more.", "If this was not you, tell an administrator of the shop."),
    ),
    "order_placed": _Text(
        "We have received your order {number}",
        ("Thank you. Your order {number} has reached us, and we write again as soon as it is confirmed.", *_TOTAL),
    ),
    "order_confirmed": _Text(
        "Your order {number} is confirmed", ("Your order {number} is confirmed, and we are about to prepare it.", *_TOTAL)
    ),
}


def _letter(kind: str, link: str | None = None, **words: str) -> Letter:
    text = _TEXTS[kind]
    paragraphs = tuple(paragraph.format(**words) for paragraph in text.paragraphs)
    return Letter(kind, text.subject.format(**words), paragraphs, (text.button, link) if text.button and link else None)


def _security(kind: str, **words: str) -> Letter:
    return _letter(kind, public_link("/settings/security"), **words)


def _span(valid: timedelta) -> str:
    """A length of time in words, in the largest unit that says it exactly."""
    minutes = round(valid.total_seconds() / 60)
    size, unit = next((size, unit) for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")) if minutes % size == 0)
    number = minutes // size
    return f"{number} {unit}{'' if number == 1 else 's'}"


def verify_address(token: str, valid: timedelta) -> Letter:
    """To somebody who registered: prove that the address is theirs."""
    return _letter("verify_address", public_link("/verify", token=token), valid=_span(valid))


def already_registered() -> Letter:
    """To the owner of an address with which somebody tried to register again."""
    return _letter("already_registered", public_link("/login"))


def address_taken() -> Letter:
    """To the owner of an address to which somebody tried to change another account."""
    return _letter("address_taken", public_link("/login"))


def reset_password(token: str, valid: timedelta) -> Letter:
    """To somebody who forgot the password."""
    return _letter("reset_password", public_link("/reset", token=token), valid=_span(valid))


def password_changed() -> Letter:
    """After a change or a reset."""
    return _security("password_changed")


def confirm_new_address(token: str, valid: timedelta) -> Letter:
    """To the new address."""
    return _letter("confirm_new_address", public_link("/verify", token=token), valid=_span(valid))


def address_change(new: str) -> Letter:
    """To the old address, while the new one is being confirmed."""
    return _security("address_change", address=new)


def address_changed(new: str) -> Letter:
    """To the old address, after an administrator has changed it."""
    return _letter("address_changed", address=new)


def invitation(token: str, valid: timedelta, *, inviter: str, shop: str) -> Letter:
    """To somebody whom an administrator invites."""
    return _letter("invitation", public_link("/invitation", token=token), valid=_span(valid), inviter=inviter, shop=shop)


def new_device(device: str, address: str, moment: datetime, zone: ZoneInfo) -> Letter:
    """After a sign-in from a device that was not known; the time is told in `zone`."""
    return _security("new_device", device=device, address=address, time=written_moment(moment.astimezone(zone)))


def two_factor_on() -> Letter:
    """After enrolment."""
    return _security("two_factor_on")


def two_factor_off() -> Letter:
    """After the last second factor was given up, by the person or by an administrator."""
    return _security("two_factor_off")


def backup_codes_renewed() -> Letter:
    """After new codes have replaced the earlier ones."""
    return _security("backup_codes_renewed")


def backup_code_used(left: int) -> Letter:
    """After a sign-in with a backup code; `left` are unused."""
    rest = {0: "It was the last one: make new ones now.", 1: "One is left: make new ones soon."}
    return _security("backup_code_used", left=rest.get(left, f"{left} are left."))


def passkey_added(name: str) -> Letter:
    """After a passkey was registered."""
    return _security("passkey_added", name=name)


def passkey_removed(name: str) -> Letter:
    """After a passkey was taken away."""
    return _security("passkey_removed", name=name)


def session_reuse() -> Letter:
    """After a used refresh token came a second time."""
    return _letter("session_reuse", public_link("/login"))


def account_closed() -> Letter:
    """To the last address of a closed account."""
    return _letter("account_closed")


def order_placed(number: str, goods: Sequence[str], total: str) -> Letter:
    """To a customer, once the order is there; `goods` are its lines in words."""
    return _order("order_placed", number, goods, total)


def order_confirmed(number: str, goods: Sequence[str], total: str) -> Letter:
    """To a customer, once the order was accepted."""
    return _order("order_confirmed", number, goods, total)


def _order(kind: str, number: str, goods: Sequence[str], total: str) -> Letter:
    letter = _letter(kind, number=number, total=total)
    more = len(goods) - _MOST_GOODS
    listed = [*goods[:_MOST_GOODS], *([f"and {more} more"] if more > 0 else [])]
    first, *rest = letter.paragraphs
    return Letter(kind, letter.subject, (first, *listed, *rest))
