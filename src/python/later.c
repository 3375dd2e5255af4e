/* SPDX-License-Identifier: MIT */
/*
 * References that wait for the GIL: an array under a lock that nobody holds for long.
 */
#include "later.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include <gcorn/base/mem.h>

#include "state.h"
#include "thread.h"

/* Process. */
static struct {
    pthread_mutex_t lock;
    _Atomic size_t count; /* written under the lock, read without */
    size_t cap;
    PyObject **objects; /* owned, as are the references */
} waiting = {.lock = PTHREAD_MUTEX_INITIALIZER};

void gcn_py_decref_later(PyObject *object)
{
    if (!gcn_py.started) {
        return; /* the interpreter is gone, and the object with it */
    }
    if (gcn_py_thread_is_entered()) {
        Py_DECREF(object);
        return;
    }
    pthread_mutex_lock(&waiting.lock);
    size_t count = atomic_load_explicit(&waiting.count, memory_order_relaxed);
    if (count == waiting.cap) {
        waiting.cap = waiting.cap == 0 ? 64 : waiting.cap * 2;
        waiting.objects = gcn_realloc(waiting.objects, waiting.cap * sizeof(*waiting.objects));
    }
    waiting.objects[count] = object;
    atomic_store_explicit(&waiting.count, count + 1, memory_order_release);
    pthread_mutex_unlock(&waiting.lock);
}

/* The array is taken out first: a destructor may run Python, which may come back here. */
static void drain(void)
{
    pthread_mutex_lock(&waiting.lock);
    size_t count = atomic_load_explicit(&waiting.count, memory_order_relaxed);
    PyObject **objects = waiting.objects;
    waiting.objects = NULL;
    waiting.cap = 0;
    atomic_store_explicit(&waiting.count, 0, memory_order_relaxed);
    pthread_mutex_unlock(&waiting.lock);

    for (size_t i = 0; i < count; i++) {
        Py_DECREF(objects[i]);
    }
    gcn_free(objects);
}

void gcn_py_later_drain(void)
{
    if (GCN_UNLIKELY(atomic_load_explicit(&waiting.count, memory_order_acquire) != 0)) {
        drain();
    }
}

void gcn_py_later_after_fork(void)
{
    pthread_mutex_init(&waiting.lock, NULL);
}
