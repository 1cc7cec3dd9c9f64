"""Logs go to standard error, one line each, ours and those of libraries alike; standard output is for what a command
answers.

A line has ids, never content and never a secret. That is up to whoever writes it; :mod:`pavilion.redaction` is the net
below.
"""

from __future__ import annotations

import logging
import sys
from types import FrameType

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from pavilion.redaction import hide, redact
from schemas.settings import load_settings

ORDER = ("timestamp", "level", "logger", "event")


def configure(default: int) -> None:
    """Write as the settings say; lines below the level ``default`` are left out unless PAVILION_LOG__LEVEL names one.

    Raises SettingsError for a wrong setting.
    """
    settings = load_settings()
    hide(settings)
    level = default if settings.log.level is None else getattr(logging, settings.log.level.upper())
    text = settings.log.format == "console" or (settings.log.format == "auto" and sys.stderr.isatty())
    render: Processor = (
        structlog.processors.LogfmtRenderer(key_order=ORDER) if text else structlog.processors.JSONRenderer()
    )
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_logger,
        structlog.processors.ExceptionRenderer(),
        redact,
        _in_order,
    ]
    handler = logging.StreamHandler(sys.stderr)
    without_record = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[without_record, render])
    )
    # Libraries at info and below tell of every frame and every request, with what is in them.
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _name_logger(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """A library's line names its logger, ours the module that wrote it."""
    record: logging.LogRecord | None = line.get("_record")
    if record is not None:
        return {"logger": record.name, **line}
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _module(frame).partition(".")[0] == "structlog":
        frame = frame.f_back
    return {"logger": "" if frame is None else _module(frame), **line}


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _in_order(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    return {**{name: line[name] for name in ORDER if name in line}, **line}
