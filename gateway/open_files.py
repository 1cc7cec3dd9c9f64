"""Each connection is an open file of the process."""

from __future__ import annotations

import resource

import structlog

logger = structlog.get_logger()

SPARE = 1000
"""For the stores, the log, and connections that are not WebSockets."""
MOST = 1_048_576
"""What Linux allows where the hard limit is said to be none."""


def raise_open_files(connections: int, *, warn: bool) -> None:
    """Use all the files that the process may open, and with ``warn`` say so if ``connections`` do not fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError) as error:
            logger.warning("the limit on open files cannot be raised", limit=soft, error=str(error))
            most = soft
    if warn and most < connections + SPARE:
        logger.warning(
            "open files are fewer than PAVILION_GATEWAY__CONNECTIONS, raise the hard limit (ulimit -Hn)",
            limit=most,
            connections=connections,
        )
