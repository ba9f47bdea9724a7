/* hdf5_request.h - what hdf5_reader asks, and where HDF5 is, the answer: plain data. */
#ifndef CORE_FORMAT_HDF5_REQUEST_H
#define CORE_FORMAT_HDF5_REQUEST_H

#include "core/base/error.h"
#include "core/format/hdf5_file.h"

enum hdf5_request {
    HDF5_REQUEST_OPEN,
    HDF5_REQUEST_CLOSE,
    HDF5_REQUEST_HAS,
    HDF5_REQUEST_FIND,
    HDF5_REQUEST_ATTRIBUTE,
    HDF5_REQUEST_ROWS,
    HDF5_REQUEST_LIST,
    HDF5_REQUEST_NAMES,
    HDF5_REQUEST_LEAVE /* end the process */
};

struct hdf5_question {
    enum hdf5_request request;
    int reader; /* its number */
    int index;  /* of a dataset; -1: none */
    size_t first, count;
    enum hdf5_as as;
    size_t bytes;       /* of the room */
    bool limits_memory; /* of the process, since it stands apart */
};

struct hdf5_answer {
    int status;
    bool is_closed; /* the file, with a process before this one; there is no sentence */
    struct error err;
    bool has;
    struct hdf5_dataset dataset;
    struct hdf5_numbers numbers;
};

/* Answers a question: `asked` is a struct hdf5_question, `answered` a struct hdf5_answer, zero
 * before. Path and names come in the room, where rows and lists are put. */
void hdf5_request_answer(const void *asked, void *room, void *answered);

#endif
