"""The shared look: shell, table, form, chart and tokens. Imports reflex and the backend, never a room."""
