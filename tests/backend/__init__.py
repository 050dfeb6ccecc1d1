"""Tests of the shared service module, one file per module of it."""
