"""Mewayz: a business platform in pure Python."""
