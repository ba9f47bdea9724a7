/* hash.h - hashes of contents, for provenance, comparison and signatures (xxHash3). */
#ifndef CORE_BASE_HASH_H
#define CORE_BASE_HASH_H

#include "core/base/error.h"

#include <stddef.h>
#include <stdint.h>

/* 64 bits of `bytes` bytes, chained through `seed`. */
uint64_t hash_bytes(const void *data, size_t bytes, uint64_t seed);

/* 128 bits: for keys that stand for what they were made of. */
struct hash128 {
    uint64_t words[2];
};

/* Goes on over `bytes` bytes; a hash begins with zeros. */
void hash128_add(struct hash128 *hash, const void *data, size_t bytes);

enum { HASH_TEXT_BYTES = 33 };

/* 32 hexadecimal digits. */
void hash128_text(const struct hash128 *hash, char text[HASH_TEXT_BYTES]);

/* The 128-bit hash of a file's content. */
int hash_file(const char *path, char text[HASH_TEXT_BYTES], struct error *err);

#endif
