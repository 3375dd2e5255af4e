# SPDX-License-Identifier: MIT
"""gunicorn.workers.base: the class of `worker`.

The loop of a worker is not in Python here, so a class derived from these cannot be run; they are for
annotations and for isinstance().
"""

import _gcorn_hooks as hooks


class _WorkerMeta(type):
    """A worker is an instance of the class that its configuration names, whatever made it."""

    def __instancecheck__(cls, instance):
        if type.__instancecheck__(cls, instance):
            return True
        if not isinstance(instance, hooks.Worker):
            return False
        return cls.ALIAS is None or cls.ALIAS == instance.cfg.worker_class_str.rpartition(".")[2]


class Worker(metaclass=_WorkerMeta):
    ALIAS = None

    def __init__(self, *args, **kwargs):
        raise RuntimeError(
            "gcorn runs its own workers: worker_class may be sync or gthread, not a class of yours"
        )
