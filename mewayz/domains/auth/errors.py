"""The refusals of sign-in."""

from mewayz.backend.errors import Conflict, Invalid, Unauthenticated


class WrongCredentials(Unauthenticated):
    """Unknown, wrong, suspended and unverified all answer alike."""

    code = "auth.wrong_credentials"
    default_message = "E-mail address or password is not right. Check both and try again."


def is_six_digits(code: str) -> bool:
    """Whether a code looks like one of an authenticator, however it was grouped."""
    plain = "".join(letter for letter in code if letter.isalnum())
    return plain.isascii() and plain.isdecimal() and len(plain) == 6


class WrongCode(Unauthenticated):
    """A second factor that is wrong, or was used before."""

    code = "auth.wrong_code"
    default_message = "This code is not right, or it has been used. Wait for the next one and try again."

    @classmethod
    def of(cls, code: str) -> "WrongCode":
        """What to do about a code that was refused: an authenticator shows another one soon, of backup codes there are others."""
        if is_six_digits(code):
            return cls()
        return cls("This backup code is not right, or it has been used. Use another one.")


class WrongPasskey(Unauthenticated):
    """A passkey that is not known here, or did not sign what was asked."""

    code = "auth.wrong_passkey"
    default_message = "This passkey could not be used. Try again, or sign in with your password."


class ChallengeExpired(Unauthenticated):
    """The started sign-in took too long, was completed or was tried too often."""

    code = "auth.challenge_expired"
    default_message = "This sign-in took too long. Start again with your password."


class SessionEnded(Unauthenticated):
    """The refresh token is unknown, expired, or its session is over."""

    code = "auth.session_ended"
    default_message = "Your session is over. Sign in again."


class RefreshedMeanwhile(Conflict):
    """Another tab has just renewed the session; the new cookies are there already."""

    code = "auth.refreshed_meanwhile"
    default_message = "The session has just been renewed. Go on with the new token."


class LinkExpired(Invalid):
    """The link of a mail is unknown, used, or too old."""

    code = "auth.link_expired"
    default_message = "This link has expired or has been used. Ask for a new one."


class SeveralRegistrations(Invalid):
    """The link may be of another's registration of the address; the password tells whose it is."""

    code = "auth.several_registrations"
    default_message = "Enter the password that you chose when you registered, so that nobody else's registration is confirmed."


class AlreadySetUp(Conflict):
    """There is an owner already."""

    code = "auth.already_set_up"
    default_message = "Mewayz has been set up already. Sign in instead."


class RegistrationClosed(Conflict):
    """Accounts are created by administrators only."""

    code = "auth.registration_closed"
    default_message = "Registration is closed. Ask an administrator of the shop for an invitation."


class AlreadyOn(Conflict):
    """Two-factor sign-in is set up already."""

    code = "auth.two_factor_on"
    default_message = "Two-factor sign-in is on already. Turn it off first to use another authenticator."


class NotOn(Conflict):
    """There is no two-factor sign-in to change."""

    code = "auth.two_factor_off"
    default_message = "Two-factor sign-in is not set up. Begin with the set-up."


class StillRequired(Conflict):
    """The last second factor of somebody who must have one."""

    code = "auth.two_factor_required"
    default_message = "Two-factor sign-in is required for your account. Add another factor before you remove this one."
