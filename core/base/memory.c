#include "core/base/memory.h"

#include "core/base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *never_null(void *memory, size_t bytes)
{
    if (!memory) {
        fprintf(stderr, "calq: out of memory: %zu bytes were needed\n", bytes);
        exit(EXIT_MACHINE);
    }
    return memory;
}

void *memory_get(size_t bytes)
{
    return never_null(malloc(bytes ? bytes : 1), bytes);
}

void *memory_zeroed(size_t count, size_t bytes)
{
    return never_null(calloc(count ? count : 1, bytes ? bytes : 1), count * bytes);
}

void *memory_resize(void *memory, size_t bytes)
{
    return never_null(realloc(memory, bytes ? bytes : 1), bytes);
}

char *memory_text(const char *text)
{
    return memory_copy(text, strlen(text) + 1);
}

void *memory_copy(const void *from, size_t bytes)
{
    void *copy = memory_get(bytes);

    if (bytes)
        memcpy(copy, from, bytes);
    return copy;
}

void *memory_aligned(size_t bytes)
{
    size_t rounded = memory_in_lines(bytes);
    void *memory = NULL;

    if (posix_memalign(&memory, 64, rounded ? rounded : 64) != 0)
        memory = NULL;
    return memset(never_null(memory, bytes), 0, rounded);
}
