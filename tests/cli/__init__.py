"""The mewayz command."""
