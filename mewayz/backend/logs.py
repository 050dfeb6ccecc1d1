"""The product's logger. What is secret is kept out by never passing it here."""

import logging

logger = logging.getLogger("mewayz")
