#include "core/onnx/onnx_lacks.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_operators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an output is while calq looks for what is lacking. */
enum kind { CONSTANT, COMPUTED, UNKNOWN /* behind a node that is lacking */ };

static enum kind kind_of_inputs(const struct onnx_graph *graph, const enum kind *kinds,
                                const Onnx__NodeProto *node)
{
    enum kind worst = CONSTANT;

    for (size_t i = 0; i < node->n_input; i++) {
        const struct onnx_value *value;
        enum kind kind;

        if (!*node->input[i])
            continue;
        value = onnx_graph_find(graph, node->input[i]);
        kind = value->producer >= 0 ? kinds[value->producer]
               : value->initialiser ? CONSTANT
                                    : COMPUTED;
        if (kind == UNKNOWN)
            return UNKNOWN;
        if (kind > worst)
            worst = kind;
    }
    return worst;
}

static void add(struct onnx_lacks *lacks, const Onnx__NodeProto *node, int index,
                bool on_computed)
{
    size_t count = lacks->count++;

    /* Room grows by doubling: at 1, 2, 4 ... nodes. */
    if ((count & (count - 1)) == 0)
        lacks->list =
            memory_resize(lacks->list, (count ? 2 * count : 1) * sizeof *lacks->list);
    lacks->list[count] = (struct onnx_lack){
        .proto = node, .index = index, .on_computed = on_computed, .count = 1};
}

/* Each node that is lacking becomes an entry. */
static void collect(const struct onnx_graph *graph, const bool *is_needed,
                    struct onnx_lacks *lacks)
{
    size_t nodes = graph->proto->n_node;
    enum kind *kinds = memory_zeroed(nodes, sizeof *kinds);

    for (size_t i = 0; i < nodes; i++) {
        const Onnx__NodeProto *node = graph->proto->node[i];
        const struct onnx_operator *op;
        enum kind inputs;

        if (!is_needed[i])
            continue;
        op = onnx_operator_find(node->op_type);
        inputs = kind_of_inputs(graph, kinds, node);
        kinds[i] = inputs;
        if (!op || !onnx_domain_is_default(node->domain)) {
            add(lacks, node, (int)i, false);
            kinds[i] = UNKNOWN;
        } else if (op->scope == ONNX_ON_SHAPES) {
            kinds[i] = CONSTANT;
        } else if (op->scope == ONNX_ON_CONSTANTS && inputs == COMPUTED) {
            add(lacks, node, (int)i, true);
            kinds[i] = UNKNOWN;
        }
    }
    free(kinds);
}

static const char *domain_of(const struct onnx_lack *lack)
{
    return onnx_domain_is_default(lack->proto->domain) ? "" : lack->proto->domain;
}

static int compare_operators(const struct onnx_lack *a, const struct onnx_lack *b)
{
    int by_domain = strcmp(domain_of(a), domain_of(b));
    int by_name = strcmp(a->proto->op_type, b->proto->op_type);

    if (by_domain != 0)
        return by_domain;
    return by_name != 0 ? by_name : (int)a->on_computed - (int)b->on_computed;
}

static int by_operator(const void *a, const void *b)
{
    const struct onnx_lack *first = a, *second = b;
    int order = compare_operators(first, second);

    return order != 0 ? order : first->index - second->index;
}

static int by_count(const void *a, const void *b)
{
    const struct onnx_lack *first = a, *second = b;

    if (first->count != second->count)
        return first->count < second->count ? 1 : -1;
    return first->index - second->index;
}

/* Entries of the same operator become one. */
static void merge(struct onnx_lacks *lacks)
{
    size_t kept = 0;

    for (size_t i = 0; i < lacks->count; i++) {
        struct onnx_lack *last = kept ? &lacks->list[kept - 1] : NULL;

        if (last && compare_operators(last, &lacks->list[i]) == 0)
            last->count++;
        else
            lacks->list[kept++] = lacks->list[i];
    }
    lacks->count = kept;
}

void onnx_lacks_find(const struct onnx_graph *graph, const bool *is_needed,
                     struct onnx_lacks *lacks)
{
    *lacks = (struct onnx_lacks){.count = 0};
    collect(graph, is_needed, lacks);
    if (lacks->count == 0)
        return;
    qsort(lacks->list, lacks->count, sizeof *lacks->list, by_operator);
    merge(lacks);
    qsort(lacks->list, lacks->count, sizeof *lacks->list, by_count);
}

void onnx_lacks_clear(struct onnx_lacks *lacks)
{
    free(lacks->list);
    *lacks = (struct onnx_lacks){.count = 0};
}

const char *onnx_lacks_text(const struct onnx_lacks *lacks, char *text, size_t bytes)
{
    enum { TAIL_BYTES = 48, NAME_MOST = 100 }; /* room for " and ... more" */
    size_t used = 0;

    *text = '\0';
    for (size_t i = 0; i < lacks->count; i++) {
        const struct onnx_lack *lack = &lacks->list[i];
        const char *domain = domain_of(lack);
        char one[2 * NAME_MOST + TAIL_BYTES];
        int length =
            snprintf(one, sizeof one, "%s%.*s%s%.*s%s (%zu)", i ? ", " : "", NAME_MOST,
                     domain, *domain ? "." : "", NAME_MOST, lack->proto->op_type,
                     lack->on_computed ? " on computed values" : "", lack->count);

        if (used + (size_t)length + TAIL_BYTES > bytes) {
            snprintf(text + used, bytes - used, " and %zu operators more",
                     lacks->count - i);
            break;
        }
        memcpy(text + used, one, (size_t)length + 1);
        used += (size_t)length;
    }
    return text;
}

/* ---- what to do ---- */

static bool is_of_runtime(const struct onnx_lack *lack)
{
    return strncmp(domain_of(lack), "com.microsoft", strlen("com.microsoft")) == 0;
}

static bool is_of_others(const struct onnx_lack *lack)
{
    return *domain_of(lack) && !is_of_runtime(lack);
}

static bool is_of_sequences(const struct onnx_lack *lack)
{
    return !*domain_of(lack) && (strstr(lack->proto->op_type, "Sequence") ||
                                 strncmp(lack->proto->op_type, "Optional", 8) == 0);
}

static const struct {
    bool (*fits)(const struct onnx_lack *lack);
    const char *advice;
} advices[] = {
    {is_of_runtime,
     "those of com.microsoft are what ONNX Runtime makes where it optimises "
     "or quantizes: take the file from before; "},
    {is_of_others, "of other domains than ONNX's own calq knows none: export without "
                   "them; "},
    {is_of_sequences,
     "sequences and optional values have no fixed shape: export without "
     "them; "},
};

const char *onnx_lacks_advice(const struct onnx_lacks *lacks, char *text)
{
    *text = '\0';
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        for (size_t k = 0; k < lacks->count; k++)
            if (advices[i].fits(&lacks->list[k])) {
                strcat(text, advices[i].advice);
                break;
            }
    return text;
}
