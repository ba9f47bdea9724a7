/* config_value.h - the words and numbers of a configuration, strictly: text to value
 * and back.
 *
 * Readers give 0, or -1 and a sentence that goes on after the name of a setting:
 * "block: ...".
 */
#ifndef CORE_FORMAT_CONFIG_VALUE_H
#define CORE_FORMAT_CONFIG_VALUE_H

#include "core/format/config.h"

#include <float.h>
#include <stddef.h>

enum { CONFIG_VALUE_BYTES = 64 };

/* Both ends belong to it. */
struct config_interval {
    double low; /* CONFIG_ABOVE_0: whatever is above 0 */
    double high;
};

#define CONFIG_ABOVE_0 DBL_MIN

/* "1..4096", "above 0", "any" */
void config_value_interval_text(struct config_interval interval,
                                char text[CONFIG_VALUE_BYTES]);

/* -12, 0, +7, 0x1F, and 1e3, which is whole: no leading zeros, nothing after it. */
int config_value_whole(const char *text, struct config_interval range, long long *value,
                       struct error *err);

/* 2, -0.5, .02, +.5, 1., 1e-3, as YAML 1.2 writes numbers, but no leading zeros: finite. */
int config_value_real(const char *text, struct config_interval range, double *value,
                      struct error *err);

/* 0, 64KiB, 512MiB, 2GiB */
int config_value_size(const char *text, size_t *bytes, struct error *err);
void config_value_size_text(size_t bytes, char text[CONFIG_VALUE_BYTES]);

/* W4A8 or w4a8; the text is config_bits_text() */
int config_value_bits(const char *text, struct config_bits *bits, struct error *err);

/* The same, or W4 or A8 alone: of the other nothing is said. */
int config_value_some_bits(const char *text, struct override_bits *bits,
                           struct error *err);
void config_some_bits_text(struct override_bits bits, char text[16]);

/* all, 512, at most 512, 1000..9888 */
int config_value_range(const char *text, struct sample_range *range, struct error *err);
void config_value_range_text(struct sample_range range, char text[CONFIG_VALUE_BYTES]);

/* Letters, digits, '.', '_' and '-'; not "." or "..": a name becomes part of a path. */
int config_value_name(const char *text, struct error *err);

/* Replaces ${NAME} from the environment; `path` is owned by the caller. */
int config_value_path(const char *text, char **path, struct error *err);

#endif
