#include "core/onnx/onnx_attribute.h"

#include <string.h>

#define TYPE(name) ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__##name

const Onnx__AttributeProto *onnx_attribute_find(const struct onnx_node *node,
                                                const char *name)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *attribute = node->proto->attribute[i];

        if (attribute->name && strcmp(attribute->name, name) == 0)
            return attribute;
    }
    return NULL;
}

/* The first IR version does not say the type: then any field may hold the value. */
static bool has_type(const Onnx__AttributeProto *attribute,
                     Onnx__AttributeProto__AttributeType type, bool is_there)
{
    return attribute->has_type ? attribute->type == type : is_there;
}

static int wrong_type(const struct onnx_node *node, const char *name,
                      const char *wanted, struct error *err)
{
    return onnx_node_error(node, err, "its attribute %s must be %s", name, wanted);
}

int onnx_attribute_integer(const struct onnx_node *node, const char *name,
                           int64_t absent, int64_t *value, struct error *err)
{
    const Onnx__AttributeProto *attribute = onnx_attribute_find(node, name);

    if (attribute && !has_type(attribute, TYPE(INT), attribute->has_i))
        return wrong_type(node, name, "an integer", err);
    *value = attribute ? attribute->i : absent;
    return 0;
}

int onnx_attribute_real(const struct onnx_node *node, const char *name, float absent,
                        float *value, struct error *err)
{
    const Onnx__AttributeProto *attribute = onnx_attribute_find(node, name);

    if (attribute && !has_type(attribute, TYPE(FLOAT), attribute->has_f))
        return wrong_type(node, name, "a float", err);
    *value = attribute ? attribute->f : absent;
    return 0;
}

int onnx_attribute_integers(const struct onnx_node *node, const char *name,
                            const int64_t **values, size_t *count, struct error *err)
{
    const Onnx__AttributeProto *attribute = onnx_attribute_find(node, name);

    if (attribute && !has_type(attribute, TYPE(INTS), attribute->n_ints > 0))
        return wrong_type(node, name, "a list of integers", err);
    *values = attribute ? attribute->ints : NULL;
    *count = attribute ? attribute->n_ints : 0;
    return 0;
}

int onnx_attribute_list(const struct onnx_node *node, int input, const char *name,
                        const int64_t **values, size_t *count, struct error *err)
{
    const struct onnx_constant *constant;

    if (!onnx_node_has_input(node, input))
        return onnx_attribute_integers(node, name, values, count, err);
    if (onnx_node_integers(node, input, name, &constant, err) < 0)
        return -1;
    *values = constant->count ? constant->integers : NULL;
    *count = constant->count;
    return 0;
}

int onnx_attribute_tensor(const struct onnx_node *node, const char *name,
                          const Onnx__TensorProto **tensor, struct error *err)
{
    const Onnx__AttributeProto *attribute = onnx_attribute_find(node, name);

    if (attribute && (!has_type(attribute, TYPE(TENSOR), true) || !attribute->t))
        return wrong_type(node, name, "a tensor", err);
    *tensor = attribute ? attribute->t : NULL;
    return 0;
}

int onnx_attribute_choice(const struct onnx_node *node, const char *name,
                          const char *const *choices, int choice_count, int *choice,
                          struct error *err)
{
    const Onnx__AttributeProto *attribute = onnx_attribute_find(node, name);

    *choice = 0;
    if (!attribute)
        return 0;
    if (!has_type(attribute, TYPE(STRING), attribute->has_s))
        return wrong_type(node, name, "a text", err);
    for (int i = 0; i < choice_count; i++) {
        *choice = i;
        if (attribute->s.len == strlen(choices[i]) &&
            memcmp(attribute->s.data, choices[i], attribute->s.len) == 0)
            return 0;
    }
    return onnx_node_error(node, err, "%s \"%.*s\" is not supported", name,
                           (int)(attribute->s.len < 100 ? attribute->s.len : 100),
                           attribute->s.len ? (const char *)attribute->s.data : "");
}
