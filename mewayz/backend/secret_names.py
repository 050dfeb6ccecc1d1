"""The names that secrets go by: what stands behind one is kept out of the log and of what clients report."""

import re

_ANYWHERE = r"\w{0,40}(?:authorization|challenge|cookie|credential|passphrase|passw(?:or)?d|secret|token)\w{0,40}"
_AT_THE_END = r"\w{0,40}(?:otp|pwd?)"
_AT_THE_START = r"t?otp\w{0,40}"
# A code lets somebody in, unless its name says that it is one of the harmless kinds.
_HARMLESS = r"""(?:\w{0,40}(?:country|currency|error|exit|http|language|post|postal|reason|response|return|status|zip)
                |(?:\w{0,40}_)?(?:bar|de|en|op|uni))_?codes?(?!\w)"""
_CODE = rf"(?!{_HARMLESS})\w{{0,40}}codes?"

SECRET_NAME = f"(?:{_ANYWHERE}|{_AT_THE_END}|{_AT_THE_START}|{_CODE})"
"""For patterns that are verbose and ignore case. Every repetition has a bound: names come from outside, and may be as long as a message."""
_WHOLE = re.compile(rf"(?<!\w){SECRET_NAME}(?!\w)", re.IGNORECASE | re.VERBOSE)


def is_secret(name: str) -> bool:
    """Whether a field of this name holds a secret, as far as the name tells.

    >>> is_secret("proof_code"), is_secret("x-auth-token"), is_secret("statusCode")
    (True, True, False)
    """
    return _WHOLE.search(name) is not None
