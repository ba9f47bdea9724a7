#include "core/case/case_samples.h"

#include "core/case/case_data.h"

enum { BLOCKS_AT_ONCE = 16 };

static struct data_file *open_data(const struct finished_case *finished,
                                   const struct config_data *data,
                                   enum case_data_use use, struct error *err)
{
    return case_data_open(finished->one->model, finished->network, data, use, err);
}

static int take_pieces(const struct finished_case *finished, struct data_file *file,
                       size_t count, case_samples_fn *take, void *context,
                       struct error *err)
{
    size_t block = (size_t)finished->config->block;
    size_t unit = data_file_unit(file, block);
    size_t piece = (block * BLOCKS_AT_ONCE + unit - 1) / unit * unit;
    struct sample_arrays arrays;
    int status = 0;

    piece = piece < count ? piece : count;
    data_file_make_arrays(file, piece, &arrays);
    for (size_t first = 0; status == 0 && first < count; first += piece) {
        size_t now = count - first < piece ? count - first : piece;

        arrays.count = 0;
        status = data_file_read(file, first, now, &arrays, err);
        if (status == 0) {
            struct samples samples = sample_arrays_samples(&arrays);

            samples.loss = finished->one->model->loss;
            samples.k = config_k(finished->one->model);
            status = take(context, samples, err);
        }
    }
    sample_arrays_clear(&arrays);
    return status;
}

int case_samples_of_search(const struct finished_case *finished, case_samples_fn *take,
                           void *context, struct error *err)
{
    const struct config_model *model = finished->one->model;
    struct data_file *file =
        open_data(finished, &model->calibration, CASE_DATA_TO_SEARCH, err);
    size_t count, check = (size_t)model->calibration.check;
    int status;

    if (!file)
        return -1;
    count = data_file_count(file);
    status = take_pieces(finished, file, count > check ? count - check : 0, take,
                         context, err);
    data_file_close(file);
    return status;
}

int case_samples_to_judge(const struct finished_case *finished, case_samples_fn *take,
                          void *context, struct error *err)
{
    const struct config_model *model = finished->one->model;
    struct data_file *file;
    int status;

    if (!model->validation.file)
        return case_samples_of_search(finished, take, context, err);
    file = open_data(finished, &model->validation, CASE_DATA_TO_JUDGE, err);
    if (!file)
        return -1;
    status = take_pieces(finished, file, data_file_count(file), take, context, err);
    data_file_close(file);
    return status;
}

/* No block is larger than the larger set of samples. */
static int block_at_most(const struct finished_case *finished)
{
    int64_t most = finished->result.result.calibration.samples;
    int64_t validated = finished->result.result.validation.samples;

    most = validated > most ? validated : most;
    return most > 0 && most < finished->config->block ? (int)most
                                                      : finished->config->block;
}

struct evaluator *case_evaluator(const struct finished_case *finished,
                                 const struct network *network, struct error *err)
{
    const struct kernel_set *kernels = kernel_set_named(finished->config->kernel);

    if (!kernels) {
        error_set(err, EXIT_CONFIG,
                  "kernel: \"%s\" does not run on this machine; the run directory's "
                  "config.yaml names it, and `auto` takes the fastest that does",
                  finished->config->kernel);
        return NULL;
    }
    return evaluator_create(network, &finished->placement,
                            &(struct evaluator_options){
                                .kernels = kernels,
                                .corrects_mean = finished->rules.corrects_mean,
                                .corrects_variance = finished->rules.corrects_variance,
                                .block = block_at_most(finished),
                            },
                            (struct samples){.loss = finished->one->model->loss});
}
