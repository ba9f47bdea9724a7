/* config_settings.h - the settings one after the other, as people name them: for help, the manual page and
 * the completions of shells.
 */
#ifndef CORE_FORMAT_CONFIG_SETTINGS_H
#define CORE_FORMAT_CONFIG_SETTINGS_H

#include "core/format/config_schema.h"

struct config_setting {
    const char *path; /* "models.0.calibration.file", as --set takes it */
    int depth;        /* 0: of the configuration itself */
    const char *type; /* "whole number, 1..4096; default 8" */
    const struct config_field *field;
};

/* Visits all settings, a section's own behind it. What is borrowed is valid during the visit. */
void config_settings_each(const struct config_named *named,
                          void (*visit)(void *context,
                                        const struct config_setting *setting),
                          void *context);

#endif
