/* SPDX-License-Identifier: MIT */
/*
 * A set of files with the time of their last change, to find out which have changed since.
 */
#ifndef GCORN_WORKER_FILESET_H
#define GCORN_WORKER_FILESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lifetime: member of the set. */
struct gcn_file {
    char *path;          /* owned */
    int64_t changed_us;  /* its change time, since the epoch; 0: it does not exist */
};

/* {0} is empty. */
struct gcn_fileset {
    struct gcn_file *items; /* owned, in order of path */
    size_t n;
    size_t cap;
    bool adds_changed; /* files that are added have changed: gcn_file_look says so the next time */
};

/* Free the members; {0} again afterwards. */
void gcn_fileset_finish(struct gcn_fileset *set);

/* Add `path` with its change time of now, unless it is a member. Returns true if it was added. */
bool gcn_fileset_add(struct gcn_fileset *set, const char *path);

/* Add the files that match the pattern (glob(7)), or the one of that name if it exists. */
void gcn_fileset_add_pattern(struct gcn_fileset *set, const char *pattern);

/*
 * Add the files below the directory `path` whose names end in `suffix`, hidden directories apart.
 */
void gcn_fileset_add_tree(struct gcn_fileset *set, const char *path, const char *suffix);

/* The member `path`, or NULL. */
struct gcn_file *gcn_fileset_find(const struct gcn_fileset *set, const char *path);

/* Note the change time of now. True if it is another than was noted (appeared and gone count). */
bool gcn_file_look(struct gcn_file *file);

#endif
