"""The description of the API, as schemathesis reads it, asked one operation at a time.

The `parametrize` of schemathesis makes its tests while pytest collects, in each process of a run, which takes longer than all other
collecting. Nor does the newest pytest give them ids of their own, without which pytest-xdist runs one of a file and drops the others.
"""

from collections.abc import Callable
from typing import Any

import orjson
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source

from mewayz.backend.openapi import describe
from mewayz.rooms import ENDPOINTS

FEW = settings(max_examples=4, derandomize=True, suppress_health_check=list(HealthCheck))
_DESCRIPTION = orjson.dumps(describe(ENDPOINTS))
OPERATIONS = [f"{method.upper()} {path}" for path, found in orjson.loads(_DESCRIPTION)["paths"].items() for method in found]


class Described:
    """All operations, to be asked in these phases.

    In that of coverage, each parameter and field is given each kind of value that its schema tells apart, and what it forbids.
    """

    def __init__(self, **phases: dict[str, Any]) -> None:
        load_all_checks()
        config = SchemathesisConfig.from_dict({"phases": phases})
        self._schema = schemathesis.openapi.from_dict(orjson.loads(_DESCRIPTION), config=config)
        # What JSON Schema cannot say is a rule all the same, and told at its field: both passwords alike, a link that is still valid.
        self._schema.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429"]
        self._feedback = FeedbackSources(constants_value_source=make_constants_value_source(self._schema))

    def examine(self, operation: str, ask: Callable[[Any], None]) -> None:
        """Call `ask` with each case of an operation."""
        method, path = operation.split(" ", 1)
        found = self._schema[path][method]
        build_operation_test(
            config=self._schema.config, operation=found, test_func=ask, given_kwargs={}, feedback=self._feedback, explicit_settings=FEW
        )()
