/* overhead_notes.h - what a result costs beyond its bits. */
#ifndef COORDINATOR_OVERHEAD_NOTES_H
#define COORDINATOR_OVERHEAD_NOTES_H

#include "core/format/result.h"

/* Finds what split channels and second tensors cost at the result's steps, where the method has any:
 * result->overhead, and notes for the table. */
void overhead_notes(struct result *result);

#endif
