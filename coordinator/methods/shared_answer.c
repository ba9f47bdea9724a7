#include "coordinator/methods/shared_answer.h"

#include "core/base/draft.h"
#include "core/base/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a file begins with. */
struct head {
    char magic[16];
    uint64_t count;
    struct hash128 key, content;
};

static struct head head_of(const struct hash128 *key, const void *bytes, size_t count)
{
    struct head head = {.magic = "calq shared 1\n", .count = count, .key = *key};

    hash128_add(&head.content, bytes, count);
    return head;
}

static bool path_of(const char *folder, const struct hash128 *key, char path[PATH_MAX])
{
    char text[HASH_TEXT_BYTES];

    hash128_text(key, text);
    return folder && snprintf(path, PATH_MAX, "%s/shared/%s", folder, text) < PATH_MAX;
}

static bool read_from(FILE *file, const struct hash128 *key, char **bytes,
                      size_t *count)
{
    struct head head, expected;
    long size;

    if (fread(&head, sizeof head, 1, file) != 1 || fseek(file, 0, SEEK_END) != 0 ||
        (size = ftell(file)) < (long)sizeof head ||
        head.count != (uint64_t)size - sizeof head ||
        fseek(file, sizeof head, SEEK_SET) != 0)
        return false;
    *count = (size_t)head.count;
    *bytes = memory_zeroed(*count + 1, 1);
    if (fread(*bytes, 1, *count, file) == *count) {
        expected = head_of(key, *bytes, *count);
        if (memcmp(&head, &expected, sizeof head) == 0)
            return true;
    }
    free(*bytes);
    return false;
}

bool shared_answer_read(const char *folder, const struct hash128 *key, char **bytes,
                        size_t *count)
{
    char path[PATH_MAX];
    FILE *file = path_of(folder, key, path) ? fopen(path, "rb") : NULL;
    bool is_read;

    if (!file)
        return false;
    is_read = read_from(file, key, bytes, count);
    fclose(file);
    return is_read;
}

void shared_answer_write(const char *folder, const struct hash128 *key,
                         const void *bytes, size_t count)
{
    struct head head = head_of(key, bytes, count);
    char path[PATH_MAX];
    struct error ignored;
    FILE *file;

    if (!path_of(folder, key, path))
        return;
    *strrchr(path, '/') = '\0';
    if (draft_make_folder(path, &ignored) < 0 || !path_of(folder, key, path) ||
        !(file = draft_open(path, &ignored)))
        return;
    draft_close(file, path,
                fwrite(&head, sizeof head, 1, file) == 1 &&
                        fwrite(bytes, 1, count, file) == count
                    ? 0
                    : -1,
                &ignored);
}
