#include "core/format/journal.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/format/draft.h"
#include "core/format/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYNC_SECONDS = 5 };

static const char magic[16] = "calq journal 1\n";

struct head {
    uint32_t bytes; /* of the payload */
    uint32_t kind;
    struct hash128 key;
    double seconds;
};

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

/* ---- records ------------------------------------------------------------------------------ */

static struct head head_at(const char *image, size_t at)
{
    struct head head;

    memcpy(&head, image + at, sizeof head);
    return head;
}

static size_t record_bytes(const struct head *head)
{
    return sizeof *head + head->bytes + sizeof(uint64_t);
}

/* Bytes of the record at `at` of image [used], or 0 where there is no whole one. */
static size_t intact_record(const char *image, size_t used, size_t at)
{
    struct head head;
    uint64_t checksum;
    size_t bytes;

    if (used - at < sizeof head)
        return 0;
    head = head_at(image, at);
    bytes = record_bytes(&head);
    if (used - at < bytes)
        return 0;
    memcpy(&checksum, image + at + bytes - sizeof checksum, sizeof checksum);
    return hash_bytes(image + at, bytes - sizeof checksum, at) == checksum ? bytes : 0;
}

/* Makes the record that stands at `at` of the file. */
static char *make_record(const struct head *head, const void *payload, size_t at)
{
    size_t bytes = record_bytes(head), sum_at = bytes - sizeof(uint64_t);
    char *record = memory_get(bytes);
    uint64_t checksum;

    memcpy(record, head, sizeof *head);
    memcpy(record + sizeof *head, payload, head->bytes);
    checksum = hash_bytes(record, sum_at, at);
    memcpy(record + sum_at, &checksum, sizeof checksum);
    return record;
}

/* ---- finding ------------------------------------------------------------------------------ */

/* Where the record of a key is, or should be. */
static size_t *place_of(const struct journal *journal, const struct hash128 *key)
{
    size_t mask = journal->place_count - 1, slot = key->words[0] & mask;

    while (journal->places[slot]) {
        struct head head = head_at(journal->image, journal->places[slot]);

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
            struct head head = head_at(journal->image, old[i]);

            *place_of(journal, &head.key) = old[i];
        }
    free(old);
}

static void add_place(struct journal *journal, size_t at)
{
    struct head head = head_at(journal->image, at);
    size_t *place;

    if (2 * (journal->record_count + 1) > journal->place_count)
        grow_places(journal);
    place = place_of(journal, &head.key);
    if (*place)
        return;
    *place = at;
    journal->record_count++;
}

bool journal_find(const struct journal *journal, const struct hash128 *key,
                  void *answer, size_t bytes, double *seconds)
{
    size_t at = *place_of(journal, key);
    struct head head;

    if (at == 0)
        return false;
    head = head_at(journal->image, at);
    if (head.bytes != bytes)
        return false;
    memcpy(answer, journal->image + at + sizeof head, bytes);
    *seconds = head.seconds;
    return true;
}

/* ---- the head of the file ------------------------------------------------------------------- */

enum look { LOOK_WHOLE, LOOK_CUT, LOOK_FOREIGN };

/* What a file that begins with `image` is: a journal, one that was cut off before its first answer
 * could be written, or something else. */
static enum look look_of(const char *image, size_t used, const char *identity)
{
    struct head head = {.bytes = (uint32_t)strlen(identity)};
    size_t least = sizeof magic + record_bytes(&head);

    if (memcmp(image, magic, used < sizeof magic ? used : sizeof magic) != 0)
        return LOOK_FOREIGN;
    if (used >= sizeof magic + sizeof head &&
        intact_record(image, used, sizeof magic) &&
        head_at(image, sizeof magic).kind == JOURNAL_IDENTITY)
        return LOOK_WHOLE;
    return used < least ? LOOK_CUT : LOOK_FOREIGN;
}

static int compare_head(const char *path, const char *image, const char *identity,
                        struct error *err)
{
    struct head head = head_at(image, sizeof magic);
    char *written = memory_get(head.bytes + 1);
    int status;

    memcpy(written, image + sizeof magic + sizeof head, head.bytes);
    written[head.bytes] = '\0';
    status = identity_compare(path, written, identity, err);
    free(written);
    return status;
}

static int write_head(const char *path, const char *identity, struct error *err)
{
    struct head head = {.bytes = (uint32_t)strlen(identity), .kind = JOURNAL_IDENTITY};
    FILE *file = draft_open(path, err);
    char *record;
    bool is_written;

    if (!file)
        return -1;
    record = make_record(&head, identity, sizeof magic);
    is_written = fwrite(magic, sizeof magic, 1, file) == 1 &&
                 fwrite(record, record_bytes(&head), 1, file) == 1;
    free(record);
    return draft_close(file, path,
                       is_written
                           ? 0
                           : error_set(err, EXIT_MACHINE, "cannot write %s.draft: %s",
                                       path, strerror(errno)),
                       err);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Reads a whole file; 1 where there is none. */
static int read_image(const char *path, char **image, size_t *used, struct error *err)
{
    FILE *file = fopen(path, "rb");
    struct stat found;
    int status = 0;

    *image = NULL;
    if (!file && (errno == ENOENT || errno == ENOTDIR))
        return 1;
    if (!file || fstat(fileno(file), &found) < 0 || !S_ISREG(found.st_mode)) {
        status = error_set(err, EXIT_MACHINE, "cannot read %s: %s", path,
                           file ? "it is no file" : strerror(errno));
    } else {
        *image = memory_get((size_t)found.st_size);
        *used = fread(*image, 1, (size_t)found.st_size, file);
        if (ferror(file))
            status = error_set(err, EXIT_MACHINE, "cannot read %s: %s", path,
                               strerror(errno));
    }
    if (file)
        fclose(file);
    return status;
}

/* Whether there is nothing behind the head: such a journal may be another's. */
static bool holds_nothing(const char *image, size_t used)
{
    size_t at = sizeof magic + intact_record(image, used, sizeof magic);

    return intact_record(image, used, at) == 0;
}

/* Reads a file that shall be the journal of the case: 0, 1 where there is none yet, or -1. */
static int read_journal(const char *path, const char *identity, char **image,
                        size_t *used, struct error *err)
{
    int status = read_image(path, image, used, err);
    enum look look;

    if (status != 0)
        return status;
    look = look_of(*image, *used, identity);
    if (look == LOOK_FOREIGN)
        return error_set(
            err, EXIT_MACHINE,
            "%s is no journal of calq, or its beginning is damaged; remove "
            "it to begin this case again",
            path);
    if (look == LOOK_CUT)
        return 1;
    if (compare_head(path, *image, identity, err) == 0)
        return 0;
    return holds_nothing(*image, *used) ? 1 : -1;
}

int journal_compare(const char *path, const char *identity, struct error *err)
{
    char *image;
    size_t used;
    int status = read_journal(path, identity, &image, &used, err);

    free(image);
    return status < 0 ? -1 : 0;
}

/* Finds the records, and cuts off what is behind the last whole one. */
static int take_records(struct journal *journal, struct error *err)
{
    size_t at = sizeof magic, bytes;

    at += intact_record(journal->image, journal->used, at);
    while ((bytes = intact_record(journal->image, journal->used, at)) > 0) {
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
    int status =
        read_journal(journal->path, identity, &journal->image, &journal->used, err);

    if (status == 1) {
        free(journal->image);
        journal->image = NULL;
        if (write_head(journal->path, identity, err) < 0)
            return -1;
        status =
            read_journal(journal->path, identity, &journal->image, &journal->used, err);
    }
    if (status != 0)
        return -1;
    journal->room = journal->used;
    journal->file = open(journal->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (journal->file < 0)
        return error_set(err, EXIT_MACHINE, "cannot write %s: %s", journal->path,
                         strerror(errno));
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
    add_place(journal, journal->used);
    journal->used += bytes;
}

int journal_add(struct journal *journal, enum journal_kind kind,
                const struct hash128 *key, const void *answer, size_t bytes,
                double seconds, struct error *err)
{
    struct head head = {(uint32_t)bytes, kind, *key, seconds};
    char *record = make_record(&head, answer, journal->used);

    if (write_all(journal->file, record, record_bytes(&head)) < 0) {
        error_set(err, EXIT_MACHINE,
                  "cannot write %s: %s; what it holds is whole: run again to go on",
                  journal->path, strerror(errno));
        if (ftruncate(journal->file, (off_t)journal->used) < 0)
            error_prefix(err, "the last record is cut off"); /* and will be dropped */
        free(record);
        return -1;
    }
    append(journal, record, record_bytes(&head));
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
