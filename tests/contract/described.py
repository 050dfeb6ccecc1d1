"""The description of the API, as schemathesis reads it."""

from typing import Any

import orjson
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from mewayz.backend.openapi import describe
from mewayz.rooms import ENDPOINTS

FEW = settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def described(**phases: dict[str, Any]) -> Any:
    """All operations, to be asked in these phases.

    In that of coverage, each parameter and field is given each kind of value that its schema tells apart, and what it forbids.
    """
    config = SchemathesisConfig.from_dict({"phases": phases})
    schema = schemathesis.openapi.from_dict(orjson.loads(orjson.dumps(describe(ENDPOINTS))), config=config)
    # What JSON Schema cannot say is a rule all the same, and told at its field: both passwords alike, a link that is still valid.
    schema.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429"]
    return schema
