#include "coordinator/sample_note.h"

#include <stdio.h>

const char *sample_note(const struct config_model *model,
                        const struct team_case *opened, char text[SAMPLE_NOTE_BYTES])
{
    const struct config_data *data = &model->calibration;
    size_t taken = opened->calibration_samples + opened->check_samples;

    if (!data->samples.at_most || taken >= data->samples.count)
        return NULL;
    snprintf(text, SAMPLE_NOTE_BYTES,
             "calibration uses all %zu samples of %s, which has fewer than %zu "
             "(samples: at most %zu)",
             taken, data->file, data->samples.count, data->samples.count);
    return text;
}
