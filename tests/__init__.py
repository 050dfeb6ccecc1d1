"""The tests mirror mewayz/; e2e/ drives a real browser."""
