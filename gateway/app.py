"""The Starlette app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, WebSocketRoute

from gateway.audit_routes import AUDIT_ROUTES
from gateway.backfill import BACKFILL_ROUTES
from gateway.client_routes import CLIENT_ROUTES
from gateway.console_routes import CALLER_ROUTES, CONSOLE_ROUTES
from gateway.cors import cors
from gateway.dead_letters import DEAD_LETTER_ROUTES
from gateway.demo_routes import DEMO_ROUTES
from gateway.document_routes import DOCUMENT_ROUTES
from gateway.event_stream import STREAM_ROUTES
from gateway.events import EVENT_ROUTES
from gateway.explain import EXPLAIN_ROUTES
from gateway.gateway import Gateway
from gateway.health import HEALTH_ROUTES
from gateway.limits import Limits
from gateway.notifications import NOTIFICATION_ROUTES
from gateway.people import PEOPLE_ROUTES
from gateway.preferences import PREFERENCES_ROUTES
from gateway.problems import http_problem
from gateway.raw_events import RAW_EVENT_ROUTES
from gateway.routes import ActionRoute
from gateway.services import Services
from gateway.session_routes import SESSION_ROUTES
from gateway.socket import stream
from gateway.stats import STATS_ROUTES
from gateway.support import SUPPORT_ROUTES
from gateway.users import USER_ROUTES
from gateway.well_known import WELL_KNOWN_ROUTES

API_ROUTES: list[ActionRoute] = [
    *STREAM_ROUTES,
    *SESSION_ROUTES,
    *SUPPORT_ROUTES,
    *CALLER_ROUTES,
    *AUDIT_ROUTES,
    *WELL_KNOWN_ROUTES,
    *NOTIFICATION_ROUTES,
    *PREFERENCES_ROUTES,
    *PEOPLE_ROUTES,
    *USER_ROUTES,
    *EVENT_ROUTES,
    *RAW_EVENT_ROUTES,
    *DEAD_LETTER_ROUTES,
    *BACKFILL_ROUTES,
    *EXPLAIN_ROUTES,
    *STATS_ROUTES,
    *HEALTH_ROUTES,
    *DOCUMENT_ROUTES,
]
"""What the OpenAPI document tells of: each says what it takes and answers."""


def create_app(services: Services, limits: Limits | None = None) -> Starlette:
    """The gateway as an ASGI app; its :class:`gateway.gateway.Gateway` is ``app.state.gateway``.

    The lifespan starts and stops the hub, and fails with ConnectionFailed if the fan-out topic is not there.
    ``services`` are open before and closed after by the caller. Raises SettingsError without a service key.
    """
    gateway = Gateway(services, limits or Limits())

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await gateway.start()
        try:
            yield
        finally:
            await gateway.stop()

    embedded = services.settings.broker.embedded
    routes: list[BaseRoute] = [
        WebSocketRoute("/v1/stream", stream),
        *(route for route in API_ROUTES if embedded or route not in RAW_EVENT_ROUTES),
        *CLIENT_ROUTES,
        *CONSOLE_ROUTES,
    ]
    # The page's session needs no key, so it exists only where one process on one machine is the whole platform.
    if services.settings.demo and embedded:
        routes += DEMO_ROUTES
    app = Starlette(
        routes=routes,
        middleware=cors(services.settings.gateway.origins),
        lifespan=lifespan,
        exception_handlers={HTTPException: http_problem},
    )
    app.router.redirect_slashes = False
    app.state.gateway = gateway
    return app
