/* sample_note.h - what is to be said where calibration takes fewer samples than it might. */
#ifndef COORDINATOR_SAMPLE_NOTE_H
#define COORDINATOR_SAMPLE_NOTE_H

#include "coordinator/team.h"

/* Writes the note; NULL where there is nothing to say. */
enum { SAMPLE_NOTE_BYTES = 512 };
const char *sample_note(const struct config_model *model,
                        const struct team_case *opened, char text[SAMPLE_NOTE_BYTES]);

#endif
