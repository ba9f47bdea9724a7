/* image.h - bytes as a file, for readers that open files. */
#ifndef TESTS_FUZZ_IMAGE_H
#define TESTS_FUZZ_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Writes the bytes to a file of that name in a folder in memory that belongs to this process, and returns
 * its path. The folder goes when the process ends well. */
const char *image_path(const char *name, const uint8_t *bytes, size_t size);

/* That folder, once there is a file. */
const char *image_folder(void);

#endif
