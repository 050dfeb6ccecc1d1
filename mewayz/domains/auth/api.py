"""REST of identity, in the order of its description."""

from mewayz.domains.auth import access_api, account_api, entry_api, factor_api

ENDPOINTS = [*entry_api.ENDPOINTS, *account_api.ENDPOINTS, *factor_api.ENDPOINTS, *access_api.ENDPOINTS]
