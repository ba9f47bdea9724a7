/* config_defaults.h - settings that several models share: `defaults:` beside `models:`. */
#ifndef CORE_FORMAT_CONFIG_DEFAULTS_H
#define CORE_FORMAT_CONFIG_DEFAULTS_H

#include "core/format/config_node.h"

/* Gives each model the entries of `defaults` that it lacks, and takes `defaults` out of the tree. A section
 * that both have, as calibration: {...}, is completed in the same way; any other setting of a model stands
 * as it is. What is copied keeps its place, so that a mistake in it is told once. */
void config_defaults_apply(struct config_node *root, struct config_errors *errors);

#endif
