#include "commands/command.h"

#include <string.h>

const struct command commands[] = {
    {"run", "CONFIG [options]", "calibrate every case of a configuration",
     "  --dry-run        print the cases, evaluations and time that it would take, "
     "look "
     "for\n"
     "                   samples in both sets, and at what the float network predicts\n"
     "  --set KEY=VALUE  replace a setting, e.g. --set block=16 or\n"
     "                   --set models.0.calibration.samples=64; may be repeated\n"
     "  --shard I/N      take only the Ith of N parts of the cases; runs of the others "
     "may\n"
     "                   work in the same folder at the same time, as a job array "
     "does\n"
     "\n"
     "Start it with mpirun or srun to use several ranks; one rank needs no launcher.\n"
     "Run again, it does what is missing: cases that are done stay, and a case that "
     "was\n"
     "interrupted goes on from its journal, with the same digits.\n"
     "\n"
     "SIGTERM, SIGUSR1 or SIGINT to any rank stop it within five seconds, with exit "
     "code 75\n"
     "on all ranks; a second SIGINT ends it at once. A rank that is silent for "
     "`stuck_after`\n"
     "seconds is named, and the run ends with exit code 8.\n"
     "\n"
     "`calq help settings` lists all settings of a configuration.\n",
     command_run},
    {"status", "DIR | CASE", "tell where the cases of a run directory stand",
     "DIR is a run directory, CASE the folder of one case in it.\n"
     "\n"
     "Safe while the run is going on, also from another machine. For each case: done, "
     "running,\n"
     "failed (with its sentence) or waiting, the best calibration loss so far, "
     "evaluations and\n"
     "how many of them a second, and the work that is left, as far as it can be told "
     "from what\n"
     "the other cases took.\n",
     command_status},
    {"table", "DIR", "print the results of a run directory, methods by bits",
     "For each network and target: calibration loss, validation metric, evaluations "
     "and "
     "CPU\n"
     "seconds of all cases that are done; a star marks the best of a column.\n",
     command_table},
    {"inspect", "FILE",
     "list a network's layers and quantizable tensors, or a data file's datasets", NULL,
     command_inspect},
    {"export", "CASE -o FILE [options]",
     "write a calibrated network for other runtimes",
     "CASE is the folder of a case that is done, e.g. "
     "runs/glyphs/cases/glyphs-onnx-W8A8-lapq.\n"
     "\n"
     "  -o FILE     where to\n"
     "  --to onnx   the float network with integer weights, DequantizeLinear and\n"
     "              QuantizeLinear where it was quantized (QDQ); opset 13, or 21 "
     "where\n"
     "              integers of 16 or 4 bits are needed\n"
     "  --to steps  the steps of all tensors and the ranges of their integers, as "
     "JSON\n"
     "  --to ncnn-table  a table for ncnn2int8, where ncnn can represent the case: "
     "targets:\n"
     "              tensorrt, bits: W8A8, batchnorm: fold, no bias correction, no "
     "equalize,\n"
     "              no outlier_splitting\n"
     "  --int4      integers of 4 bits where they fit (opset 21); implies --integers\n"
     "  --integers  weights of layers whose input is not quantized (W4A32) as "
     "integers, "
     "too:\n"
     "              a small file, but ONNX Runtime dequantizes them in every run, or "
     "rounds\n"
     "              the input of MatMul to 8 bits, too; by default they are the floats "
     "that\n"
     "              integers and steps give, which run as fast as the float network\n"
     "  --exact     layers between codes add integers and round once, as calq does, so "
     "that\n"
     "              other runtimes come to the same codes; they make no integer "
     "kernels "
     "of it\n",
     command_export},
    {"verify", "FILE --against CASE", "compare an exported file with its case",
     "Reads the file back and compares all integers, steps and constants with those of "
     "the case,\n"
     "then runs both networks on the case's samples and compares calibration loss, "
     "logits "
     "and\n"
     "predictions. Exit code 6 where something differs, with a table of how many "
     "integers "
     "are off\n"
     "by how much. A file of --exact is compared byte by byte with what export "
     "writes.\n"
     "Lines that begin with \"ONNX Runtime\" say what that does other than the file "
     "says.\n",
     command_verify},
    {"bench", "[network MODEL] [options]",
     "time the integer kernels, or a whole network",
     "Without a model: each layer of well-known networks, beside the peak of this core "
     "and\n"
     "beside oneDNN. With a model: images a second and where the time goes, beside "
     "ONNX\n"
     "Runtime. `make bench` builds what stands beside.\n"
     "\n"
     "  --kernel NAME    a kernel set, as `calq version` lists them (auto)\n"
     "  --bits W4A8      of weights and activations (W8A8)\n"
     "  --target NAME    paper: weights without a zero level; onnx (onnx)\n"
     "  --rounds N       measurements, of which the median counts (15)\n"
     "  --only PATTERN   kernels: only the layers with such names, e.g. '*3x3*'\n"
     "  --block N        network: samples evaluated together (16)\n",
     command_bench},
    {"help", "[COMMAND | settings]", "explain a command, or the settings", NULL,
     command_help},
    {"version", "", "print the version, the kernels and the libraries", NULL,
     command_version},
    {NULL, NULL, NULL, NULL, NULL},
};

const struct command *command_named(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}
