/* memory.h - memory that is there: a process that cannot allocate ends with a sentence. */
#ifndef CORE_BASE_MEMORY_H
#define CORE_BASE_MEMORY_H

#include <stddef.h>

/* Like malloc, calloc, realloc and strdup, but never NULL: when memory is out, prints how much
 * was asked for and ends the process with EXIT_MACHINE (under MPI the launcher ends the other
 * ranks). Free with free(). A size of zero gives a valid pointer. */
void *memory_get(size_t bytes);
void *memory_zeroed(size_t count, size_t bytes);
void *memory_resize(void *memory, size_t bytes);
char *memory_text(const char *text);

/* Copies `bytes` bytes into fresh memory. */
void *memory_copy(const void *from, size_t bytes);

static inline size_t memory_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Whole cache lines that hold so many bytes, in bytes. */
static inline size_t memory_in_lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* 64-byte aligned and zeroed, for kernels; free with free(). */
void *memory_aligned(size_t bytes);

#endif
