#include "core/format/journal_file.h"

#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/format/identity.h"
#include "core/format/journal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char magic[16] = "calq journal 5\n";
enum { VERSION_AT = 13 }; /* its digit */

_Static_assert(sizeof(struct journal_head) == 96, "the head has no padding");

/* ---- records ------------------------------------------------------------------------------ */

struct journal_head journal_file_head(const char *image, size_t at)
{
    struct journal_head head;

    memcpy(&head, image + at, sizeof head);
    return head;
}

size_t journal_file_bytes(const struct journal_head *head)
{
    return sizeof *head + head->bytes + sizeof(uint64_t);
}

size_t journal_file_intact(const char *image, size_t used, size_t at)
{
    struct journal_head head;
    uint64_t checksum;
    size_t bytes;

    if (used - at < sizeof head)
        return 0;
    head = journal_file_head(image, at);
    bytes = journal_file_bytes(&head);
    if (used - at < bytes)
        return 0;
    memcpy(&checksum, image + at + bytes - sizeof checksum, sizeof checksum);
    return hash_bytes(image + at, bytes - sizeof checksum, at) == checksum ? bytes : 0;
}

char *journal_file_record(const struct journal_head *head, const void *payload,
                          size_t at)
{
    size_t bytes = journal_file_bytes(head), sum_at = bytes - sizeof(uint64_t);
    char *record = memory_get(bytes);
    uint64_t checksum;

    memcpy(record, head, sizeof *head);
    memcpy(record + sizeof *head, payload, head->bytes);
    checksum = hash_bytes(record, sum_at, at);
    memcpy(record + sum_at, &checksum, sizeof checksum);
    return record;
}

/* ---- the head of the file ------------------------------------------------------------------- */

enum look { LOOK_WHOLE, LOOK_CUT, LOOK_EARLIER, LOOK_FOREIGN };

bool journal_file_is_whole(const char *image, size_t used)
{
    return used >= sizeof magic + sizeof(struct journal_head) &&
           memcmp(image, magic, sizeof magic) == 0 &&
           journal_file_intact(image, used, sizeof magic) > 0 &&
           journal_file_head(image, sizeof magic).kind == JOURNAL_IDENTITY;
}

static bool is_earlier(const char *image, size_t used)
{
    return used >= sizeof magic && memcmp(image, magic, VERSION_AT) == 0 &&
           image[VERSION_AT] >= '1' && image[VERSION_AT] < magic[VERSION_AT];
}

/* What a file that begins with `image` is: a journal, one that was cut off before its first answer
 * could be written, one of an earlier version, or something else. */
static enum look look_of(const char *image, size_t used, const char *identity)
{
    struct journal_head head = {.bytes = (uint32_t)strlen(identity)};
    size_t least = sizeof magic + journal_file_bytes(&head);

    if (is_earlier(image, used))
        return LOOK_EARLIER;
    if (memcmp(image, magic, used < sizeof magic ? used : sizeof magic) != 0)
        return LOOK_FOREIGN;
    if (journal_file_is_whole(image, used))
        return LOOK_WHOLE;
    return used < least ? LOOK_CUT : LOOK_FOREIGN;
}

static int compare_head(const char *path, const char *image, const char *identity,
                        struct error *err)
{
    struct journal_head head = journal_file_head(image, sizeof magic);
    char *written = memory_get(head.bytes + 1);
    int status;

    memcpy(written, image + sizeof magic + sizeof head, head.bytes);
    written[head.bytes] = '\0';
    status = identity_compare(path, written, identity, err);
    free(written);
    return status;
}

int journal_file_begin(const char *path, const char *identity, struct error *err)
{
    struct journal_head head = {.bytes = (uint32_t)strlen(identity),
                                .kind = JOURNAL_IDENTITY};
    FILE *file = draft_open(path, err);
    char *record;
    bool is_written;

    if (!file)
        return -1;
    record = journal_file_record(&head, identity, sizeof magic);
    is_written = fwrite(magic, sizeof magic, 1, file) == 1 &&
                 fwrite(record, journal_file_bytes(&head), 1, file) == 1;
    free(record);
    return draft_close(file, path,
                       is_written
                           ? 0
                           : error_set(err, EXIT_MACHINE, "cannot write %s.draft: %s",
                                       path, strerror(errno)),
                       err);
}

/* ---- reading ------------------------------------------------------------------------------ */

int journal_file_image(const char *path, char **image, size_t *used, struct error *err)
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

size_t journal_file_first(const char *image, size_t used)
{
    return sizeof magic + journal_file_intact(image, used, sizeof magic);
}

/* Such a journal may be another's. */
static bool holds_nothing(const char *image, size_t used)
{
    return journal_file_intact(image, used, journal_file_first(image, used)) == 0;
}

int journal_file_read(const char *path, const char *identity, char **image,
                      size_t *used, struct error *err)
{
    int status = journal_file_image(path, image, used, err);
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
    if (look == LOOK_EARLIER)
        return error_set(
            err, EXIT_MACHINE,
            "%s is of an earlier version of calq, whose answers this one does not "
            "know again; finish the run with that version, or remove it: a "
            "case that is done stays done, any other begins again",
            path);
    if (look == LOOK_CUT)
        return 1;
    if (compare_head(path, *image, identity, err) == 0)
        return 0;
    return holds_nothing(*image, *used) ? 1 : -1;
}
