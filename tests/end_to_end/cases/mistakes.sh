# shellcheck shell=bash disable=SC2154,SC2034,SC2016  # names of harness.sh; ${DATA} is for calq
# mistakes.sh - what a new user does wrong: each is told in one sentence that says what, where, and what to do.
#
# A line is a mistake: the exit code, the sentence in parts between |, each of which is to be told, and the
# arguments. They are tried in a folder of a user, with a network, its data, a configuration and a finished run.

user=$inputs/user

make_user() {
    mkdir "$user"
    cp examples/glyphs/glyphs.onnx "$user/net.onnx"
    cp examples/glyphs/calibration.h5 "$user/train.h5"
    cp examples/glyphs/validation.h5 "$user/test.h5"
    mkdir "$user/empty" "$user/pictures"
    # Gray, of 8 x 8 and of 8 x 6 pixels.
    base64 -d <<<iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAEElEQVR42mNsYIAAJgaKGAAmCACQtTEKkQAAAABJRU5ErkJggg== >"$user/pictures/square.png"
    base64 -d <<<iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGCAAAAADbboAnAAAAEElEQVR42mNsYIAAJgYSGAAb+gCMyRbpRwAAAABJRU5ErkJggg== >"$user/pictures/low.png"
    printf '1,2,3\n4,5\n' >"$user/lines.csv"
    printf '0.5,1.5\n' >"$user/floats.csv"
    printf 'cat.png dog\n' >"$user/list.txt"
    mkdir "$user/other"
    echo 'a text' >"$user/other/empty.png"
    printf 'PK\003\004 weights of PyTorch' >"$user/net.pt"
    sed -n '/^```yaml file=my.yaml/,/^```$/p' README.md | sed '1d;$d' >"$user/my.yaml"
    changed tab.yaml 's/^    network:/\tnetwork:/'
    changed colon.yaml 's/^    network: /    network /'
    changed indent.yaml 's/^    loss:/   loss:/'
    changed brackets.yaml 's/^bits:.*/bits: W8A8, W4A4/'
    changed no-network.yaml '/^    network:/d'
    changed no-methods.yaml '/^methods:/d'
    changed twice.yaml 's/^bits:.*/bits: W8A8\nbits: W4A4/'
    changed model.yaml 's/^models:/model:/'
    changed name.yaml 's/^name: my-network/name: my network/'
    changed labels.yaml '/^    labels:/d; s/kl_to_float/cross_entropy/'
    : >"$user/nothing.yaml"
    (cd "$user" && "$program" run my.yaml --set bits=W8A8 --set methods=minmax --set models.0.calibration.samples=16 \
        --set models.0.calibration.check=0 --set models.0.validation.samples=16 >run.log 2>&1 &&
        "$program" export runs/my-network --best loss -o quantized.onnx >/dev/null) || {
        cat "$user/run.log"
        exit 2
    }
}

changed() { sed "$2" "$user/my.yaml" >"$user/$1"; } # NAME SCRIPT

is_told() { # CODE PARTS ARGUMENTS...
    local part parts
    cd "$user" || exit 1
    calq "${@:3}"
    expect_code "$1"
    IFS='|' read -r -a parts <<<"$2"
    expect_told "${parts[0]}"
    for part in "${parts[@]:1}"; do
        expect_in "$work/log" "$part"
    done
}

mistake() { # CODE PARTS ARGUMENTS...
    tried=$((tried + 1))
    check 1 "mistake $tried: calq ${*:3}" is_told "$@"
}

tried=0
# Cases of its own, which need no search.
run=(run my.yaml --set out=runs/other --set bits=W8A8 --set methods=minmax)
case=runs/my-network/cases/net-onnx-W8A8-minmax
make_user

# ---- the command line ------------------------------------------------------------------------

mistake 2 'there is no command "calibrate"|see `calq help`' calibrate my.yaml
mistake 2 'which configuration?|e.g. calq run' run
mistake 3 'cannot open my.yml: No such file or directory|did you mean my.yaml?' run my.yml
mistake 3 'cannot open configs/my.yaml|paths are taken from the folder in which calq is started' run configs/my.yaml
mistake 3 'net.onnx is no configuration|it is an ONNX network|`calq init net.onnx` writes one' run net.onnx
mistake 3 'train.h5 is no configuration|it is an HDF5 file|`calq init MODEL` writes one' run train.h5
mistake 3 'runs/my-network is a folder|calq run runs/my-network/config.yaml' run runs/my-network
mistake 2 'there is no option "--dryrun"|did you mean --dry-run?' run my.yaml --dryrun
mistake 2 '--set needs KEY=VALUE|e.g. --set block=16' run my.yaml --set bits
mistake 2 'no run has begun in my.yaml|it has no config.yaml|`calq run CONFIG` begins one' table my.yaml
mistake 2 'my-network is a run directory, not a case|net-onnx-W8A8-minmax' export runs/my-network -o x.onnx
mistake 2 'has no case "net-onnx-W8A8-mimax"|net-onnx-W8A8-minmax' export runs/my-network/cases/net-onnx-W8A8-mimax -o x.onnx
mistake 2 'which case, and to which file?|e.g. calq export' export $case
mistake 8 'cannot write no/such/x.onnx|there is no folder no/such; make it first' export $case -o no/such/x.onnx
mistake 4 'net.onnx holds no codes|name a file that `calq export` has written' verify net.onnx --against $case
mistake 4 "my.yaml: the file is damaged|it is a text; name the network's ONNX file" inspect my.yaml
mistake 4 'net.pt: the file is damaged|it is a zip archive|torch.onnx.export' inspect net.pt
mistake 4 'train.h5: the file is damaged|it is an HDF5 file|`calq data show`' init train.h5
mistake 2 'my.yaml is there already|name another file with -o' init net.onnx -o my.yaml
mistake 2 'which two run directories?|e.g. calq compare' compare runs/my-network
mistake 2 'one configuration at a time, not my.yaml and tab.yaml' run my.yaml tab.yaml
mistake 2 '--ranks only goes with --dry-run|`mpirun -n 8 calq run CONFIG`' run my.yaml --ranks 8
mistake 8 'cannot write empty: it is a folder; name a file' export $case -o empty
mistake 2 'no form "tensorrt", only onnx, tflite|said by `targets`' export $case --to tensorrt -o x.onnx
mistake 4 'is of target onnx|search with `targets: tflite`' export $case --to tflite -o x.tflite
mistake 2 'no analysis "my.yaml"; name one, or all of them: calq analyze all CONFIG' analyze my.yaml
mistake 2 '--license takes the URL|https://spdx.org/licenses/MIT' crate runs/my-network -o crate --license MIT
mistake 2 '--under takes a number of bytes|such as 300000 or 512KiB' export runs/my-network --best loss --under 5MB -o x.onnx
mistake 2 'a run directory, not a case|net-onnx-W8A8-minmax' verify quantized.onnx --against runs/my-network

# ---- data files ------------------------------------------------------------------------------

mistake 4 'net.onnx is not an HDF5 file|it is an ONNX network|`calq inspect`' data show net.onnx
mistake 2 '-o FILE says where to|e.g. -o data.h5' data pack pictures
mistake 4 'empty holds no pictures|*.jpg|folders of them, one a class' data pack empty -o x.h5
mistake 4 'samples must be of one size|say --crop SIDE' data pack pictures -o x.h5
mistake 4 'net.onnx: calq packs a folder of pictures|.npy|.csv' data pack net.onnx -o x.h5
mistake 4 'lines.csv, line 2: 2 token ids, 3 in the lines before|say --pad ID' data pack lines.csv -o x.h5
mistake 8 'cannot write no/x.h5: there is no folder no; make it first' data pack pictures -o no/x.h5
mistake 4 'cannot open picture: No such file|did you mean pictures?' data pack picture -o x.h5
mistake 4 'cannot open ./cat.png dog|behind each perhaps a label, a whole number' data pack list.txt -o x.h5
mistake 4 'neither a JPEG nor a PNG file; remove it, or name the others in a list' data pack other -o x.h5
mistake 4 'fewer than the crop of 100 x 100; choose a smaller one, or resize' data pack pictures --crop 100 -o x.h5
mistake 4 '"0.5" is no whole number of 32 bits; a line is a sample of token ids' data pack floats.csv -o x.h5
mistake 2 'data show FILE, or data pack SOURCE -o FILE' data train.h5
mistake 4 'cannot open tain.h5|did you mean train.h5?' "${run[@]}" --set models.0.calibration.file=tain.h5
mistake 4 'pictures is not an HDF5 file|it is a folder|`calq data pack`' "${run[@]}" --set models.0.calibration.file=pictures
mistake 4 'samples 0..4999 are selected|train.h5 holds only 768' "${run[@]}" --set models.0.calibration.samples=5000
mistake 3 'check: 500 leaves nothing of the 500 calibration samples|hold out fewer, or take more samples' "${run[@]}" --set models.0.calibration.check=500
mistake 4 'train.h5 has no dataset /x|datasets in the file: /images, /labels' "${run[@]}" --set 'models.0.inputs={input: /x}'
mistake 4 'validation samples are calibration samples too|choose other ranges' "${run[@]}" --set models.0.validation.file=train.h5
mistake 4 'mean of the configuration holds 3 values|1 is needed' "${run[@]}" --set 'models.0.mean=[.4, .5, .6]'

# ---- the configuration -----------------------------------------------------------------------

mistake 3 'tab.yaml:4:1: not valid YAML|indent with blanks, not with tabs' run tab.yaml
mistake 3 'colon.yaml:5:5: not valid YAML|look at this line and at the one above' run colon.yaml
mistake 3 'indent.yaml:5:|not valid YAML|look at this line and at the one above' run indent.yaml
mistake 3 'brackets.yaml:11:7: bits: "W8A8, W4A4"|several stand in brackets: [W8A8, W4A4]' run brackets.yaml
mistake 3 'no-network.yaml:3:5: a model lacks network; add it, e.g. network: net.onnx' run no-network.yaml
mistake 3 'no-methods.yaml:1:1: the configuration lacks methods; add it, e.g. methods: [minmax, mmse]' run no-methods.yaml
mistake 3 '"INT8" is not a bit setting|did you mean W8A8?' "${run[@]}" --set bits=INT8
mistake 3 '"0.4,0.5" is not a number; several stand in brackets' "${run[@]}" --set models.0.mean=0.4,0.5
mistake 3 '"calibration" is not the number of an entry|as in models.0.loss' "${run[@]}" --set models.calibration.samples=8
mistake 3 '"0-99" is not a range of samples; write 512 for the first 512' "${run[@]}" --set models.0.calibration.samples=0-99
mistake 3 '"2GB" is not a size; sizes are written 2GiB' "${run[@]}" --set memory=2GB
mistake 4 'labels must be [N] or [N, 1]' "${run[@]}" --set models.0.labels=/images
mistake 4 'cannot open|calq fetches nothing: save the file first' "${run[@]}" --set models.0.network=https://a.org/net.onnx
mistake 3 'twice.yaml:12:1: "bits" is there already, in line 11; keep one of them' run twice.yaml
mistake 3 'unknown key "model"|did you mean models?' run model.yaml
mistake 3 'name.yaml:1:7: name: "my network" is not a name|letters, digits' run name.yaml
mistake 3 'nothing.yaml:1:1: the file is empty|`calq init MODEL` writes a configuration' run nothing.yaml
mistake 4 'has no dataset /y|datasets in the file: /images, /labels; name one of them in `inputs`, `labels`' run labels.yaml --set out=runs/other
mistake 3 'unknown key "sweps"|did you mean sweeps?' "${run[@]}" --set 'methods=[{name: lapq, sweps: 2}]'
mistake 3 'unknown key "hours"|a method has: name, layerwise' "${run[@]}" --set 'methods=[{name: lapq, hours: 2}]'
mistake 3 'name: "lapk" is not known|did you mean lapq?' "${run[@]}" --set methods=lapk
mistake 3 'targets: "tensorflow" is not known|paper, onnx' "${run[@]}" --set targets=tensorflow
mistake 3 'the environment variable DATA is not set|export DATA=' "${run[@]}" --set 'models.0.network=${DATA}/net.onnx'
mistake 4 'nat.onnx: cannot open|did you mean net.onnx?' "${run[@]}" --set models.0.network=nat.onnx
mistake 4 'quantized.onnx is quantized already|calq needs the float network' "${run[@]}" --set models.0.network=quantized.onnx
mistake 3 'net.onnx has no input "image"|its input is "input"' "${run[@]}" --set 'models.0.inputs={image: /images}'
mistake 3 'keep_float: "fist" fits no layer|`calq inspect net.onnx` lists their names' "${run[@]}" --set 'models.0.keep_float=[fist]'
mistake 8 'my.yaml: File exists|it is a file; name another folder' "${run[@]}" --set out=my.yaml
mistake 3 'was written with|choose another `out`, or remove it' run my.yaml

at_least_sixty() { [ $tried -ge 60 ] || fail "only $tried mistakes were tried"; }
check 1 "at least 60 mistakes were tried" at_least_sixty
