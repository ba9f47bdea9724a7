/* case_data.h - the data files of a model, opened for its network. */
#ifndef CORE_CASE_CASE_DATA_H
#define CORE_CASE_CASE_DATA_H

#include "core/format/config.h"
#include "core/format/data_file.h"

/* Samples to search with, which have labels where the loss needs them, and samples to judge by, which have
 * labels and, where they are configured, groups. */
enum case_data_use { CASE_DATA_TO_SEARCH, CASE_DATA_TO_JUDGE };

/* Opens what the inputs of `network` read in `data->file`; see data_file_open(). Fails with EXIT_CONFIG where
 * the configured inputs are not those of the network, else as that function does. */
struct data_file *case_data_open(const struct config_model *model,
                                 const struct network *network,
                                 const struct config_data *data, enum case_data_use use,
                                 struct error *err);

/* Whether labels are numbers that outputs are held against, not classes. */
bool case_data_has_numbers(const struct config_model *model);

/* What is configured for an input of the network, whose inputs were checked. */
const struct config_input *case_data_input(const struct config_model *model,
                                           const struct network *network, int input);

/* Fails with EXIT_CONFIG where the configured inputs are not those of the network. */
int case_data_check_inputs(const struct config_model *model,
                           const struct network *network, struct error *err);

#endif
