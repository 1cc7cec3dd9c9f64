"""Become the given command, and leave behind a child that kills it when the process which started it is gone.

Run by path: `python -IS watchdog.py FD COMMAND…`, where FD is the read end of a pipe whose only writer is the starter.
The kernel closes that writer however the starter ends, SIGKILL included. PR_SET_PDEATHSIG would not do: it fires when
the starting *thread* ends, and services are restarted from worker threads.

The command keeps this process's id, so the starter can wait for it, signal it and stop it as its own child.
"""

import os
import signal
import sys


def watch(pipe: int, service: int) -> None:
    """Wait for the end of `pipe`, then kill the process group, which holds the service and this watcher."""
    # TERM and INT are for the service, also when they are sent to the whole group.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while os.read(pipe, 1):
        pass
    # A service that ended has left this watcher to another parent, and its number may be anyone's by now.
    if os.getppid() == service:
        os.killpg(0, signal.SIGKILL)


def main() -> None:
    pipe, command = int(sys.argv[1]), sys.argv[2:]
    service = os.getpid()
    if os.fork() == 0:
        watch(pipe, service)
        os._exit(0)
    os.close(pipe)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        os._exit(127)


if __name__ == "__main__":
    main()
