"""The last step before a supervised program: drops rights, ties its life to the launcher's, and becomes it.

Run as a file, with the standard library alone:
`python -I -S child.py LAUNCHER_PID DEATH_SIGNAL UID GID WATCH_DESCRIPTOR COMMAND…` (UID -1: keep the user).
On Linux the kernel ends the program with its launcher (PR_SET_PDEATHSIG, prctl(2): cleared by a change of
credentials, so it is set after that). Elsewhere this process stays as a watcher: the launcher holds the other end
of a pipe, and end-of-file on it means that the launcher is gone.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 5.0
HANDED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def main(arguments: list[str]) -> int:  # noqa: RET503  # execv does not return
    """This process has become the command, or has watched over it until its end and returns its exit status."""
    launcher, death_signal, uid, gid, watch = (int(word) for word in arguments[:5])
    command = arguments[5:]
    if uid >= 0:
        _drop_to(uid, gid)
    if watch >= 0:
        return _watch(command, watch, death_signal)
    _die_with_parent(death_signal)
    if os.getppid() != launcher:
        return 1
    os.execv(command[0], command)  # noqa: S606  # no shell is wanted


def _drop_to(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _die_with_parent(death_signal: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def _watch(command: list[str], watch: int, death_signal: int) -> int:
    """The command ran as a child; it got what this process was asked, and ended with the launcher."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    # Before the command starts, so that no request is missed; the numbers of what came are read from the pipe.
    for number in (*HANDED_ON, signal.SIGCHLD):
        signal.signal(number, lambda _number, _frame: None)
    child = subprocess.Popen(command)
    while child.poll() is None:
        ready, _, _ = select.select([watch, woken], [], [])
        if watch in ready:
            return _end(child, death_signal)
        for asked in os.read(woken, 512):
            if asked in HANDED_ON:
                child.send_signal(asked)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _end(child: "subprocess.Popen[bytes]", death_signal: int) -> int:
    child.send_signal(death_signal)
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
