/* version.h - which calq this is. */
#ifndef CORE_BASE_VERSION_H
#define CORE_BASE_VERSION_H

/* Raised whenever calq computes other digits from the same files and settings: journals and results
 * of other digits are not gone on with. */
enum { VERSION_DIGITS = 1 };

/* From `git describe` when it was built, or "unknown". */
const char *version(void);

#endif
