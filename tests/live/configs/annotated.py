# SPDX-License-Identifier: MIT
from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker


@dataclass(frozen=True)
class Pool:
    workers: int = 2
    threads: int = 1


POOL: Final = Pool(workers=int(os.environ.get("POOL", "1")))

workers: int = POOL.workers
threads: int = POOL.threads
raw_env: list[str] = [f"POOL_SIZE={POOL.workers}"]
statsd_host: str | None = None
logconfig: str | None = None


def announced(what: str):
    def decorate(hook):
        @functools.wraps(hook)
        def wrapper(*args):
            args[-1].log.info("%s: begins", what)
            return hook(*args)

        return wrapper

    return decorate


def tell(text: str, server: Arbiter, worker: Worker) -> None:
    worker.log.info("%s %d", text, worker.age)


@announced("ready")
def when_ready(server: Arbiter) -> None:
    server.log.info("ready with %d", server.num_workers)


post_fork = functools.partial(tell, "forked")


async def _unused() -> None: ...
