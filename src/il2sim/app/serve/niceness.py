"""`give_way`: work in the background leaves the processor to the answers to sliders."""

from __future__ import annotations

import os
import threading

NICENESS = 10


def give_way() -> None:
    """Let this thread, and those it starts, have less of the processor than others.

    Where the system does not let it, nothing happens.
    """
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        except OSError:
            return
