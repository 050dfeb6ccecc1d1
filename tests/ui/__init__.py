"""Tests of the shared look: what is computed, without a browser."""
