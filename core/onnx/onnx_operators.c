#include "core/onnx/onnx_operators.h"

#include <stdio.h>
#include <string.h>

static const struct onnx_operator *const operators[] = {
#define ONNX_OPERATOR_ROW(row) &onnx_##row,
    ONNX_OPERATORS(ONNX_OPERATOR_ROW)
#undef ONNX_OPERATOR_ROW
};

enum { OPERATOR_COUNT = sizeof operators / sizeof *operators };

const struct onnx_operator *onnx_operator_find(const char *name)
{
    for (int i = 0; i < OPERATOR_COUNT; i++)
        if (strcmp(operators[i]->name, name) == 0)
            return operators[i];
    return NULL;
}

bool onnx_operator_has(const struct onnx_operator *op, const char *attribute)
{
    size_t length = strlen(attribute);

    for (const char *at = op->attributes; at && *at;) {
        size_t word = strcspn(at, " ");

        if (word == length && memcmp(at, attribute, word) == 0)
            return true;
        at += word + strspn(at + word, " ");
    }
    return false;
}

bool onnx_domain_is_default(const char *domain)
{
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

const char *onnx_operator_names(char *text, size_t bytes)
{
    size_t used = 0;

    for (int i = 0; i < OPERATOR_COUNT && used < bytes; i++)
        if (operators[i]->scope != ONNX_ON_CONSTANTS &&
            operators[i]->scope != ONNX_ON_SHAPES)
            used += (size_t)snprintf(text + used, bytes - used, "%s%s",
                                     used ? ", " : "", operators[i]->name);
    return text;
}
