#include "commands/manual.h"

#include "commands/command.h"
#include "coordinator/named_settings.h"
#include "core/base/version.h"
#include "core/format/config_settings.h"

#include <stdbool.h>
#include <string.h>

/* ---- text ---------------------------------------------------------------------------------- */

/* What stands between `these` is bold. A dash is one that can be typed, and no line begins with what
 * roff takes for a request. */
static void write_text(FILE *out, const char *text, size_t length)
{
    bool is_bold = false;

    if (length > 0 && (*text == '.' || *text == '\''))
        fputs("\\&", out);
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '`':
            is_bold = !is_bold;
            fputs(is_bold ? "\\fB" : "\\fR", out);
            break;
        case '\\':
            fputs("\\e", out);
            break;
        case '-':
            fputs("\\-", out);
            break;
        case '\'':
            fputs("\\(aq", out);
            break;
        case '^':
            fputs("\\(ha", out);
            break;
        case '~':
            fputs("\\(ti", out);
            break;
        default:
            fputc(text[i], out);
        }
    }
}

static void write_line(FILE *out, const char *text)
{
    write_text(out, text, strlen(text));
    fputc('\n', out);
}

static void write_section(FILE *out, const char *name)
{
    fprintf(out, ".SH %s\n", name);
}

/* A term of a list, in bold, and perhaps its argument. */
static void write_term(FILE *out, const char *term, const char *argument)
{
    fputs(".TP\n\\fB", out);
    write_text(out, term, strlen(term));
    fputs("\\fR", out);
    if (argument) {
        fputs(" \\fI", out);
        write_text(out, argument, strlen(argument));
        fputs("\\fR", out);
    }
    fputc('\n', out);
}

/* Whether a line of a paragraph, up to an empty line, is indented: then its lines stay as they are. */
static bool has_columns(const char *paragraph)
{
    while (*paragraph && *paragraph != '\n') {
        if (*paragraph == ' ')
            return true;
        paragraph += strcspn(paragraph, "\n");
        paragraph += *paragraph == '\n';
    }
    return false;
}

static const char *write_paragraph(FILE *out, const char *text)
{
    bool stays = has_columns(text);

    fputs(stays ? ".PP\n.nf\n" : ".PP\n", out);
    while (*text && *text != '\n') {
        size_t length = strcspn(text, "\n");

        write_text(out, text, length);
        fputc('\n', out);
        text += length;
        text += *text == '\n';
    }
    if (stays)
        fputs(".fi\n", out);
    return text;
}

/* ---- commands ------------------------------------------------------------------------------ */

static void write_options(FILE *out, const struct option_table *table)
{
    for (int i = 0; i < table->count; i++)
        if (table->rows[i].help) {
            write_term(out, table->rows[i].name, table->rows[i].argument);
            write_line(out, table->rows[i].help);
        }
}

static void write_command(FILE *out, const struct command *command)
{
    const char *details = command->details ? command->details : "";

    fputs(".SS \"calq ", out);
    write_text(out, command->name, strlen(command->name));
    fputs(*command->arguments ? " " : "", out);
    write_text(out, command->arguments, strlen(command->arguments));
    fputs("\"\n", out);
    write_text(out, command->help, strlen(command->help));
    fputs(".\n", out);
    if (command->options)
        write_options(out, command->options);
    while (*details) {
        details += strspn(details, "\n");
        if (*details)
            details = write_paragraph(out, details);
    }
}

/* ---- settings ------------------------------------------------------------------------------ */

struct settings {
    FILE *out;
    int depth;
};

static void go_to(struct settings *settings, int depth)
{
    for (; settings->depth < depth; settings->depth++)
        fputs(".RS\n", settings->out);
    for (; settings->depth > depth; settings->depth--)
        fputs(".RE\n", settings->out);
}

static void write_setting(void *context, const struct config_setting *setting)
{
    const struct config_words *words = &setting->field->words;
    struct settings *settings = context;

    go_to(settings, setting->depth);
    write_term(settings->out, setting->field->key, NULL);
    write_line(settings->out, setting->type);
    fputs(".br\n", settings->out);
    write_line(settings->out, setting->field->help);
    go_to(settings, setting->depth + 1);
    for (size_t word = 0; word < words->count; word++)
        if (config_word_help(words, word)) {
            write_term(settings->out, config_word(words, word), NULL);
            write_line(settings->out, config_word_help(words, word));
        }
}

static void write_settings(FILE *out)
{
    struct settings settings = {out, 0};

    write_section(out, "CONFIGURATION");
    write_line(out,
               "A configuration is a YAML file. Entries of a list are counted from 0 "
               "where `--set` names them, as in models.0.calibration.samples=64.");
    config_settings_each(&named_settings, write_setting, &settings);
    go_to(&settings, 0);
}

/* ---- the page ------------------------------------------------------------------------------ */

static void write_begin(FILE *out)
{
    fprintf(out, ".TH CALQ 1 \"\" \"calq %s\" \"calq\"\n", version());
    fputs(".nh\n.ad l\n", out);
    write_section(out, "NAME");
    fputs("calq \\- find quantization steps that cost a trained network least\n", out);
    write_section(out, "SYNOPSIS");
    fputs(".B calq\n.I COMMAND\n.RI [ ARGUMENTS ]\n.PP\n.B mpirun \\-n\n.I RANKS\n.B "
          "calq run\n.I CONFIG\n",
          out);
    write_section(out, "DESCRIPTION");
    write_line(out,
               "calq calibrates post-training quantization. It takes a trained network "
               "(ONNX) and a few hundred labelled samples (HDF5), and finds the "
               "quantization step of every weight and activation tensor that costs the "
               "network least, by evaluating the true loss of the integer network, on "
               "one core or on all nodes of a cluster, with the same digits.");
}

static void write_end(FILE *out)
{
    write_section(out, "EXIT STATUS");
    for (int code = 0; code < EXIT_CODES_MOST; code++)
        if (exit_code_meaning(code)) {
            fprintf(out, ".TP\n.B %d\n", code);
            write_line(out, exit_code_meaning(code));
        }
    write_section(out, "FILES");
    write_term(out, "runs/NAME/", NULL);
    write_line(out, "what a run leaves: results.csv, config.yaml (every setting as it "
                    "was), and for each case its result.json, state and journal");
    write_section(out, "SEE ALSO");
    fputs(".BR mpirun (1),\n.BR sbatch (1)\n", out);
}

void manual_write(FILE *out)
{
    write_begin(out);
    write_section(out, "COMMANDS");
    for (const struct command *const *command = commands; *command; command++)
        write_command(out, *command);
    write_settings(out);
    write_end(out);
}
