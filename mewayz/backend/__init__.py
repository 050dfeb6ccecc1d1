"""The shared service module: everything a room needs that is not about one room.

Nothing here imports Reflex, `mewayz.ui` or a room, so the services run in a test, a script or a worker.
"""
