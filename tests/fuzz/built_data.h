/* built_data.h - HDF5 files that are sound but odd, as bytes say: what lies behind HDF5 is to be fuzzed, not
 * the library. */
#ifndef TESTS_FUZZ_BUILT_DATA_H
#define TESTS_FUZZ_BUILT_DATA_H

#include <stddef.h>
#include <stdint.h>

/* Writes a file with datasets and attributes of the names that calq asks for. */
void built_data_write(const char *path, const uint8_t *bytes, size_t size);

#endif
