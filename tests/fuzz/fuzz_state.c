/* fuzz_state.c - bytes as the state of a result: read, put in force in a network, and written again.
 *
 * The checksum keeps all damage out of the rows, so an input that begins with a letter is taken for rows,
 * and the file is made around them. */
#include "core/base/memory.h"
#include "core/format/state_file.h"
#include "tests/fuzz/image.h"
#include "tests/fuzz/small_network.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] = "calq state 1\n";

enum {
    HEAD_BYTES = sizeof head - 1,
    LAST_BYTES = sizeof "checksum " + HASH_TEXT_BYTES
};

/* The file around rows [size]; owned by the caller. */
static char *make_file(const uint8_t *rows, size_t size, size_t *bytes,
                       char checksum[HASH_TEXT_BYTES])
{
    char *file = memory_get(HEAD_BYTES + size + LAST_BYTES);
    struct hash128 hash = {{0}};

    memcpy(file, head, HEAD_BYTES);
    memcpy(file + HEAD_BYTES, rows, size);
    hash128_add(&hash, file, HEAD_BYTES + size);
    hash128_text(&hash, checksum);
    *bytes = HEAD_BYTES + size +
             (size_t)sprintf(file + HEAD_BYTES + size, "checksum %s\n", checksum);
    return file;
}

/* What was read once is read again from what is written of it. */
static void write_and_read(const struct state *state, const char *path)
{
    char checksum[HASH_TEXT_BYTES];
    struct state back;
    struct error err;

    if (state_file_write(state, path, checksum, &err) < 0 ||
        state_file_read(path, checksum, &back, &err) < 0 ||
        !state_is_equal(state, &back))
        abort();
    state_clear(&back);
}

static void put_and_restore(const struct state *state)
{
    static const struct state none;
    struct placement placement;
    struct network *network = (struct network *)small_network(&placement);
    struct error err;

    if (state_check(state, network, &placement, &err) == 0) {
        state_put(state, network, &placement);
        state_put(&none, network, &placement);
    }
    placement_clear(&placement);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char checksum[HASH_TEXT_BYTES] = "";
    struct state state;
    struct error err;
    const char *path;

    if (size > 0 && isalpha(bytes[0]) && bytes[0] != head[0]) {
        char *file = make_file(bytes, size, &size, checksum);

        path = image_path("state", (const uint8_t *)file, size);
        free(file);
    } else {
        path = image_path("state", bytes, size);
    }
    if (state_file_read(path, checksum, &state, &err) == 0) {
        write_and_read(&state, path);
        put_and_restore(&state);
    }
    state_clear(&state);
    return 0;
}
