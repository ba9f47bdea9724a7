#include "coordinator/methods/methods.h"

#include "coordinator/methods/dual.h"
#include "coordinator/methods/lapq.h"
#include "coordinator/methods/layerwise_methods.h"
#include "coordinator/methods/mixed.h"

/* In the order of the help. */
static const struct method *const methods[] = {
    &minmax_method, &percentile_method, &mmse_method, &lp_method,   &cosine_method,
    &aciq_method,   &kld_method,        &lapq_method, &dual_method, &mixed_method,
};

static const struct config_field name_fields[] = {
    {"name", KIND_ROW, CONFIG_AT(config_method_settings, method), NULL,
     .help = "the method", .required = "name: mmse",
     .words = {methods, CONFIG_COUNT(methods), sizeof *methods, true, true}},
};

static const struct config_section name = CONFIG_FIELDS(name_fields);

/* Settings of one method make sense with its name alone; see `only` in config_schema.h. */
static const struct config_section *const parts[] = {
    &name,          &config_schema_method,       &layerwise_section_shared,
    &dual_section,  &layerwise_section,          &lapq_section,
    &mixed_section, &config_schema_method_title, NULL,
};

const struct config_section methods_section = {
    .what = "a method", .one_line = true, .bare = true, .parts = parts};

const struct method *method_of(const struct config_method_settings *settings)
{
    return (const struct method *)settings->method;
}
