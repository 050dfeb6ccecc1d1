"""Importing files on pages: choosing, matching, trying, mending, and what was imported."""
