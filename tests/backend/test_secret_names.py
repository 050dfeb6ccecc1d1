"""What a field is called tells whether it is kept out of logs and reports."""

import pytest

from mewayz.backend.secret_names import is_secret


@pytest.mark.parametrize(
    "name",
    [
        *("password", "newPassword", "proof_password", "PASSWD", "passphrase", "pw", "userPw", "user_pw", "pwd", "old password"),
        *("otp", "totp", "otpCode", "otpauthUrl", "smsOtp", "code", "codes", "backupCodes", "proof_code", "mfa_code", "passcode"),
        *("token", "x-auth-token", "secretKey", "set-cookie", "Authorization", "credentials", "challenge", "error_code_token"),
    ],
)
def test_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "name", "email", "path", "footprint", "powder", "passed", "codec", "laptop"),
        *("errorCode", "error_code", "status_code", "httpStatusCode", "exit_code", "postcode", "postal_code", "zipCode", "currencyCode"),
        *("country_codes", "barcode", "ean_barcode", "unicode", "decode", "languageCode"),
    ],
)
def test_not_secret(name: str) -> None:
    assert not is_secret(name)
