/* layerwise_methods.h - methods that give each tensor its step by a rule, and search no further. */
#ifndef COORDINATOR_METHODS_LAYERWISE_METHODS_H
#define COORDINATOR_METHODS_LAYERWISE_METHODS_H

#include "coordinator/methods/methods.h"

extern const struct method minmax_method, percentile_method, mmse_method, lp_method,
    cosine_method, aciq_method, kld_method;

/* Their settings, and those that methods of other files share with them. */
extern const struct config_section layerwise_section, layerwise_section_shared;

/* One evaluation a start. */
long layerwise_evaluations(const struct config_method_settings *settings, int steps,
                           int starts);

#endif
