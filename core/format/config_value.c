#include "core/format/config_value.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/format/config_errors.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

/* Steps over 0 or digits that do not begin with 0: some programs read 010 as eight. */
static const char *skip_digits(const char *text)
{
    return *text == '0' ? text + 1 : text + strspn(text, "0123456789");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_sign(const char *text)
{
    return text + (*text == '-' || *text == '+');
}

static bool looks_whole(const char *text)
{
    text = skip_sign(text);
    return is_digit(*text) && *skip_digits(text) == '\0';
}

/* 0x1F */
static bool looks_hexadecimal(const char *text)
{
    if (strncmp(text, "0x", 2) != 0 || text[2] == '\0')
        return false;
    text += 2;
    return text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

/* Steps over an exponent, if there is a whole one. */
static const char *skip_exponent(const char *text)
{
    const char *digits;

    if (*text != 'e' && *text != 'E')
        return text;
    digits = skip_sign(text + 1);
    return is_digit(*digits) ? digits + strspn(digits, "0123456789") : text;
}

/* What the core schema of YAML 1.2 calls a number, without needless zeros at its beginning. */
static bool looks_real(const char *text)
{
    const char *digits;
    bool has_digits;

    text = skip_sign(text);
    has_digits = is_digit(*text);
    digits = has_digits ? skip_digits(text) : text;
    if (*digits == '.') {
        has_digits = has_digits || is_digit(digits[1]);
        digits++;
        digits += strspn(digits, "0123456789");
    }
    return has_digits && *skip_exponent(digits) == '\0';
}

void config_value_interval_text(struct config_interval interval,
                                char text[CONFIG_VALUE_BYTES])
{
    bool bounded = interval.high < FLT_MAX;

    if (interval.low != CONFIG_ABOVE_0 && bounded)
        snprintf(text, CONFIG_VALUE_BYTES, "%.16g..%.16g", interval.low, interval.high);
    else if (bounded)
        snprintf(text, CONFIG_VALUE_BYTES, "above 0, at most %.16g", interval.high);
    else
        snprintf(text, CONFIG_VALUE_BYTES,
                 interval.low == CONFIG_ABOVE_0 ? "above 0" : "any");
}

/* Sets the sentence for a number that is not in its range. */
static int out_of_range(const char *text, struct config_interval range,
                        struct error *err)
{
    char quoted[CONFIG_QUOTED_BYTES];
    char allowed[CONFIG_VALUE_BYTES];

    config_value_interval_text(range, allowed);
    return error_set(err, EXIT_CONFIG, "%s is out of range (%s)",
                     config_quoted(text, quoted), allowed);
}

static int not_whole(const char *text, struct error *err)
{
    char quoted[CONFIG_QUOTED_BYTES];

    return error_set(err, EXIT_CONFIG, "%s is not a whole number",
                     config_quoted(text, quoted));
}

/* 1e3 and 8.0 are whole numbers, too. */
static int read_whole_real(const char *text, struct config_interval range,
                           long long *value, struct error *err)
{
    enum { EXACT_BITS = 53 };
    double real = strtod(text, NULL);

    if (real != floor(real))
        return not_whole(text, err);
    if (!(real >= range.low && real <= range.high) ||
        fabs(real) > (double)(1LL << EXACT_BITS))
        return out_of_range(text, range, err);
    *value = (long long)real;
    return 0;
}

int config_value_whole(const char *text, struct config_interval range, long long *value,
                       struct error *err)
{
    enum { DECIMAL = 10, HEXADECIMAL = 16 };
    bool is_hexadecimal = looks_hexadecimal(text);
    long long read;

    if (!looks_whole(text) && !is_hexadecimal)
        return looks_real(text) ? read_whole_real(text, range, value, err)
                                : not_whole(text, err);
    errno = 0;
    read = strtoll(text, NULL, is_hexadecimal ? HEXADECIMAL : DECIMAL);
    if (errno == ERANGE || (double)read < range.low || (double)read > range.high)
        return out_of_range(text, range, err);
    *value = read;
    return 0;
}

int config_value_real(const char *text, struct config_interval range, double *value,
                      struct error *err)
{
    char quoted[CONFIG_QUOTED_BYTES];

    if (!looks_real(text))
        return error_set(
            err, EXIT_CONFIG, "%s is not a number%s", config_quoted(text, quoted),
            strchr(text, ',') ? "; several stand in brackets: [0.5, 0.4]" : "");
    *value = strtod(text, NULL);
    if (!(*value >= range.low && *value <= range.high))
        return out_of_range(text, range, err);
    return 0;
}

/* ---- sizes ---- */

static const struct unit {
    const char *name;
    int shift;
} units[] = {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}};

enum { UNIT_COUNT = sizeof units / sizeof *units };

int config_value_size(const char *text, size_t *bytes, struct error *err)
{
    enum { DIGITS_MAX = 15 };
    char quoted[CONFIG_QUOTED_BYTES];
    size_t digits = strspn(text, "0123456789");

    *bytes = 0;
    if (strcmp(text, "0") == 0)
        return 0;
    for (int i = 0; i < UNIT_COUNT; i++) {
        unsigned long long count;

        if (digits == 0 || *text == '0' || strcmp(text + digits, units[i].name) != 0)
            continue;
        count = strtoull(text, NULL, 10);
        if (digits > DIGITS_MAX || count > (SIZE_MAX >> 1 >> units[i].shift))
            return error_set(err, EXIT_CONFIG, "%s is more than any machine has",
                             config_quoted(text, quoted));
        *bytes = (size_t)count << units[i].shift;
        return 0;
    }
    return error_set(err, EXIT_CONFIG,
                     "%s is not a size; sizes are written 2GiB, 512MiB, 64KiB or 0",
                     config_quoted(text, quoted));
}

void config_value_size_text(size_t bytes, char text[CONFIG_VALUE_BYTES])
{
    snprintf(text, CONFIG_VALUE_BYTES, "0");
    for (int i = 0; i < UNIT_COUNT && bytes > 0; i++)
        if (bytes % ((size_t)1 << units[i].shift) == 0) {
            snprintf(text, CONFIG_VALUE_BYTES, "%zu%s", bytes >> units[i].shift,
                     units[i].name);
            return;
        }
    assert(bytes == 0);
}

/* ---- bits ---- */

/* Reads "W4" or "a32" and steps over it: 2..8, 32, or `wide`, else 0. */
static int read_width(const char **text, char letter, int wide)
{
    const char *digits = *text + 1;
    size_t length;

    if (toupper((unsigned char)**text) != letter)
        return 0;
    length = strspn(digits, "0123456789");
    *text = digits + length;
    if (length == 2 && strncmp(digits, "32", 2) == 0)
        return 32;
    if (length == 2 && strncmp(digits, "16", 2) == 0)
        return wide;
    return length == 1 && *digits >= '2' && *digits <= '8' ? *digits - '0' : 0;
}

/* Of "8", "int4" and the like: the bits that they may mean; 0: they are none of these. */
static int plain_width(const char *text)
{
    const char *digits = text + strcspn(text, "0123456789");
    long width = strtol(digits, NULL, 10);
    bool is_plain = strspn(text, "intuINTU") == (size_t)(digits - text) &&
                    digits[strspn(digits, "0123456789")] == '\0';

    return is_plain && width >= 2 && width <= 8 ? (int)width : 0;
}

static int no_bits(const char *text, struct error *err)
{
    char quoted[CONFIG_QUOTED_BYTES], meant[32] = "";
    int width = plain_width(text);

    if (width)
        snprintf(meant, sizeof meant, "; did you mean W%dA%d?", width, width);
    return error_set(
        err, EXIT_CONFIG,
        "%s is not a bit setting; W4A8 means 4-bit weights and 8-bit "
        "activations; each can be 2..8, or 32 for float, and "
        "activations 16%s%s",
        config_quoted(text, quoted),
        strpbrk(text, ", ") ? "; several stand in brackets: [W8A8, W4A4]" : "", meant);
}

int config_value_bits(const char *text, struct config_bits *bits, struct error *err)
{
    const char *rest = text;

    bits->weights = read_width(&rest, 'W', 0);
    bits->activations = read_width(&rest, 'A', 16);
    if (!bits->weights || !bits->activations || *rest != '\0')
        return no_bits(text, err);
    if (bits->weights == 32 && bits->activations == 32)
        return error_set(err, EXIT_CONFIG, "W32A32 leaves nothing to quantize");
    return 0;
}

int config_value_some_bits(const char *text, struct override_bits *bits,
                           struct error *err)
{
    char quoted[CONFIG_QUOTED_BYTES];
    const char *rest = text;
    bool has_weights = toupper((unsigned char)*rest) == 'W', has_activations;

    bits->weights = has_weights ? read_width(&rest, 'W', 0) : 0;
    has_activations = toupper((unsigned char)*rest) == 'A';
    bits->activations = has_activations ? read_width(&rest, 'A', 16) : 0;
    if (!has_weights == !bits->weights && !has_activations == !bits->activations &&
        rest != text && *rest == '\0')
        return 0;
    return error_set(err, EXIT_CONFIG,
                     "%s is not a bit setting; W4A8 means 4-bit weights and 8-bit "
                     "activations, W4 or A8 one of them; each can be 2..8, or 32 for "
                     "float, and activations 16",
                     config_quoted(text, quoted));
}

void config_some_bits_text(struct override_bits bits, char text[16])
{
    char weights[8] = "", activations[8] = "";

    if (bits.weights)
        snprintf(weights, sizeof weights, "W%d", bits.weights % 100);
    if (bits.activations)
        snprintf(activations, sizeof activations, "A%d", bits.activations % 100);
    snprintf(text, 16, "%s%s", weights, activations);
}

void config_bits_text(struct config_bits bits, char text[16])
{
    snprintf(text, 16, "W%dA%d", bits.weights % 100, bits.activations % 100);
}

/* ---- ranges of samples ---- */

#define AT_MOST "at most "
enum { SAMPLES_DIGITS_MAX = 15 };

static const char *read_number(const char *text, size_t *value)
{
    const char *end = is_digit(*text) ? skip_digits(text) : text;

    if (end == text || end - text > SAMPLES_DIGITS_MAX)
        return NULL;
    *value = (size_t)strtoull(text, NULL, 10);
    return end;
}

/* 1e3, +512, 0x200 */
static int read_count(const char *text, size_t *count, struct error *err)
{
    static const struct config_interval counts = {1, 1e15};
    long long whole;

    if (config_value_whole(text, counts, &whole, err) < 0)
        return -1;
    *count = (size_t)whole;
    return 0;
}

int config_value_range(const char *text, struct sample_range *range, struct error *err)
{
    char quoted[CONFIG_QUOTED_BYTES];
    size_t number, last;
    bool at_most = strncmp(text, AT_MOST, strlen(AT_MOST)) == 0;
    const char *end = read_number(at_most ? text + strlen(AT_MOST) : text, &number);

    *range = (struct sample_range){0, SIZE_MAX, at_most};
    if (strcmp(text, "all") == 0)
        return 0;
    if (end && *end == '\0') {
        range->count = number;
        return number > 0
                   ? 0
                   : error_set(err, EXIT_CONFIG, "at least one sample is needed");
    }
    if (looks_real(text) || looks_hexadecimal(text))
        return read_count(text, &range->count, err);
    if (end && !at_most && strncmp(end, "..", 2) == 0)
        end = read_number(end + 2, &last);
    else
        end = NULL;
    if (!end || *end != '\0')
        return error_set(err, EXIT_CONFIG,
                         "%s is not a range of samples; write 512 for the first 512, "
                         "at most 512, 1000..9888 with both ends, or all",
                         config_quoted(text, quoted));
    if (number > last)
        return error_set(err, EXIT_CONFIG, "%s ends before it begins",
                         config_quoted(text, quoted));
    range->first = number;
    range->count = last - number + 1;
    return 0;
}

void config_value_range_text(struct sample_range range, char text[CONFIG_VALUE_BYTES])
{
    if (range.count == SIZE_MAX)
        snprintf(text, CONFIG_VALUE_BYTES, "all");
    else if (range.first == 0)
        snprintf(text, CONFIG_VALUE_BYTES, "%s%zu", range.at_most ? AT_MOST : "",
                 range.count);
    else
        snprintf(text, CONFIG_VALUE_BYTES, "%zu..%zu", range.first,
                 range.first + range.count - 1);
}

/* ---- names and paths ---- */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

int config_value_name(const char *text, struct error *err)
{
    enum { NAME_MAX_BYTES = 100 };
    char quoted[CONFIG_QUOTED_BYTES];
    size_t length = strlen(text);

    if (length == 0 || length != strspn(text, LETTERS DIGITS "._-"))
        return error_set(
            err, EXIT_CONFIG,
            "%s is not a name; letters, digits, '.', '_' and '-' are allowed",
            config_quoted(text, quoted));
    if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return error_set(err, EXIT_CONFIG, "%s is a folder, not a name",
                         config_quoted(text, quoted));
    if (length > NAME_MAX_BYTES)
        return error_set(err, EXIT_CONFIG, "%s is longer than %d characters",
                         config_quoted(text, quoted), NAME_MAX_BYTES);
    return 0;
}

/* Reads "${NAME}" at `text`; gives what is after it, or NULL and a sentence. */
static const char *read_variable(const char *text, const char **value,
                                 struct error *err)
{
    char quoted[CONFIG_QUOTED_BYTES];
    size_t length = strspn(text + 2, LETTERS DIGITS "_");
    char *name;

    if (length == 0 || is_digit(text[2]) || text[2 + length] != '}') {
        error_set(err, EXIT_CONFIG, "%s does not begin with a variable such as ${HOME}",
                  config_quoted(text, quoted));
        return NULL;
    }
    name = memory_copy(text + 2, length + 1);
    name[length] = '\0';
    *value = getenv(name);
    if (!*value || **value == '\0')
        error_set(err, EXIT_CONFIG,
                  "the environment variable %.100s is not set; set it, e.g. export "
                  "%.100s=/path/to/it",
                  name, name);
    free(name);
    return *value && **value ? text + length + sizeof "${}" - 1 : NULL;
}

static char *append(char *text, const char *more, size_t bytes)
{
    size_t length = strlen(text);

    text = memory_resize(text, length + bytes + 1);
    memcpy(text + length, more, bytes);
    text[length + bytes] = '\0';
    return text;
}

int config_value_path(const char *text, char **path, struct error *err)
{
    char *made = memory_text("");

    while (*text) {
        const char *variable = strstr(text, "${");
        const char *value;

        made = append(made, text, variable ? (size_t)(variable - text) : strlen(text));
        if (!variable)
            break;
        text = read_variable(variable, &value, err);
        if (!text) {
            free(made);
            return -1;
        }
        made = append(made, value, strlen(value));
    }
    if (!text_is_printable(made) || strstr(made, "${")) {
        free(made);
        return error_set(
            err, EXIT_CONFIG,
            "a variable in it holds a control character, \"${\" or bytes that "
            "are not UTF-8");
    }
    *path = made;
    return 0;
}
