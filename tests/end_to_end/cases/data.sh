# shellcheck shell=bash disable=SC2154,SC2034  # names of harness.sh
# data.sh - data files that calq shows and makes.

photographs_are_what_torchvision_makes_of_them() { # gray|colour
    local folder
    needs_python h5py numpy PIL torchvision
    folder=$("$here/photographs" "$(dirname "$program")") || skip "there are no photographs here"
    find "$folder" -type f | LC_ALL=C sort >"$work/list.txt"
    # shellcheck disable=SC2046  # one word or none
    calq data pack "$work/list.txt" --imagenet $([ "$1" = colour ] || echo --gray) -o "$work/data.h5"
    expect_code 0
    "$python" "$here/like_torchvision.py" "$work/list.txt" "$work/data.h5" "$1" >"$work/largest" 2>"$work/log" ||
        fail "they cannot be compared"
    [ "$(cat "$work/largest")" -le 1 ] || fail "they differ by $(cat "$work/largest") levels"
}
check 1 "photographs are what torchvision makes of them" photographs_are_what_torchvision_makes_of_them colour
check 1 "photographs in gray are what torchvision makes of them" photographs_are_what_torchvision_makes_of_them gray

# A PNG of one colour: WIDTH HEIGHT RED FILE.
picture() {
    "$python" -c '
import struct, sys, zlib
w, h, red = map(int, sys.argv[1:4])
part = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
rows = (b"\0" + bytes([red, 0, 9]) * w) * h
open(sys.argv[4], "wb").write(b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) +
    part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))' "$@"
}

# Three classes of which each has pictures of its own red.
picture_folders() {
    local class
    needs_python struct
    for class in apple bee cat; do
        mkdir -p "$work/pictures/$class"
    done
    for number in 1 2 3 4; do
        picture 9 8 10 "$work/pictures/apple/$number.png"
        picture 9 8 20 "$work/pictures/bee/$number.PNG"
    done
    picture 9 8 30 "$work/pictures/cat/1.png"
}

folders_are_classes() {
    picture_folders
    calq data pack "$work/pictures" -o "$work/data.h5" --mean 0.5,0.5,0.5 --std 0.2
    expect_code 0
    expect_in "$work/out" "9 samples in 2 datasets, labels up to 2"
    calq data show "$work/data.h5"
    expect_code 0
    grep -Eq '^/x +\[9, 3, 8, 9\] +8-bit unsigned integers +chunks' "$work/out" || fail "the samples are others"
    expect_in "$work/out" "    mean: 0.5, 0.5, 0.5"
    expect_in "$work/out" "    std: 0.2"
    expect_in "$work/out" "/y as labels: 3 classes, 1 to 4 samples each"
    expect_in "$work/out" "use: labels: /y"
    expect_in "$work/out" "use: inputs: {INPUT: /x}"
}
check 1 folders_are_classes

values_of() { # DATASET
    "$python" -c "import h5py, sys; print(h5py.File(sys.argv[1])[sys.argv[2]][:].reshape(-1).tolist())" "$work/data.h5" "$1"
}

labels_go_with_their_pictures_in_an_order_of_the_seed() {
    local order=()
    needs_python h5py
    picture_folders
    for seed in 0 0 1; do
        calq data pack "$work/pictures" -o "$work/data.h5" --crop 1 --seed $seed
        expect_code 0
        "$python" -c '
import h5py, sys
data = h5py.File(sys.argv[1])
assert [v[:, 0, 0].tolist() for v in data["x"]] == [[10 * (y + 1), 0, 9] for y in data["y"]]' "$work/data.h5" ||
            fail "labels are of other pictures: $(values_of /x) $(values_of /y)"
        order+=("$(values_of /y)")
    done
    [ "${order[0]}" = "${order[1]}" ] || fail "the same seed gives other orders"
    [ "${order[0]}" != "${order[2]}" ] || fail "other seeds give the same order"
}
check 1 labels_go_with_their_pictures_in_an_order_of_the_seed

refuses() { # SENTENCE ARGUMENTS...
    calq data pack "${@:2}" -o "$work/data.h5"
    expect_code 4
    expect_told "$1"
    [ ! -e "$work/data.h5" ] && [ ! -e "$work/data.h5.draft" ] || fail "a file is left"
}

damaged_pictures_end_with_a_sentence() {
    picture_folders
    head -c 60 "$work/pictures/apple/1.png" >"$work/pictures/cat/2.png"
    refuses "pictures/cat/2.png is damaged: " "$work/pictures"
    printf '\xff\xd8\xff\xe0\0\20JFIF\0' >"$work/pictures/cat/2.png"
    refuses "pictures/cat/2.png is damaged: " "$work/pictures"
    echo no picture >"$work/pictures/cat/2.png"
    refuses "pictures/cat/2.png is neither a JPEG nor a PNG file" "$work/pictures"
    picture 4 4 1 "$work/pictures/cat/2.png"
    refuses "samples must be of one size: say --crop SIDE" "$work/pictures"
    refuses "pictures/cat/2.png: 4 x 4 pixels are fewer than the crop of 6 x 6" "$work/pictures" --crop 6
    rm -r "$work"/pictures/*/*
    refuses "holds no pictures: *.jpg, *.jpeg or *.png" "$work/pictures"
}
check 1 damaged_pictures_end_with_a_sentence

pictures_that_are_cropped_already_are_told() {
    needs_python h5py
    mkdir "$work/pictures"
    picture 8 8 10 "$work/pictures/1.png"
    calq data pack "$work/pictures" --resize 10 --crop 8 -o "$work/data.h5"
    expect_code 0
    expect_in "$work/out" "note: all pictures are 8 x 8 already, and lose their edges by --resize 10; with --resize 8"
    calq data pack "$work/pictures" --resize 8 --crop 8 -o "$work/data.h5"
    expect_code 0
    expect_not_in "$work/out" "note:"
    picture 8 9 10 "$work/pictures/2.png"
    calq data pack "$work/pictures" --resize 10 --crop 8 -o "$work/data.h5"
    expect_code 0
    expect_not_in "$work/out" "note:"
}
check 1 pictures_that_are_cropped_already_are_told

lists_name_pictures_and_labels() {
    needs_python h5py
    picture_folders
    printf 'pictures/apple/1.png 7\npictures/cat/1.png\t-1\n' >"$work/list.txt"
    calq data pack "$work/list.txt" -o "$work/data.h5"
    expect_code 0
    [ "$(values_of /y)" = "[7, -1]" ] || fail "the labels are $(values_of /y)"
    rm "$work/data.h5"
    printf 'pictures/apple/1.png 7\npictures/cat/1.png\n' >"$work/list.txt"
    refuses "line 2: it has no label, the lines before have one" "$work/list.txt"
    printf 'pictures/none.png\n' >"$work/list.txt"
    refuses "pictures/none.png: No such file or directory" "$work/list.txt"
}
check 1 lists_name_pictures_and_labels

token_ids_are_rows() {
    needs_python h5py
    printf '1,2,3\n\n4; 5\n-6 7\t8\n' >"$work/text.csv"
    refuses "text.csv, line 3: 2 token ids, 3 in the lines before; say --pad ID" "$work/text.csv"
    calq data pack "$work/text.csv" --pad 99 -o "$work/data.h5"
    expect_code 0
    [ "$(values_of /x)" = "[1, 2, 3, 4, 5, 99, -6, 7, 8]" ] || fail "they are $(values_of /x)"
    rm "$work/data.h5"
    printf '1,2\n3,four\n' >"$work/text.csv"
    refuses 'text.csv, line 2: "four" is no whole number of 32 bits' "$work/text.csv"
    printf '\n\n' >"$work/text.csv"
    refuses "holds no token ids" "$work/text.csv"
}
check 1 token_ids_are_rows

arrays_are_datasets() {
    needs_python h5py numpy
    (cd "$work" && "$python" -c '
import numpy as n
x = n.arange(60, dtype="f8").reshape(5, 3, 4) / 7
n.save("x.npy", x); n.savez_compressed("all.npz", images=x, labels=n.array([4, 3, 2, 1, 0], "i2"))
n.savez("other.npz", images=x, labels=n.arange(4))
open("labels", "w").write("0\n1\n1\n0\n2\n")')
    calq data pack "$work/x.npy" --labels "$work/labels" -o "$work/data.h5" --gzip 3
    expect_code 0
    expect_in "$work/out" "5 samples in 2 datasets, labels up to 2"
    [ "$(values_of /y)" = "[0, 1, 1, 0, 2]" ] || fail "the labels are $(values_of /y)"
    calq data pack "$work/all.npz" -o "$work/data.h5"
    expect_code 0
    [ "$(values_of /labels)" = "[4, 3, 2, 1, 0]" ] || fail "the labels are $(values_of /labels)"
    "$python" -c '
import h5py, numpy as n, sys
assert (h5py.File(sys.argv[1])["images"][:] == n.load(sys.argv[2])["images"].astype("f4")).all()' \
        "$work/data.h5" "$work/all.npz" || fail "the samples are others"
    rm "$work/data.h5"
    refuses "/labels holds 4 samples, the arrays before it 5" "$work/other.npz"
    head -n 4 "$work/labels" >"$work/few"
    refuses "few holds 4 labels for 5 samples" "$work/x.npy" --labels "$work/few"
    echo cat >"$work/few"
    refuses 'few, line 1: "cat" is no whole number' "$work/x.npy" --labels "$work/few"
    head -c 300 "$work/x.npy" >"$work/cut.npy"
    refuses "cut.npy is cut short" "$work/cut.npy"
    head -c 300 "$work/all.npz" >"$work/cut.npz"
    refuses "cut.npz is no ZIP file, damaged or cut short" "$work/cut.npz"
}
check 1 arrays_are_datasets

any_number_of_samples_takes_little_memory() {
    needs_python numpy
    (cd "$work" && "$python" -c 'import numpy as n; n.save("large.npy", n.zeros((2000, 3, 224, 224), "u1"))')
    wrapper=("$tools/peak" "$work/peak")
    calq data pack "$work/large.npy" -o "$work/data.h5" --gzip 1
    expect_code 0
    [ "$(cat "$work/peak")" -lt 100000 ] || fail "$(cat "$work/peak") KB for a file of 294 MB"
}
check 1 any_number_of_samples_takes_little_memory

a_signal_leaves_no_file() {
    local pid
    needs_python numpy
    (cd "$work" && "$python" -c 'import numpy as n; n.save("large.npy", n.zeros((2000, 3, 224, 224), "u1"))')
    "$program" data pack "$work/large.npy" -o "$work/data.h5" --gzip 9 >"$work/out" 2>"$work/log" &
    pid=$!
    await $pid test -s "$work/data.h5.draft" || fail "it ended before"
    kill -TERM $pid
    wait $pid
    code=$?
    expect_code 75
    expect_told "stopped by SIGTERM"
    [ ! -e "$work/data.h5" ] && [ ! -e "$work/data.h5.draft" ] || fail "a file is left"
}
check 1 a_signal_leaves_no_file

what_is_packed_can_be_run_on() {
    needs_python h5py numpy
    (cd "$work" && "$python" -c '
import h5py, numpy as n, sys
with h5py.File(sys.argv[1]) as f:
    n.savez("glyphs.npz", images=f["images"][:], labels=f["labels"][:])
    print(float(f["images"].attrs["mean"] if "mean" in f["images"].attrs else f.attrs["mean"]),
          float(f["images"].attrs["std"] if "std" in f["images"].attrs else f.attrs["std"]))' \
        "$OLDPWD/examples/glyphs/calibration.h5") >"$work/constants" || fail "the example has other data"
    read -r mean std <"$work/constants"
    calq data pack "$work/glyphs.npz" --dataset /images --mean "$mean" --std "$std" -o "$work/data.h5"
    expect_code 0
    for file in examples/glyphs/calibration.h5 "$work/data.h5"; do
        calibrate examples/glyphs/glyphs.yaml --set methods=minmax --set bits=W4A4 \
            --set "models.0.calibration.file=$file"
        digits "$work/run" | grep -vE '"file": |"hash": |content ' >"$work/digits.$(basename "$file")"
        rm -r "$work/run"
    done
    expect_same "$work/digits.calibration.h5" "$work/digits.data.h5"
}
check 1 what_is_packed_can_be_run_on

usage() { # TEXT ARGUMENTS...
    calq data "${@:2}"
    expect_code 2
    expect_told "$1"
}
check 1 "data shows or packs" usage "data show FILE, or data pack SOURCE -o FILE" --imagenet
check 1 "data pack needs a source" usage "pack what?" pack -o x.h5
check 1 "data pack needs a file" usage "-o FILE says where to" pack x.npy
check 1 "data show needs a file" usage "which file?" show
check 1 "sides are whole numbers" usage "--crop: " pack x --crop 1.5 -o y
check 1 "means are numbers" usage "--mean takes a number, or one a channel" pack x --mean a,b -o y
