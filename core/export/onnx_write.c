#include "core/export/onnx_write.h"

#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/export/onnx_carriers.h"
#include "core/export/onnx_in_float.h"
#include "core/export/onnx_opset.h"
#include "core/export/onnx_opset_rows.h"
#include "core/export/onnx_write_parts.h"
#include "core/layer/weight_ratios.h"
#include "core/network/early_codes.h"
#include "core/network/kernel_rounding.h"
#include "core/network/layer_kind.h"
#include "core/onnx/onnx_choices.h"
#include "core/onnx/onnx_decision.h"
#include "core/onnx/onnx_external.h"
#include "core/onnx/onnx_file.h"
#include "core/onnx/onnx_scan.h"

#include <stdlib.h>
#include <string.h>

static int index_of(const struct onnx_calibrated *calibrated, const struct layer *layer)
{
    return (int)(layer - calibrated->network->layers);
}

struct weight_rules onnx_weight_rules(const struct onnx_calibrated *calibrated,
                                      const struct layer *layer)
{
    const struct placement *placement = calibrated->placement;
    int item = placement_of_weights(placement, index_of(calibrated, layer), 0);

    return placement_weight_rules(&placement->items[item], &calibrated->rules);
}

bool onnx_rounds_like_kernel(const struct onnx_calibrated *calibrated,
                             const struct layer *layer)
{
    return kernel_rounding_has(
        &(struct kernel_rounding){
            .network = calibrated->network,
            .placement = calibrated->placement,
            .rules = &calibrated->rules,
            .held = calibrated->held,
            .choices = calibrated->choices,
        },
        index_of(calibrated, layer));
}

struct quantizer onnx_quantizer_of(const struct onnx_calibrated *calibrated, int item)
{
    return choice_quantizer(calibrated->choices[item]);
}

/* Activations have 8 bits at least: where ONNX Runtime 1.30 gives the buffer of integers of 4 bits to the next
 * tensor, of a byte each, that is written past its end. */
struct container onnx_container_of(const struct onnx_calibrated *calibrated, int item)
{
    const struct quantizer quantizer = onnx_quantizer_of(calibrated, item);

    return container_of(&quantizer, calibrated->placement->items[item].is_weight
                                        ? calibrated->narrowest
                                        : 8);
}

/* ---- the opset ---------------------------------------------------------------------------- */

/* That of folded codes depends on what they are. */
static struct container container_of_item(const struct onnx_calibrated *calibrated,
                                          int item)
{
    const struct quantized_tensor *tensor = &calibrated->placement->items[item];
    const struct quantizer quantizer = onnx_quantizer_of(calibrated, item);
    struct container container = onnx_container_of(calibrated, item);
    struct coded_weights weights;
    struct weight_rules rules;

    if (tensor->wide.added == 0)
        return container;
    rules = placement_weight_rules(tensor, &calibrated->rules);
    coded_weights_init(&weights, placement_weights(calibrated->network, tensor), &rules,
                       &quantizer, calibrated->narrowest);
    container = weights.container;
    coded_weights_clear(&weights);
    return container;
}

/* The opset that has the type of an item's integers, and steps of blocks. */
static int opset_of(const struct onnx_calibrated *calibrated, int item)
{
    enum { OPSET_OF_BLOCKS = 21 };
    const struct container container = container_of_item(calibrated, item);
    int opset = container_opset(&container);

    return calibrated->placement->items[item].block > 0 && opset < OPSET_OF_BLOCKS
               ? OPSET_OF_BLOCKS
               : opset;
}

static bool is_written_plainly(const struct onnx_calibrated *calibrated, int item)
{
    const struct quantized_tensor *tensor = &calibrated->placement->items[item];

    return tensor->is_weight &&
           onnx_is_plain(calibrated, &calibrated->network->layers[tensor->index]);
}

/* Since opset 11 Resize says where pixels lie, in other words than Upsample and its own first opset. */
static int refuse_resizes(const struct onnx_edit *edit, int wanted, struct error *err)
{
    enum { OPSET_OF_PLACES = 11 };
    const Onnx__GraphProto *graph = edit->model->graph;

    if (onnx_opset(edit->model) >= OPSET_OF_PLACES || wanted < OPSET_OF_PLACES)
        return 0;
    for (size_t i = 0; i < graph->n_node; i++)
        if (strcmp(graph->node[i]->op_type, "Upsample") == 0 ||
            strcmp(graph->node[i]->op_type, "Resize") == 0)
            return error_set(err, EXIT_INPUT,
                             "node \"%s\" is a %s of an opset before %d, and codes "
                             "need opset %d; write the network with opset %d or later",
                             graph->node[i]->name ? graph->node[i]->name : "",
                             graph->node[i]->op_type, OPSET_OF_PLACES, wanted,
                             OPSET_OF_PLACES);
    return 0;
}

static int raise_opset(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                       struct error *err)
{
    int wanted = 0;

    for (int item = 0; item < calibrated->placement->count; item++) {
        if (!is_written_plainly(calibrated, item) &&
            opset_of(calibrated, item) > wanted)
            wanted = opset_of(calibrated, item);
    }
    if (onnx_opset_keep_rows(edit, calibrated->network, wanted, err) < 0 ||
        refuse_resizes(edit, wanted, err) < 0)
        return -1;
    onnx_opset_raise(edit, wanted);
    return 0;
}

/* ---- all ---------------------------------------------------------------------------------- */

/* Which layers are exact, and what tensors are dequantized to. */
struct plan {
    bool *is_exact; /* [layers] owned */
    char **values;  /* [placement->count] NULL: of weights, or not written yet; owned */
};

static struct plan plan_of(const struct onnx_edit *edit,
                           const struct onnx_calibrated *calibrated)
{
    int layers = calibrated->network->layer_count;
    struct plan plan = {
        .is_exact = memory_zeroed((size_t)layers, sizeof *plan.is_exact),
        .values =
            memory_zeroed((size_t)calibrated->placement->count, sizeof *plan.values),
    };

    for (int index = 0; index < layers; index++) {
        int item = placement_of_weights(calibrated->placement, index, 0);
        struct quantizer weights;

        if (item < 0 || !calibrated->is_exact ||
            calibrated->placement->items[item].block > 0)
            continue;
        weights = onnx_quantizer_of(calibrated, item);
        plan.is_exact[index] = onnx_is_exact(edit, calibrated, index, &weights);
    }
    return plan;
}

static void plan_clear(struct plan *plan, int items)
{
    for (int item = 0; item < items; item++)
        free(plan->values[item]);
    free(plan->values);
    free(plan->is_exact);
}

static void write_exact(struct onnx_edit *edit,
                        const struct onnx_calibrated *calibrated,
                        const struct plan *plan, int index,
                        const struct quantizer *output)
{
    struct quantizer quantizer = onnx_quantizer_of(
        calibrated, placement_of_weights(calibrated->placement, index, 0));

    onnx_write_exact_layer(edit, calibrated, index, &quantizer, output, plan->values);
}

/* An exact layer stands before its output is rounded, all others may be written afterwards. */
static void write_tensor(struct onnx_edit *edit,
                         const struct onnx_calibrated *calibrated,
                         const struct plan *plan, int item)
{
    int tensor = calibrated->placement->items[item].index;
    int producer = calibrated->network->tensors[tensor].producer;
    bool is_exact = producer >= 0 && plan->is_exact[producer];
    struct quantizer quantizer = onnx_quantizer_of(calibrated, item);
    int after = onnx_edit_producer(edit, calibrated->network->tensors[tensor].name);

    if (is_exact)
        write_exact(edit, calibrated, plan, producer, &quantizer);
    plan->values[item] = onnx_write_activation(
        edit, calibrated, item, calibrated->network->tensors[tensor].name, after,
        is_exact);
}

static void write_conv(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                       const struct plan *plan, int index)
{
    const struct layer *layer = &calibrated->network->layers[index];
    const struct placement *placement = calibrated->placement;
    struct quantizer quantizer;

    if (placement_of_weights(placement, index, 0) < 0) {
        onnx_write_float_layer(edit, calibrated, layer);
    } else if (!plan->is_exact[index]) {
        quantizer =
            onnx_quantizer_of(calibrated, placement_of_weights(placement, index, 0));
        onnx_write_layer(edit, calibrated, layer, &quantizer);
    } else if (placement->of_tensor[layer->output] < 0) {
        write_exact(edit, calibrated, plan, index, NULL);
    }
}

static void write_embedding(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated, int index)
{
    int item = placement_of_weights(calibrated->placement, index, 0);
    struct quantizer quantizer;

    if (item < 0)
        return;
    quantizer = onnx_quantizer_of(calibrated, item);
    onnx_write_table(edit, calibrated, &calibrated->network->layers[index], &quantizer);
}

/* The other tensors that hold codes of an item in integer kernels. */
static void write_carriers(struct onnx_edit *edit,
                           const struct onnx_calibrated *calibrated,
                           const struct onnx_carriers *carriers)
{
    for (size_t i = 0; i < carriers->count; i++) {
        const struct onnx_carrier *carrier = &carriers->list[i];

        free(onnx_write_activation(edit, calibrated, carrier->item, carrier->name,
                                   carrier->node, false));
    }
}

/* Dilations of one are what absent ones are; ONNX Runtime's pools of codes know none (1.30). */
static void drop_dilations(struct onnx_edit *edit, const struct layer *layer)
{
    Onnx__NodeProto *node;

    if (layer->kind != LAYER_AVERAGE_POOL || layer->node < 0 ||
        layer->window.dilation_height != 1 || layer->window.dilation_width != 1)
        return;
    node = edit->model->graph->node[layer->node];
    if (strcmp(node->op_type, "AveragePool") == 0)
        onnx_edit_drop_attribute(node, "dilations");
}

static void write_pool(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                       const struct plan *plan, int index)
{
    const struct layer *layer = &calibrated->network->layers[index];
    int item = calibrated->placement->of_tensor[layer->output];

    if (layer->kind == LAYER_AVERAGE_POOL && item >= 0)
        onnx_write_mean(edit, calibrated, index, plan->values[item]);
}

static void write_items(struct onnx_edit *edit,
                        const struct onnx_calibrated *calibrated,
                        const struct plan *plan)
{
    const struct placement *placement = calibrated->placement;
    const struct network *network = calibrated->network;
    struct onnx_carriers carriers = {0};

    if (calibrated->for_integer_kernels)
        onnx_carriers_find(edit->model->graph, network, placement, calibrated->choices,
                           calibrated->held, &carriers);
    onnx_write_last_states(edit, calibrated, &carriers);
    /* Activations first: what is added to layers reads what the layers read. */
    for (int item = 0; item < placement->count; item++)
        if (!placement->items[item].is_weight)
            write_tensor(edit, calibrated, plan, item);
    write_carriers(edit, calibrated, &carriers);
    for (int index = 0; index < network->layer_count; index++)
        drop_dilations(edit, &network->layers[index]);
    for (int index = 0; calibrated->for_integer_kernels && index < network->layer_count;
         index++)
        write_pool(edit, calibrated, plan, index);
    for (int index = 0; index < network->layer_count; index++) {
        if (layer_is_of_recurrence(network, &network->layers[index]))
            onnx_write_recurrent(edit, calibrated, index);
        else if (network->layers[index].kind == LAYER_CONV)
            write_conv(edit, calibrated, plan, index);
        if (network->layers[index].kind == LAYER_EMBEDDING)
            write_embedding(edit, calibrated, index);
    }
    for (int item = 0; item < placement->count; item++)
        if (plan->values[item])
            onnx_edit_drop_added(edit, plan->values[item]);
    onnx_carriers_clear(&carriers);
}

static int check_exact(const struct onnx_calibrated *calibrated,
                       const struct plan *plan, struct error *err)
{
    bool has_exact = false;

    for (int index = 0; index < calibrated->network->layer_count; index++)
        has_exact = has_exact || plan->is_exact[index];
    return !calibrated->is_exact || has_exact
               ? 0
               : error_set(err, EXIT_INPUT,
                           "no layer multiplies quantized weights with codes, so there "
                           "is nothing to write exactly; export without --exact");
}

/* ONNX has steps of weights along one dimension of the file's, and channels of such layers lie along two. */
static int check_steps(const struct quantized_tensor *tensor, const struct layer *layer,
                       struct error *err)
{
    if (!tensor->ratios || !layer->weights->is_turned || layer->weights->groups == 1)
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "%s is a ConvTranspose with %d groups, and ONNX cannot say a step for "
        "each of its channels; calibrate with one step for all, or keep it in "
        "float",
        layer->name, layer->weights->groups);
}

/* Nor of a node that goes in two directions. */
static int check_directions(const struct network *network,
                            const struct quantized_tensor *tensor, struct error *err)
{
    const struct layer *layer = &network->layers[tensor->index];

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *other = &network->layers[index];

        if (layer_recurs(other) && other->node == layer->node &&
            other->recurrence.directions > 1)
            return error_set(err, EXIT_INPUT,
                             "%s goes in two directions, and ONNX cannot say a step "
                             "for each of its channels; calibrate with one step for "
                             "all, or keep it in float",
                             layer->name);
    }
    return 0;
}

/* The nodes that correct other layers would be read back as layers of their own. */
static int check_corrections(const struct onnx_calibrated *calibrated,
                             const struct layer *layer, struct error *err)
{
    struct weight_rules rules = onnx_weight_rules(calibrated, layer);
    const struct weights *weights = layer->weights;

    if (calibrated->is_exact || (!rules.corrects_mean && !rules.corrects_variance) ||
        (weights->axes % 2 == 0 && !weights->is_turned))
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "the weights of %s are corrected, which calq can write of windows "
        "over height and width alone; calibrate without bias_correction or "
        "with an empirical one, or export with --exact",
        layer->name);
}

/* The nodes that are added stand for weights on the right. */
static int check_side(const struct onnx_edit *edit, const struct layer *layer,
                      struct error *err)
{
    const Onnx__NodeProto *node =
        layer->node < 0 ? NULL : edit->model->graph->node[layer->node];

    if (!node || strcmp(node->op_type, "MatMul") != 0 || node->n_input != 2 ||
        strcmp(node->input[0], layer->weights->name) != 0)
        return 0;
    return error_set(err, EXIT_INPUT,
                     "%s has its constant on the left, which is not exported "
                     "quantized; keep it in float",
                     layer->name);
}

/* Whether a layer hands a tensor on as rows that are rounded. */
static bool is_rounded_behind(const struct onnx_calibrated *calibrated,
                              const struct layer *layer, const char *name)
{
    const struct network *network = calibrated->network;

    return layer->kind == LAYER_REARRANGE &&
           calibrated->placement->of_tensor[layer->output] >= 0 &&
           strcmp(network->tensors[layer->output].name, name) == 0;
}

/* What rows are made of, by the name that both have; -1: the tensor is no rows. */
static int image_of(const struct network *network, int tensor)
{
    int producer = network->tensors[tensor].producer;
    const struct layer *layer = producer < 0 ? NULL : &network->layers[producer];

    return layer && layer->kind == LAYER_REARRANGE &&
                   strcmp(network->tensors[layer->inputs[0]].name,
                          network->tensors[tensor].name) == 0
               ? layer->inputs[0]
               : -1;
}

/* Rows of an image are in the file the image itself, which is rounded for all that read it or for none. */
static int check_readers(const struct onnx_calibrated *calibrated,
                         const struct quantized_tensor *tensor, struct error *err)
{
    const struct network *network = calibrated->network;
    int image = image_of(network, tensor->index);

    for (int index = 0; image >= 0 && index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (layer_reads(layer, image) && calibrated->held[image] < 0 &&
            !is_rounded_behind(calibrated, layer, tensor->name))
            return error_set(err, EXIT_INPUT,
                             "\"%s\" is read as floats by %s and, rounded, by others "
                             "as rows, which a file cannot say of one tensor; keep "
                             "those in float, or calibrate with activations: all",
                             tensor->name, layer->name);
    }
    return 0;
}

static int check_layers(const struct onnx_edit *edit,
                        const struct onnx_calibrated *calibrated, struct error *err)
{
    for (int item = 0; item < calibrated->placement->count; item++) {
        const struct quantized_tensor *tensor = &calibrated->placement->items[item];
        const struct layer *layer = &calibrated->network->layers[tensor->index];

        if (!tensor->is_weight && check_readers(calibrated, tensor, err) < 0)
            return -1;
        if (tensor->is_weight &&
            (check_side(edit, layer, err) < 0 || check_steps(tensor, layer, err) < 0 ||
             check_corrections(calibrated, layer, err) < 0))
            return -1;
        if (tensor->is_weight && tensor->ratios && tensor->block == 0 &&
            check_directions(calibrated->network, tensor, err) < 0)
            return -1;
    }
    return 0;
}

static int write_all(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                     struct error *err)
{
    struct plan plan = plan_of(edit, calibrated);
    int status = check_exact(calibrated, &plan, err);

    if (status == 0)
        status = check_layers(edit, calibrated, err);
    if (status == 0) {
        onnx_write_batchnorms(edit, calibrated);
        write_items(edit, calibrated, &plan);
    }
    plan_clear(&plan, calibrated->placement->count);
    return status;
}

static int edit_model(struct onnx_edit *edit, const struct onnx_calibrated *of_caller,
                      struct error *err)
{
    struct onnx_calibrated calibrated = *of_caller;
    int *held = early_codes(calibrated.network, calibrated.placement);
    int status;

    calibrated.held = held;
    status = raise_opset(edit, &calibrated, err);
    if (status == 0)
        status = write_all(edit, &calibrated, err);
    free(held);
    return status;
}

/* As the network's file was read. */
static int decide(const struct network *network, Onnx__ModelProto *model,
                  struct error *err)
{
    for (int i = 0; i < network->decision_count; i++)
        if (onnx_decision_apply(network->path, model, &network->decisions[i], err) < 0)
            return -1;
    return 0;
}

/* What is edited is here: small constants, and floats. Weights that become integers need not be. */
static int prepare(const char *path, Onnx__ModelProto *model, const char *output,
                   struct error *err)
{
    enum { SMALL_BYTES = 1 << 12 };

    if (output)
        onnx_choices_keep_output(model, output);

    if (onnx_external_take(path, model, SMALL_BYTES, err) < 0)
        return -1;
    return onnx_in_float(path, model, err);
}

/* The file needs no other; what is left of others was not edited. */
static int complete(const char *path, Onnx__ModelProto *model, struct error *err)
{
    size_t bytes;

    if (onnx_external_take(path, model, SIZE_MAX, err) < 0 ||
        onnx_in_float(path, model, err) < 0)
        return -1;
    bytes = onnx__model_proto__get_packed_size(model);
    if (bytes <= ONNX_FILE_BYTES_MAX)
        return 0;
    return error_set(err, EXIT_INPUT,
                     "the file would have %zu bytes, and an ONNX file has at most %d; "
                     "quantize more layers: keep fewer in float, or choose fewer bits",
                     bytes, ONNX_FILE_BYTES_MAX);
}

int onnx_write(const struct onnx_calibrated *calibrated, uint8_t **bytes, size_t *size,
               struct error *err)
{
    Onnx__ModelProto *model = onnx_file_read(calibrated->network->path, err);
    struct onnx_edit edit;
    int status;

    if (!model)
        return -1;
    if (decide(calibrated->network, model, err) < 0) {
        onnx__model_proto__free_unpacked(model, NULL);
        return -1;
    }
    onnx_edit_init(&edit, model);
    status = prepare(calibrated->network->path, model, calibrated->network->output_name,
                     err);
    if (status == 0)
        status = edit_model(&edit, calibrated, err);
    if (status == 0)
        status = complete(calibrated->network->path, model, err);
    if (status == 0) {
        for (size_t i = 0; i < calibrated->property_count; i++)
            onnx_edit_set_property(&edit, calibrated->properties[i].key,
                                   calibrated->properties[i].value);
        onnx_edit_pack(&edit, bytes, size);
    }
    onnx_edit_clear(&edit);
    return status;
}
