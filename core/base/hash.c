#include "core/base/hash.h"

#include "core/base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

uint64_t hash_bytes(const void *data, size_t bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, bytes, seed);
}

void hash128_add(struct hash128 *hash, const void *data, size_t bytes)
{
    XXH128_hash_t more = XXH3_128bits(data, bytes);
    uint64_t both[] = {hash->words[0], hash->words[1], more.low64, more.high64};

    more = XXH3_128bits(both, sizeof both);
    *hash = (struct hash128){{more.low64, more.high64}};
}

void hash128_text(const struct hash128 *hash, char text[HASH_TEXT_BYTES])
{
    snprintf(text, HASH_TEXT_BYTES, "%016llx%016llx",
             (unsigned long long)hash->words[1], (unsigned long long)hash->words[0]);
}

static int hash_stream(FILE *file, XXH3_state_t *state)
{
    enum { CHUNK = 1 << 20 };
    unsigned char *chunk = memory_get(CHUNK);
    size_t got;

    while ((got = fread(chunk, 1, CHUNK, file)) > 0)
        XXH3_128bits_update(state, chunk, got);
    free(chunk);
    return ferror(file) ? -1 : 0;
}

int hash_file(const char *path, char text[HASH_TEXT_BYTES], struct error *err)
{
    FILE *file = fopen(path, "rb");
    XXH3_state_t *state;
    XXH128_hash_t hash;
    int status;

    if (!file)
        return error_set(err, EXIT_INPUT, "cannot open %s: %s", path, strerror(errno));
    state = XXH3_createState();
    XXH3_128bits_reset(state);
    status = hash_stream(file, state);
    hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    fclose(file);
    if (status < 0)
        return error_set(err, EXIT_INPUT, "cannot read %s: %s", path, strerror(errno));
    hash128_text(&(struct hash128){{hash.low64, hash.high64}}, text);
    return 0;
}
