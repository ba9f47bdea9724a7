/* zip_file.h - the files in a ZIP file, such as the arrays of NumPy's savez(): stored or deflated, also
 * larger than 4 GiB. */
#ifndef CORE_FORMAT_ZIP_FILE_H
#define CORE_FORMAT_ZIP_FILE_H

#include "core/format/byte_stream.h"

struct zip_file; /* opaque */

/* Reads the list of its files. NULL on failure (EXIT_INPUT, the sentence names the file). */
struct zip_file *zip_file_open(const char *path, struct error *err);
void zip_file_close(struct zip_file *zip); /* takes NULL */

int zip_file_count(const struct zip_file *zip);

/* Borrowed while it is open. */
const char *zip_file_name(const struct zip_file *zip, int index);

/* What is in a file of it; at its end the checksum is compared. NULL on failure. Close with
 * byte_stream_close(), before the ZIP file. */
struct byte_stream *zip_file_stream(const struct zip_file *zip, int index,
                                    struct error *err);

#endif
