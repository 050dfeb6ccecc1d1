"""Customers: who buys, with totals that follow their orders."""
