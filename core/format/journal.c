#include "core/format/journal.h"

#include "core/base/clock.h"
#include "core/base/lock.h"
#include "core/base/memory.h"
#include "core/format/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SYNC_SECONDS = 5 };

struct journal {
    char *path;
    int file;
    char *image; /* [used] the whole file */
    size_t used, room;
    size_t *places; /* [place_count] where records begin in it, by key; 0: none */
    size_t place_count, record_count;
    size_t answers, damage;
    double synced; /* clock_seconds() */
    bool is_dirty;
};

/* ---- finding ------------------------------------------------------------------------------ */

/* Where the record of a key is, or should be. */
static size_t *place_of(const struct journal *journal, const struct hash128 *key)
{
    size_t mask = journal->place_count - 1, slot = key->words[0] & mask;

    while (journal->places[slot]) {
        struct journal_head head =
            journal_file_head(journal->image, journal->places[slot]);

        if (memcmp(&head.key, key, sizeof *key) == 0)
            break;
        slot = (slot + 1) & mask;
    }
    return &journal->places[slot];
}

static void grow_places(struct journal *journal)
{
    size_t *old = journal->places, old_count = journal->place_count;

    journal->place_count = old_count > 0 ? 2 * old_count : 1024;
    journal->places = memory_zeroed(journal->place_count, sizeof *journal->places);
    for (size_t i = 0; i < old_count; i++)
        if (old[i]) {
            struct journal_head head = journal_file_head(journal->image, old[i]);

            *place_of(journal, &head.key) = old[i];
        }
    free(old);
}

static void add_place(struct journal *journal, size_t at)
{
    struct journal_head head = journal_file_head(journal->image, at);
    size_t *place;

    if (2 * (journal->record_count + 1) > journal->place_count)
        grow_places(journal);
    place = place_of(journal, &head.key);
    journal->record_count += *place == 0;
    *place = at; /* the last counts: one before it may be of another size */
}

/* Only the image forgets what an answer cost, not the file. */
static void forget_cost(struct journal *journal, size_t at)
{
    struct journal_head head = journal_file_head(journal->image, at);

    head.cost = (struct journal_cost){
        .seconds = -1, .scores = executor_counters_as_avoided(head.cost.scores)};
    memcpy(journal->image + at, &head, sizeof head);
}

bool journal_find(struct journal *journal, const struct hash128 *key, void *answer,
                  size_t bytes, struct journal_cost *cost)
{
    size_t at = *place_of(journal, key);
    struct journal_head head;

    if (at == 0)
        return false;
    head = journal_file_head(journal->image, at);
    if (head.bytes != bytes)
        return false;
    memcpy(answer, journal->image + at + sizeof head, bytes);
    *cost = head.cost;
    forget_cost(journal, at);
    return true;
}

/* ---- opening ------------------------------------------------------------------------------ */

int journal_compare(const char *path, const char *identity, struct error *err)
{
    char *image;
    size_t used;
    int status = journal_file_read(path, identity, &image, &used, err);

    free(image);
    return status < 0 ? -1 : 0;
}

/* Finds the records, and cuts off what is behind the last whole one. */
static int take_records(struct journal *journal, struct error *err)
{
    size_t at = journal_file_first(journal->image, journal->used), bytes;

    while ((bytes = journal_file_intact(journal->image, journal->used, at)) > 0) {
        add_place(journal, at);
        at += bytes;
    }
    journal->answers = journal->record_count;
    journal->damage = journal->used - at;
    journal->used = at;
    if (journal->damage > 0 && ftruncate(journal->file, (off_t)at) < 0)
        return error_set(err, EXIT_MACHINE, "cannot cut off the damaged end of %s: %s",
                         journal->path, strerror(errno));
    return 0;
}

static int open_file(struct journal *journal, const char *identity, struct error *err)
{
    int status = journal_file_read(journal->path, identity, &journal->image,
                                   &journal->used, err);

    if (status == 1) {
        free(journal->image);
        journal->image = NULL;
        if (journal_file_begin(journal->path, identity, err) < 0)
            return -1;
        status = journal_file_read(journal->path, identity, &journal->image,
                                   &journal->used, err);
    }
    if (status != 0)
        return -1;
    journal->room = journal->used;
    journal->file = open(journal->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (journal->file < 0)
        return error_set(err, EXIT_MACHINE, "cannot write %s: %s", journal->path,
                         strerror(errno));
    if (lock_file(journal->file, journal->path, err) < 0)
        return -1;
    return take_records(journal, err);
}

static void destroy(struct journal *journal)
{
    if (journal->file >= 0)
        close(journal->file);
    free(journal->path);
    free(journal->image);
    free(journal->places);
    free(journal);
}

struct journal *journal_open(const char *path, const char *identity, struct error *err)
{
    struct journal *journal = memory_zeroed(1, sizeof *journal);

    journal->path = memory_text(path);
    journal->file = -1;
    journal->synced = clock_seconds();
    grow_places(journal);
    if (open_file(journal, identity, err) == 0)
        return journal;
    destroy(journal);
    return NULL;
}

/* ---- writing ------------------------------------------------------------------------------ */

static int write_all(int file, const char *from, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = write(file, from, bytes);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        from += written;
        bytes -= (size_t)written;
    }
    return 0;
}

static void append(struct journal *journal, const char *record, size_t bytes)
{
    if (journal->used + bytes > journal->room) {
        journal->room = 2 * (journal->used + bytes);
        journal->image = memory_resize(journal->image, journal->room);
    }
    memcpy(journal->image + journal->used, record, bytes);
    forget_cost(journal, journal->used);
    add_place(journal, journal->used);
    journal->used += bytes;
}

int journal_add(struct journal *journal, enum journal_kind kind,
                const struct hash128 *key, const void *answer, size_t bytes,
                const struct journal_cost *cost, struct error *err)
{
    struct journal_head head = {(uint32_t)bytes, kind, *key, *cost};
    char *record = journal_file_record(&head, answer, journal->used);

    if (write_all(journal->file, record, journal_file_bytes(&head)) < 0) {
        error_set(err, EXIT_MACHINE,
                  "cannot write %s: %s; what it holds is whole: run again to go on",
                  journal->path, strerror(errno));
        if (ftruncate(journal->file, (off_t)journal->used) < 0)
            error_prefix(err, "the last record is cut off"); /* and will be dropped */
        free(record);
        return -1;
    }
    append(journal, record, journal_file_bytes(&head));
    free(record);
    journal->is_dirty = true;
    return clock_seconds() - journal->synced > SYNC_SECONDS ? journal_sync(journal, err)
                                                            : 0;
}

int journal_sync(struct journal *journal, struct error *err)
{
    if (!journal->is_dirty)
        return 0;
    if (fdatasync(journal->file) < 0)
        return error_set(err, EXIT_MACHINE, "cannot write %s: %s", journal->path,
                         strerror(errno));
    journal->is_dirty = false;
    journal->synced = clock_seconds();
    return 0;
}

int journal_close(struct journal *journal, struct error *err)
{
    int status;

    if (!journal)
        return 0;
    status = journal_sync(journal, err);
    destroy(journal);
    return status;
}

size_t journal_answers(const struct journal *journal)
{
    return journal->answers;
}

size_t journal_damage(const struct journal *journal)
{
    return journal->damage;
}
