/* result_lists.h - values of result.json that are lists of tensors or layers. */
#ifndef CORE_FORMAT_RESULT_LISTS_H
#define CORE_FORMAT_RESULT_LISTS_H

#include <stdbool.h>

struct json_t;

/* Of a struct result, to which its network and placement are lent; null: there are none. */
struct json_t *result_lists_steps(const void *result);
struct json_t *result_lists_kept(const void *result);
struct json_t *result_lists_batchnorms(const void *result);
struct json_t *result_lists_bias_shifts(const void *result);
struct json_t *result_lists_overhead(const void *result);

/* Steps, and what searching each took and gained, into a struct result with room for them. */
bool result_lists_read_steps(const struct json_t *list, void *result);

#endif
