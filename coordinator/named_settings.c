#include "coordinator/named_settings.h"

#include "coordinator/analyze/analyses.h"
#include "coordinator/methods/methods.h"

const struct config_named named_settings = {&methods_section, &analyses_section};
