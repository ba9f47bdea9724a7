/* named_settings.h - the settings of all methods and all analyses, for config_read(). */
#ifndef COORDINATOR_NAMED_SETTINGS_H
#define COORDINATOR_NAMED_SETTINGS_H

#include "core/format/config.h"

extern const struct config_named named_settings;

#endif
