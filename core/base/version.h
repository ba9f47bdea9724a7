/* version.h - which calq this is. */
#ifndef CORE_BASE_VERSION_H
#define CORE_BASE_VERSION_H

/* Raised whenever calq computes other digits from the same files and settings, asks other questions
 * under the same keys, or writes other answers to its journals: those of another number are not gone
 * on with. */
enum { VERSION_DIGITS = 7 };

/* From `git describe` when it was built, or "unknown". */
const char *version(void);

#endif
