/* version.h - which calq this is. */
#ifndef CORE_BASE_VERSION_H
#define CORE_BASE_VERSION_H

/* From `git describe` when it was built, or "unknown". */
const char *version(void);

#endif
