/* golden.h - numbers computed by the reference implementations, for tests to compare
 * with.
 *
 * They lie in the folder named by CALQ_GOLDEN, "../shared/golden" where that is not
 * set. A test whose file is absent calls skip(). */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* Writes the path of the file `name` and says whether it can be read. */
bool golden_path(const char *name, char *path, size_t path_bytes);

/* Parses the JSON file `name`. The caller releases it with json_decref.
 * Returns NULL when it is absent; fails the running test when it is there but broken.
 */
json_t *golden_open(const char *name);

/* The value under "a.b.c"; fails the running test when it is not there. Borrowed. */
json_t *golden_at(json_t *object, const char *path);

/* Copies the numbers of an array, or of an array of arrays row by row, and returns how
 * many there were; fails the running test when they are more than `capacity` or not
 * numbers. */
size_t golden_numbers(json_t *array, double *numbers, size_t capacity);

#endif
