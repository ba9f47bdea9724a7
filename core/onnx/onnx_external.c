#include "core/onnx/onnx_external.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/onnx/onnx_error.h"
#include "core/onnx/onnx_file.h"
#include "core/onnx/onnx_tensor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool onnx_external_is(const Onnx__TensorProto *tensor)
{
    return tensor->n_external_data > 0 ||
           (tensor->has_data_location &&
            tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL);
}

/* ---- where the values are ---- */

static const char *entry_of(const Onnx__TensorProto *tensor, const char *key)
{
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const Onnx__StringStringEntryProto *entry = tensor->external_data[i];

        if (entry->key && strcmp(entry->key, key) == 0)
            return entry->value ? entry->value : "";
    }
    return NULL;
}

/* A number of bytes; `absent` where the entry is missing. False where it is none. */
static bool read_number(const Onnx__TensorProto *tensor, const char *key,
                        uint64_t absent, uint64_t *number)
{
    const char *text = entry_of(tensor, key);
    char *end;

    *number = absent;
    if (!text)
        return true;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *number <= INT64_MAX;
}

/* A path that goes down from the folder of the model. */
static bool is_inside(const char *location)
{
    if (!*location || *location == '/' || !text_is_printable(location))
        return false;
    for (const char *at = location; *at;) {
        size_t length = strcspn(at, "/");

        if (length == 2 && at[0] == '.' && at[1] == '.')
            return false;
        at += length + (at[length] == '/');
    }
    return true;
}

/* The path of the file of a tensor whose location is inside, written to `text` [PATH_MAX]; false: it is
 * too long. */
static bool path_of(const char *path, const Onnx__TensorProto *tensor, char *text)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    int length =
        snprintf(text, PATH_MAX, "%.*s%s", folder, path, entry_of(tensor, "location"));

    return length > 0 && length < PATH_MAX;
}

static int check_entries(const char *path, const char *name,
                         const Onnx__TensorProto *tensor, size_t bytes, char *file,
                         struct error *err)
{
    const char *location = entry_of(tensor, "location");
    uint64_t offset, length;

    if (!location || !is_inside(location) || !path_of(path, tensor, file))
        return onnx_error(
            err, path,
            "tensor \"%s\" keeps its data in the file \"%.200s\", but calq "
            "reads only files in the folder of the model, or below it",
            name, location && text_is_printable(location) ? location : "");
    if (!read_number(tensor, "offset", 0, &offset) ||
        !read_number(tensor, "length", bytes, &length))
        return onnx_error(
            err, path,
            "tensor \"%s\" keeps its data in another file, but its offset "
            "or length is no number of bytes",
            name);
    if (length != bytes)
        return onnx_error(err, path,
                          "tensor \"%s\" needs %zu bytes, but has %llu in \"%s\"", name,
                          bytes, (unsigned long long)length, location);
    return 0;
}

int onnx_external_check(const char *path, const char *name,
                        const Onnx__TensorProto *tensor, size_t bytes,
                        struct error *err)
{
    char file[PATH_MAX];
    struct stat about;
    uint64_t offset, length;

    if (check_entries(path, name, tensor, bytes, file, err) < 0)
        return -1;
    read_number(tensor, "offset", 0, &offset);
    read_number(tensor, "length", bytes, &length);
    if (stat(file, &about) < 0)
        return onnx_error(
            err, path,
            "tensor \"%s\" keeps its data in %s, which cannot be read: %s; "
            "put the file there",
            name, file, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return onnx_error(
            err, path, "tensor \"%s\" keeps its data in %s, which is no regular file",
            name, file);
    if ((uint64_t)about.st_size < offset || (uint64_t)about.st_size - offset < length)
        return onnx_error(
            err, path,
            "tensor \"%s\" keeps %llu bytes from byte %llu on in %s, which "
            "has only %lld: it is cut off, or another model's",
            name, (unsigned long long)length, (unsigned long long)offset, file,
            (long long)about.st_size);
    return 0;
}

/* ---- the values ---- */

static int read_bytes(const char *path, int file, uint64_t offset, size_t count,
                      uint8_t *to, struct error *err)
{
    for (size_t done = 0; done < count;) {
        ssize_t now = pread(file, to + done, count - done, (off_t)(offset + done));

        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return onnx_error(err, path, "cannot read: %s", strerror(errno));
        if (now == 0)
            return onnx_error(err, path, "the file became shorter while it was read");
        done += (size_t)now;
    }
    return 0;
}

int onnx_external_bytes(const char *path, const Onnx__TensorProto *tensor,
                        uint64_t first, size_t count, void *to, struct error *err)
{
    char name[PATH_MAX];
    uint64_t offset;
    int file, status;

    path_of(path, tensor, name);
    read_number(tensor, "offset", 0, &offset);
    file = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return onnx_error(err, name, "cannot open: %s", strerror(errno));
    status = read_bytes(name, file, offset + first, count, to, err);
    close(file);
    return status;
}

/* ---- all tensors of a model ---- */

typedef int visit_fn(void *context, Onnx__TensorProto *tensor, struct error *err);

static int visit_attributes(const Onnx__NodeProto *node, visit_fn *visit, void *context,
                            struct error *err)
{
    for (size_t i = 0; i < node->n_attribute; i++) {
        Onnx__TensorProto *tensor = node->attribute[i]->t;

        if (tensor && onnx_external_is(tensor) && visit(context, tensor, err) < 0)
            return -1;
    }
    return 0;
}

/* Those that are external: initialisers and attributes of the graph's nodes. */
static int visit_all(const Onnx__GraphProto *graph, visit_fn *visit, void *context,
                     struct error *err)
{
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (onnx_external_is(graph->initializer[i]) &&
            visit(context, graph->initializer[i], err) < 0)
            return -1;
    for (size_t i = 0; i < graph->n_node; i++)
        if (visit_attributes(graph->node[i], visit, context, err) < 0)
            return -1;
    return 0;
}

struct taking {
    const char *path;
    size_t most;
};

static void forget_place(Onnx__TensorProto *tensor)
{
    for (size_t i = 0; i < tensor->n_external_data; i++)
        onnx__string_string_entry_proto__free_unpacked(tensor->external_data[i], NULL);
    free(tensor->external_data);
    tensor->external_data = NULL;
    tensor->n_external_data = 0;
    tensor->has_data_location = 0;
    tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT;
}

static int take(void *context, Onnx__TensorProto *tensor, struct error *err)
{
    const struct taking *taking = context;
    const struct onnx_type *type;
    struct onnx_shape shape;
    size_t count, bytes;
    uint8_t *values;

    if (onnx_tensor_check(taking->path, tensor->name ? tensor->name : "", tensor, &type,
                          &shape, err) < 0)
        return -1;
    onnx_shape_count(&shape, &count);
    bytes = (count + type->packed - 1) / type->packed * type->bytes;
    if (bytes > taking->most)
        return 0;
    values = memory_get(bytes);
    if (onnx_external_bytes(taking->path, tensor, 0, bytes, values, err) < 0) {
        free(values);
        return -1;
    }
    free(tensor->raw_data.data);
    tensor->has_raw_data = 1;
    tensor->raw_data = (ProtobufCBinaryData){.len = bytes, .data = values};
    forget_place(tensor);
    return 0;
}

int onnx_external_take(const char *path, Onnx__ModelProto *model, size_t most,
                       struct error *err)
{
    return visit_all(model->graph, take, &(struct taking){path, most}, err);
}

/* ---- the hash ---- */

struct hashing {
    const char *path;
    char last[PATH_MAX]; /* the file whose hash was added last */
    struct hash128 hash;
    bool is_any;
};

/* Tensors of one file mostly come one after the other: it is hashed once for these. */
static int add_hash(void *context, Onnx__TensorProto *tensor, struct error *err)
{
    struct hashing *hashing = context;
    const char *location = entry_of(tensor, "location");
    char file[PATH_MAX], text[HASH_TEXT_BYTES];

    if (!location || !is_inside(location) || !path_of(hashing->path, tensor, file))
        return 0; /* refused when it is read */
    if (strcmp(file, hashing->last) == 0)
        return 0;
    if (hash_file(file, text, err) < 0)
        return -1;
    hash128_add(&hashing->hash, location, strlen(location));
    hash128_add(&hashing->hash, text, sizeof text);
    snprintf(hashing->last, sizeof hashing->last, "%s", file);
    hashing->is_any = true;
    return 0;
}

int onnx_external_hash(const char *path, char text[HASH_TEXT_BYTES], struct error *err)
{
    struct hashing hashing = {.path = path};
    struct onnx_file file;
    int status;

    if (hash_file(path, text, err) < 0 || onnx_file_open(path, &file, err) < 0)
        return -1;
    hash128_add(&hashing.hash, text, HASH_TEXT_BYTES);
    status = visit_all(file.model->graph, add_hash, &hashing, err);
    onnx_file_close(&file);
    if (status == 0 && hashing.is_any)
        hash128_text(&hashing.hash, text);
    return status;
}
