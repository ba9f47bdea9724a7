#include "core/onnx/onnx_file.h"

#include "core/base/file_hint.h"
#include "core/onnx/onnx_error.h"
#include "core/onnx/onnx_order.h"
#include "core/onnx/onnx_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
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

/* The file is for the caller to close; -1 on failure. */
static int open_file(const char *path, size_t *size, struct error *err)
{
    char hint[FILE_HINT_BYTES];
    struct stat about;
    /* O_NONBLOCK: a pipe is refused below instead of waited for. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0) {
        int why = errno;

        return onnx_error(err, path, "cannot open: %s%s", strerror(why),
                          file_hint_missing(path, hint));
    }
    if (fstat(file, &about) < 0) {
        onnx_error(err, path, "cannot read: %s", strerror(errno));
        goto failed;
    }
    if (check_stat(path, &about, err) < 0)
        goto failed;
    *size = (size_t)about.st_size;
    return file;
failed:
    close(file);
    return -1;
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

/* Adds what the file is instead, where it is known not to be a network. */
static void add_kind(const char *path, struct error *err)
{
    char hint[FILE_HINT_BYTES];
    size_t used = strlen(err->text);

    if (!strstr(file_hint_kind(path, hint), "ONNX"))
        snprintf(err->text + used, sizeof err->text - used, "%s%s", hint,
                 strstr(hint, "a text") ? "; name the network's ONNX file" : "");
}

static int open_model(const char *path, bool leaves_values, struct onnx_file *file,
                      struct error *err)
{
    uint8_t *bytes;
    size_t size = 0, taken;

    *file = (struct onnx_file){.path = path};
    file->descriptor = open_file(path, &size, err);
    if (file->descriptor < 0)
        return -1;
    if (onnx_scan_take(path, file->descriptor, size, leaves_values, &bytes, &taken,
                       err) < 0) {
        add_kind(path, err);
        onnx_file_close(file);
        return -1;
    }
    file->model = onnx__model_proto__unpack(NULL, taken, bytes);
    free(bytes);
    if (check_model(path, file->model, err) == 0) {
        onnx_order_nodes(file->model->graph);
        return 0;
    }
    onnx_file_close(file);
    return -1;
}

int onnx_file_open(const char *path, struct onnx_file *file, struct error *err)
{
    return open_model(path, true, file, err);
}

void onnx_file_close(struct onnx_file *file)
{
    onnx__model_proto__free_unpacked(file->model, NULL);
    if (file->descriptor >= 0)
        close(file->descriptor);
    *file = (struct onnx_file){.descriptor = -1};
}

int onnx_file_bytes(const struct onnx_file *file, uint64_t offset, size_t count,
                    void *to, struct error *err)
{
    for (size_t done = 0; done < count;) {
        ssize_t now = pread(file->descriptor, (uint8_t *)to + done, count - done,
                            (off_t)(offset + done));

        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return onnx_error(err, file->path, "cannot read: %s", strerror(errno));
        if (now == 0)
            return onnx_error(err, file->path,
                              "the file became shorter while it was read");
        done += (size_t)now;
    }
    return 0;
}

Onnx__ModelProto *onnx_file_read(const char *path, struct error *err)
{
    struct onnx_file file;
    Onnx__ModelProto *model;

    if (open_model(path, false, &file, err) < 0)
        return NULL;
    model = file.model;
    file.model = NULL;
    onnx_file_close(&file);
    return model;
}
