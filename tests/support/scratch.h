/* scratch.h - the temporary folder of a test program, and one file in it. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

/* Both are valid once the folder is made; nobody but the tests writes the file. */
extern char scratch_folder[], scratch_file[];

/* Setup and teardown of a group of cmocka tests. What is left in the folder besides the file
 * makes the teardown fail. */
int scratch_make(void **state);
int scratch_remove(void **state);

#endif
