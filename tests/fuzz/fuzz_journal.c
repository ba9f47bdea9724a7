/* fuzz_journal.c - bytes as a journal: summarised, held against an identity, opened, asked and added to.
 *
 * Checksums keep all damage out of records, so an input that begins with a letter is made a journal: of
 * letters, each of which begins a record with as many bytes of payload as the next byte says. */
#include "core/base/memory.h"
#include "core/format/journal.h"
#include "core/format/journal_file.h"
#include "core/format/journal_summary.h"
#include "tests/fuzz/image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char identity[] = "digits: 2\nseed: 0\n";

enum { MAGIC_BYTES = 16, ROOM = 1 << 16 };

/* Appends a record; its key has few values, so that some are equal. */
static size_t put(char *image, size_t used, struct journal_head head,
                  const void *payload)
{
    char *record = journal_file_record(&head, payload, used);
    size_t bytes = journal_file_bytes(&head);

    memcpy(image + used, record, bytes);
    free(record);
    return used + bytes;
}

static size_t make_journal(const uint8_t *bytes, size_t size, char *image)
{
    struct journal_head head = {.bytes = sizeof identity - 1, .kind = JOURNAL_IDENTITY};
    size_t used, at = 0;

    memcpy(image, "calq journal 4\n", MAGIC_BYTES);
    used = put(image, MAGIC_BYTES, head, identity);
    while (at + 2 <= size && isalpha(bytes[at]) && used + 512 < ROOM) {
        head = (struct journal_head){
            .bytes = bytes[at + 1], .kind = bytes[at] % 16, .key = {bytes[at] / 32, 0}};
        head.cost.seconds = bytes[at];
        if (head.bytes > size - at - 2)
            break;
        used = put(image, used, head, bytes + at + 2);
        at += 2 + head.bytes;
    }
    memcpy(image + used, bytes + at, size - at < ROOM - used ? size - at : ROOM - used);
    return used + (size - at < ROOM - used ? size - at : ROOM - used);
}

static void ask_and_add(struct journal *journal)
{
    static const struct hash128 asked = {2, 0}, added = {99, 4};
    struct error err = {0};
    const struct journal_cost spent = {.seconds = 1};
    int64_t answer[6] = {0};
    struct journal_cost cost;

    for (size_t bytes = 0; bytes <= sizeof answer; bytes += 8)
        journal_find(journal, &asked, answer, bytes, &cost);
    answer[0] = 5;
    if (journal_add(journal, JOURNAL_SCORE, &added, answer, sizeof answer, &spent,
                    &err) < 0)
        abort();
    memset(answer, 0, sizeof answer);
    if (!journal_find(journal, &added, answer, sizeof answer, &cost) || answer[0] != 5)
        abort(); /* what was added is not there */
}

/* What was opened once is whole afterwards. */
static void open_twice(const char *path)
{
    struct error err = {0};
    struct journal *journal = journal_open(path, identity, &err);
    size_t answers;

    if (!journal)
        return;
    ask_and_add(journal);
    answers = journal_answers(journal);
    if (journal_close(journal, &err) < 0)
        abort();
    journal = journal_open(path, identity, &err);
    if (!journal || journal_damage(journal) > 0 || journal_answers(journal) <= answers)
        abort();
    journal_close(journal, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char image[ROOM];
    struct journal_summary summary;
    struct error err = {0};
    const char *path;

    if (size > 0 && isalpha(bytes[0]) && memcmp(bytes, "c", 1) != 0) {
        size = make_journal(bytes, size, image);
        bytes = (const uint8_t *)image;
    }
    path = image_path("journal", bytes, size);
    journal_summarize(path, &summary);
    journal_compare(path, identity, &err);
    open_twice(path);
    return 0;
}
