"""Orders: what was bought and returned, and the figures that follow from it."""
