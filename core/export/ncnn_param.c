#include "core/export/ncnn_param.h"

#include "core/base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "7767517";

enum { COUNT_MOST = 1 << 20, KEYS_MOST = 64 };

/* ---- the text ------------------------------------------------------------------------------- */

/* The whole file, ended by a zero; NULL on failure. */
static char *read_text(const char *path, struct error *err)
{
    char *text = NULL;
    size_t bytes = 0, room = 0, some;
    FILE *file = fopen(path, "rb");

    if (!file) {
        error_set(err, EXIT_INPUT, "cannot open %s: %s", path, strerror(errno));
        return NULL;
    }
    do {
        room = room ? 2 * room : 65536;
        text = memory_resize(text, room);
        some = fread(text + bytes, 1, room - 1 - bytes, file);
        bytes += some;
    } while (some > 0 && bytes == room - 1);
    fclose(file);
    text[bytes] = '\0';
    if (strlen(text) == bytes)
        return text;
    error_set(
        err, EXIT_INPUT,
        "%s is no text; a .param is, and .param.bin is not read: give the one that "
        "pnnx or onnx2ncnn wrote",
        path);
    free(text);
    return NULL;
}

/* The words of a line, as which `words` has room. */
static int split(char *line, const char **words)
{
    char *rest = NULL;
    int count = 0;

    for (char *word = strtok_r(line, " \t\r", &rest); word;
         word = strtok_r(NULL, " \t\r", &rest))
        words[count++] = word;
    return count;
}

/* A count that is a word, or -1. */
static int count_of(const char *word)
{
    char *end;
    long count = strtol(word, &end, 10);

    return *end == '\0' && end != word && count >= 0 && count <= COUNT_MOST ? (int)count
                                                                            : -1;
}

/* ---- layers --------------------------------------------------------------------------------- */

static int take_layer(struct ncnn_param *param, const char **words, int count,
                      struct error *err)
{
    int inputs = count < 4 ? -1 : count_of(words[2]);
    int outputs = count < 4 ? -1 : count_of(words[3]);
    int used = 4 + inputs + outputs;

    if (inputs < 0 || outputs < 0 || used > count)
        return error_set(
            err, EXIT_INPUT,
            "%s: line %d is no layer: its type, its name, counts of inputs "
            "and outputs and their names are to stand there",
            param->path, param->count + 3);
    param->layers[param->count++] = (struct ncnn_layer){
        .type = words[0],
        .name = words[1],
        .inputs = words + 4,
        .input_count = inputs,
        .outputs = words + 4 + inputs,
        .output_count = outputs,
        .settings = words + used,
        .setting_count = count - used,
    };
    return 0;
}

static int take_layers(struct ncnn_param *param, char *rest, const char **words,
                       int expected, struct error *err)
{
    param->layers = memory_zeroed((size_t)expected + 1, sizeof *param->layers);
    for (char *line = strtok_r(NULL, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        int count = split(line, words);

        if (count == 0)
            continue;
        if (param->count == expected)
            return error_set(err, EXIT_INPUT,
                             "%s has more layers than the %d that it says", param->path,
                             expected);
        if (take_layer(param, words, count, err) < 0)
            return -1;
        words += count;
    }
    if (param->count < expected)
        return error_set(err, EXIT_INPUT, "%s ends behind %d of %d layers", param->path,
                         param->count, expected);
    return 0;
}

static int take_text(struct ncnn_param *param, struct error *err)
{
    size_t most = strlen(param->text) / 2 + 2;
    char *rest = NULL, *line = strtok_r(param->text, "\n", &rest);
    int expected = -1;

    param->words = memory_zeroed(most, sizeof *param->words);
    if (!line || split(line, param->words) != 1 || strcmp(param->words[0], magic) != 0)
        return error_set(err, EXIT_INPUT,
                         "%s is no .param of ncnn: it does not begin with %s",
                         param->path, magic);
    line = strtok_r(NULL, "\n", &rest);
    if (line && split(line, param->words) == 2) {
        expected = count_of(param->words[0]);
        param->blobs = count_of(param->words[1]);
    }
    if (expected < 0 || param->blobs < 0)
        return error_set(err, EXIT_INPUT,
                         "%s: line 2 does not say how many layers and blobs there are",
                         param->path);
    return take_layers(param, rest, param->words, expected, err);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int check_names(const struct ncnn_param *param, struct error *err)
{
    size_t count = (size_t)param->count;
    const char **names = memory_get((count + 1) * sizeof *names);
    const char *twice = NULL;

    for (size_t i = 0; i < count; i++)
        names[i] = param->layers[i].name;
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            twice = names[i];
    free(names);
    return twice ? error_set(err, EXIT_INPUT,
                             "%s has two layers of the name %s, so ncnn does not load "
                             "it: rename one",
                             param->path, twice)
                 : 0;
}

int ncnn_param_read(struct ncnn_param *param, const char *path, struct error *err)
{
    *param = (struct ncnn_param){.path = memory_text(path)};
    param->text = read_text(path, err);
    if (!param->text || take_text(param, err) < 0)
        return -1;
    return check_names(param, err);
}

void ncnn_param_clear(struct ncnn_param *param)
{
    free(param->path);
    free(param->text);
    free(param->words);
    free(param->layers);
    *param = (struct ncnn_param){0};
}

/* ---- what is asked of them ------------------------------------------------------------------- */

/* The key of a setting; -1: it is none. */
static int key_of(const char *setting)
{
    char *end;
    long key = strtol(setting, &end, 10);

    return *end == '=' && end != setting && key >= 0 && key < KEYS_MOST ? (int)key : -1;
}

int ncnn_layer_setting(const struct ncnn_layer *layer, int key, int otherwise)
{
    for (int i = 0; i < layer->setting_count; i++)
        if (key_of(layer->settings[i]) == key)
            return (int)strtol(strchr(layer->settings[i], '=') + 1, NULL, 10);
    return otherwise;
}

bool ncnn_layer_is(const struct ncnn_layer *layer, const char *type)
{
    return strcmp(layer->type, type) == 0;
}

int ncnn_param_reader(const struct ncnn_param *param, const char *blob)
{
    for (int layer = 0; layer < param->count; layer++)
        for (int i = 0; i < param->layers[layer].input_count; i++)
            if (strcmp(param->layers[layer].inputs[i], blob) == 0)
                return layer;
    return -1;
}

/* ---- writing -------------------------------------------------------------------------------- */

void ncnn_param_write_head(const struct ncnn_param *param, FILE *file)
{
    fprintf(file, "%s\n%d %d\n", magic, param->count, param->blobs);
}

static void write_words(const char *const *words, int count, FILE *file)
{
    for (int i = 0; i < count; i++)
        fprintf(file, " %s", words[i]);
}

static bool is_among(int key, const struct ncnn_setting *settings, int count)
{
    for (int i = 0; i < count; i++)
        if (settings[i].key == key)
            return true;
    return false;
}

void ncnn_layer_write(const struct ncnn_layer *layer,
                      const struct ncnn_setting *changed, int count, FILE *file)
{
    fprintf(file, "%-24s %-24s %d %d", layer->type, layer->name, layer->input_count,
            layer->output_count);
    write_words(layer->inputs, layer->input_count, file);
    write_words(layer->outputs, layer->output_count, file);
    for (int i = 0; i < layer->setting_count; i++)
        if (!is_among(key_of(layer->settings[i]), changed, count))
            fprintf(file, " %s", layer->settings[i]);
    for (int i = 0; i < count; i++)
        fprintf(file, " %d=%d", changed[i].key, changed[i].value);
    fputc('\n', file);
}
