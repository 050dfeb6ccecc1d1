"""Reflex config, read from the settings; nothing else."""

import reflex as rx
from reflex_base.constants import StateManagerMode

from mewayz.backend.settings import build_settings
from mewayz.ui.tokens import TAILWIND

_settings = build_settings()

config = rx.Config(
    app_name="mewayz",
    plugins=[rx.plugins.TailwindV4Plugin(config=TAILWIND)],
    disable_plugins=[rx.plugins.SitemapPlugin],
    backend_host=_settings.host,
    cors_allowed_origins=list(_settings.origins),
    trusted_proxy_hops=_settings.trusted_proxy_hops,
    redis_url=_settings.redis_url,
    # Pages are rebuilt from their address, so nothing is lost when a restart empties the memory.
    state_manager_mode=StateManagerMode.REDIS if _settings.redis_url else StateManagerMode.MEMORY,
    frontend_compression_formats=["gzip", "brotli"],
    default_color_mode="system",
    show_built_with_reflex=False,
    telemetry_enabled=False,
)
