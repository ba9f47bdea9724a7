#include "core/format/config_errors.h"

#include "core/base/memory.h"
#include "core/base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_BYTES = 512 };

struct config_error {
    struct config_place place;
    char *sentence; /* owned */
};

void config_errors_clear(struct config_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++)
        free(errors->errors[i].sentence);
    free(errors->errors);
    errors->errors = NULL;
    errors->count = errors->room = 0;
}

void config_errors_add(struct config_errors *errors, struct config_place place,
                       const char *format, ...)
{
    char sentence[SENTENCE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (errors->count == errors->room) {
        errors->room = errors->room ? 2 * errors->room : 16;
        errors->errors =
            memory_resize(errors->errors, errors->room * sizeof *errors->errors);
    }
    errors->errors[errors->count++] =
        (struct config_error){place, memory_text(sentence)};
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7F;
}

static int compare_places(const void *left, const void *right)
{
    const struct config_place *a = &((const struct config_error *)left)->place;
    const struct config_place *b = &((const struct config_error *)right)->place;

    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

/* Gives the length. Control characters, of an override or a path, become '?'. */
static size_t write_line(const struct config_errors *errors,
                         const struct config_error *error, char *text, size_t bytes)
{
    enum { PATH_SHOWN = 1024, OVERRIDE_SHOWN = 200 };
    const struct config_place *place = &error->place;

    if (place->source > 0)
        snprintf(text, bytes, "--set %.*s: %s", OVERRIDE_SHOWN,
                 errors->overrides[place->source - 1], error->sentence);
    else
        snprintf(text, bytes, "%.*s:%d:%d: %s", PATH_SHOWN, errors->path, place->line,
                 place->column, error->sentence);
    for (char *c = text; *c; c++)
        *c = is_control(*c) ? '?' : *c;
    return strlen(text);
}

/* Leaves out what is said again of the same place, as a mistake behind an anchor is by each alias.
 * Gives how many are left. */
static size_t keep_first(struct config_error *sorted, size_t count)
{
    size_t kept = 0, same_place = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_new = true;

        if (kept == 0 || compare_places(&sorted[same_place], &sorted[i]) != 0)
            same_place = kept;
        for (size_t j = same_place; j < kept && is_new; j++)
            is_new = strcmp(sorted[j].sentence, sorted[i].sentence) != 0;
        if (is_new)
            sorted[kept++] = sorted[i];
    }
    return kept;
}

int config_errors_report(const struct config_errors *errors, struct error *err)
{
    enum { LAST_LINE_BYTES = 64 };
    char line[2 * SENTENCE_BYTES + 1024];
    struct config_error *sorted;
    size_t used = 0, count;

    if (errors->count == 0)
        return 0;
    sorted = memory_copy(errors->errors, errors->count * sizeof *sorted);
    qsort(sorted, errors->count, sizeof *sorted, compare_places);
    count = keep_first(sorted, errors->count);
    error_set(err, EXIT_CONFIG, "%s", "");
    for (size_t i = 0; i < count; i++) {
        size_t bytes = write_line(errors, &sorted[i], line, sizeof line);

        if (used + bytes + LAST_LINE_BYTES > sizeof err->text) {
            snprintf(err->text + used, sizeof err->text - used,
                     "%sand %zu more error%s", used ? "\n" : "", count - i,
                     count - i == 1 ? "" : "s");
            break;
        }
        used += (size_t)snprintf(err->text + used, sizeof err->text - used, "%s%s",
                                 used ? "\n" : "", line);
    }
    free(sorted);
    return -1;
}

const char *config_quoted(const char *text, char quoted[CONFIG_QUOTED_BYTES])
{
    enum { SHOWN = CONFIG_QUOTED_BYTES - sizeof "\"...\"" };
    size_t length = strlen(text);
    size_t shown = length;
    char *to = quoted;

    if (length > SHOWN) {
        shown = SHOWN;
        while (shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80)
            shown--; /* not within a UTF-8 character */
    }
    *to++ = '"';
    for (size_t i = 0; i < shown; i++)
        *to++ = is_control(text[i]) ? '?' : text[i];
    strcpy(to, shown < length ? "...\"" : "\"");
    return quoted;
}

/* ---- the nearest word ---- */

const char *config_nearest(const char *text, const char *const *words, size_t count)
{
    enum { WORD_MAX = 40 };
    const char *nearest = NULL;
    size_t length = strlen(text);
    size_t best = length / 4 + 2; /* one more than the slips allowed */

    if (length >= WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(text, words[i]);

        if (distance < best && distance < strlen(words[i])) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}
