/* case_data.h - the data files of a model, opened for its network. */
#ifndef CORE_CASE_CASE_DATA_H
#define CORE_CASE_CASE_DATA_H

#include "core/format/config.h"
#include "core/format/data_file.h"

/* Opens what the inputs of `network` read in `data->file`; see data_file_open(). Fails with EXIT_CONFIG where
 * the configured inputs are not those of the network, else as that function does. */
struct data_file *case_data_open(const struct config_model *model,
                                 const struct network *network,
                                 const struct config_data *data, bool needs_labels,
                                 struct error *err);

/* What is configured for an input of the network, whose inputs were checked. */
const struct config_input *case_data_input(const struct config_model *model,
                                           const struct network *network, int input);

/* Fails with EXIT_CONFIG where the configured inputs are not those of the network. */
int case_data_check_inputs(const struct config_model *model,
                           const struct network *network, struct error *err);

#endif
