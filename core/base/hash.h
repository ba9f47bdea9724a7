/* hash.h - hashes of contents, for provenance, comparison and signatures (xxHash3). */
#ifndef CORE_BASE_HASH_H
#define CORE_BASE_HASH_H

#include "core/base/error.h"

#include <stddef.h>
#include <stdint.h>

/* 64 bits of `bytes` bytes, chained through `seed`. */
uint64_t hash_bytes(const void *data, size_t bytes, uint64_t seed);

enum { HASH_TEXT_BYTES = 33 };

/* The 128-bit hash of a file's content as 32 hexadecimal digits. */
int hash_file(const char *path, char text[HASH_TEXT_BYTES], struct error *err);

#endif
