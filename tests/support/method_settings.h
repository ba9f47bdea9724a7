/* method_settings.h - the settings of a method as a configuration would have them. */
#ifndef TESTS_SUPPORT_METHOD_SETTINGS_H
#define TESTS_SUPPORT_METHOD_SETTINGS_H

#include "core/format/config.h"

/* From "{name: lapq, sweeps: 8}" or "mmse"; fails the test where that is none. */
struct config_method_settings method_settings(const char *text);

#endif
