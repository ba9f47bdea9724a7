#include "core/network/onnx_file.h"

#include "core/base/memory.h"
#include "core/network/onnx_error.h"
#include "core/network/onnx_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_stat(const char *path, const struct stat *about, struct error *err)
{
    if (!S_ISREG(about->st_mode))
        return onnx_error(err, path, "this is no regular file");
    if (about->st_size == 0)
        return onnx_error(err, path, "the file is empty");
    if (about->st_size > ONNX_FILE_BYTES_MAX)
        return onnx_error(err, path, "%lld bytes; an ONNX file has at most %d",
                          (long long)about->st_size, ONNX_FILE_BYTES_MAX);
    return 0;
}

static int fill(const char *path, int file, uint8_t *bytes, size_t size,
                struct error *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t now = read(file, bytes + done, size - done);

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

/* `bytes` [size] are for the caller to free. */
static int read_bytes(const char *path, uint8_t **bytes, size_t *size,
                      struct error *err)
{
    struct stat about;
    int status = -1;
    /* O_NONBLOCK: a pipe is refused below instead of waited for. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0)
        return onnx_error(err, path, "cannot open: %s", strerror(errno));
    if (fstat(file, &about) < 0) {
        onnx_error(err, path, "cannot read: %s", strerror(errno));
        goto done;
    }
    if (check_stat(path, &about, err) < 0)
        goto done;
    *size = (size_t)about.st_size;
    *bytes = memory_get(*size);
    status = fill(path, file, *bytes, *size, err);
done:
    close(file);
    return status;
}

static int check_model(const char *path, const Onnx__ModelProto *model,
                       struct error *err)
{
    if (!model)
        return onnx_error(err, path, "the file is damaged or no ONNX file");
    if (!model->has_ir_version)
        return onnx_error(err, path, "no ir_version: this is no ONNX file");
    if (!model->graph)
        return onnx_error(err, path, "the file has no graph");
    return 0;
}

Onnx__ModelProto *onnx_file_read(const char *path, struct error *err)
{
    Onnx__ModelProto *model = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;

    if (read_bytes(path, &bytes, &size, err) == 0 &&
        onnx_limits_check(path, bytes, size, err) == 0) {
        model = onnx__model_proto__unpack(NULL, size, bytes);
        if (check_model(path, model, err) < 0) {
            onnx__model_proto__free_unpacked(model, NULL);
            model = NULL;
        }
    }
    free(bytes);
    return model;
}
