/* What single layers and tensors have instead of what the case has. */
#include "tests/fuzz/overrides.h"

#include <stdio.h>
#include <string.h>

enum { LAYERS_MOST = 32, WORD_BYTES = 32 };

/* A layer with constant weights. */
struct weighted {
    char op[WORD_BYTES], input[WORD_BYTES], name[WORD_BYTES];
};

static bool multiplies(const char *op)
{
    static const char *const names[] = {"Conv", "ConvTranspose", "Gemm", "MatMul",
                                        "LSTM", "GRU",           "RNN"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(op, names[i]) == 0)
            return true;
    return false;
}

static int find_weighted(const char *text, struct weighted *list)
{
    int count = 0;

    for (const char *line = text; line && count < LAYERS_MOST;
         line = strchr(line, '\n')) {
        struct weighted *one = &list[count];
        char second[WORD_BYTES];
        const char *name;

        line += *line == '\n';
        if (sscanf(line, "node %31s %31s %31s", one->op, one->input, second) != 3)
            continue;
        name = strstr(line, " name=");
        if (name && sscanf(name, " name=%31s", one->name) == 1 && multiplies(one->op) &&
            second[0] == 'c' && one->input[0] == 't')
            count++;
    }
    return count;
}

static void write_match(const struct weighted *one, struct chance *chance, FILE *file)
{
    static const char *const words[] = {"\"*\"", "first", "last", NULL};

    if (chance_is(chance, 60))
        fputs(one->name, file);
    else if (chance_is(chance, 60))
        fprintf(file, "op:%s", one->op);
    else
        fputs(chance_word(chance, words), file);
}

static int draw_bits(struct chance *chance, bool of_weights)
{
    if (chance_is(chance, 50))
        return 8;
    if (chance_is(chance, 20))
        return of_weights || chance_is(chance, 60) ? 32 : 16;
    return chance_between(chance, 2, 8);
}

static void write_bits(struct chance *chance, FILE *file)
{
    bool has_weights = chance_is(chance, 70);

    fputs(", bits: ", file);
    if (has_weights)
        fprintf(file, "W%d", draw_bits(chance, true));
    if (!has_weights || chance_is(chance, 70))
        fprintf(file, "A%d", draw_bits(chance, false));
}

static void write_entry(const struct weighted *one, struct chance *chance, FILE *file)
{
    bool is_of_tensor = chance_is(chance, 20);

    fputs("{match: ", file);
    if (is_of_tensor) {
        fprintf(file, "%s, bits: A%d}", one->input, draw_bits(chance, false));
        return;
    }
    write_match(one, chance, file);
    if (chance_is(chance, 80))
        write_bits(chance, file);
    else
        fprintf(file, ", keep_float: %s", chance_is(chance, 60) ? "true" : "false");
    if (chance_is(chance, 25))
        fprintf(file, ", weight_steps: per_%s",
                chance_is(chance, 60) ? "channel" : "tensor");
    fputs("}", file);
}

void overrides_write(const struct sketch *sketch, struct chance *chance, FILE *file)
{
    struct weighted list[LAYERS_MOST];
    int count = find_weighted(sketch->text, list);

    if (count == 0 || !chance_is(chance, 50))
        return;
    fputs("    overrides: [", file);
    for (int left = chance_between(chance, 1, 4); left > 0; left--) {
        write_entry(&list[chance_between(chance, 0, count - 1)], chance, file);
        fputs(left > 1 ? ",\n        " : "]\n", file);
    }
}
