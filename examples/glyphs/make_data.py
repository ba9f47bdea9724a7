#!/usr/bin/python3
"""Draws the glyphs: small distorted pictures of digits and letters in many fonts.

Writes three HDF5 files, each with `images` u8 [N, 1, 24, 24] and `labels` i32 [N]:

    calibration.h5      the training fonts, pictures the network was not trained on
    validation.h5       fonts that occur nowhere else
    glyphs-training.h5  large; goes to the temporary folder and is not shipped

A network sees x = (u8/255 - mean) / std, with `mean` and `std` from the root attributes.
No two files share a picture. The same fonts and seed give the same bytes.
"""

import argparse
import functools
import math
import pathlib
import sys
import tempfile

import h5py
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"
SIZE = 24        # of a picture
DRAWN = 48       # of a picture before the last reduction
CANVAS = 96      # of an undistorted character
CAP_HEIGHT = 46  # of an H on the canvas
CHUNK = 1000     # pictures from one random stream

# Debian package -> files under the fonts folder.
TRAINING_FONTS = {
    "fonts-adf-berenis": """
        truetype/adf/BerenisADFPro-Regular.otf truetype/adf/BerenisADFPro-BoldItalic.otf""",
    "fonts-adf-gillius": """
        truetype/adf/GilliusADF-Regular.otf truetype/adf/GilliusADF-Bold.otf
        truetype/adf/GilliusADF-CondItalic.otf""",
    "fonts-averia-gwf": """
        truetype/averia-gwf/AveriaGWF-Regular.ttf truetype/averia-gwf/AveriaGWF-Bold.ttf""",
    "fonts-b612": """
        opentype/b612/B612-Regular.otf opentype/b612/B612Mono-Bold.otf""",
    "fonts-cabin": """
        opentype/cabin/Cabin-Regular.otf opentype/cabin/Cabin-BoldItalic.otf""",
    "fonts-comic-neue": """
        opentype/comic-neue/ComicNeue-Regular.otf opentype/comic-neue/ComicNeue-Bold.otf""",
    "fonts-crosextra-caladea": """
        truetype/crosextra/Caladea-Regular.ttf truetype/crosextra/Caladea-Bold.ttf""",
    "fonts-crosextra-carlito": """
        truetype/crosextra/Carlito-Regular.ttf truetype/crosextra/Carlito-BoldItalic.ttf""",
    "fonts-dejavu-core": """
        truetype/dejavu/DejaVuSans.ttf truetype/dejavu/DejaVuSans-Bold.ttf
        truetype/dejavu/DejaVuSerif.ttf truetype/dejavu/DejaVuSansMono.ttf
        truetype/dejavu/DejaVuSerif-Bold.ttf""",
    "fonts-dejavu-extra": """
        truetype/dejavu/DejaVuSansCondensed-Oblique.ttf
        truetype/dejavu/DejaVuSerifCondensed-Italic.ttf
        truetype/dejavu/DejaVuSans-ExtraLight.ttf""",
    "fonts-dosis": """
        opentype/dosis/Dosis-Light.otf opentype/dosis/Dosis-Bold.otf""",
    "fonts-ebgaramond": """
        opentype/ebgaramond/EBGaramond12-Regular.otf
        opentype/ebgaramond/EBGaramond12-Italic.otf""",
    "fonts-fantasque-sans": """
        truetype/fantasque-sans/Normal/TTF/FantasqueSansMono-Regular.ttf
        truetype/fantasque-sans/Normal/TTF/FantasqueSansMono-BoldItalic.ttf""",
    "fonts-freefont-ttf": """
        truetype/freefont/FreeSans.ttf truetype/freefont/FreeSerif.ttf
        truetype/freefont/FreeMono.ttf truetype/freefont/FreeSerifBoldItalic.ttf
        truetype/freefont/FreeSansBold.ttf""",
    "fonts-hack": """
        truetype/hack/Hack-Regular.ttf truetype/hack/Hack-BoldItalic.ttf""",
    "fonts-karla": """
        truetype/karla/Karla-Regular.otf truetype/karla/Karla-ExtraBold.otf""",
    "fonts-lato": """
        truetype/lato/Lato-Regular.ttf truetype/lato/Lato-Black.ttf
        truetype/lato/Lato-LightItalic.ttf truetype/lato/Lato-Bold.ttf""",
    "fonts-league-mono": """
        opentype/league-mono/LeagueMono-Regular.otf
        opentype/league-mono/LeagueMono-CondensedLight.otf
        opentype/league-mono/LeagueMono-WideBold.otf""",
    "fonts-liberation": """
        truetype/liberation/LiberationSans-Regular.ttf
        truetype/liberation/LiberationSans-BoldItalic.ttf
        truetype/liberation/LiberationSerif-Regular.ttf
        truetype/liberation/LiberationSerif-Italic.ttf
        truetype/liberation/LiberationMono-Regular.ttf
        truetype/liberation/LiberationSansNarrow-Bold.ttf""",
    "fonts-lobstertwo": """
        opentype/lobstertwo/LobsterTwo-Regular.otf""",
    "fonts-monofur": """
        truetype/monofur/monof55.ttf""",
    "fonts-open-sans": """
        truetype/open-sans/OpenSans-Regular.ttf truetype/open-sans/OpenSans-CondLight.ttf
        truetype/open-sans/OpenSans-ExtraBoldItalic.ttf
        truetype/open-sans/OpenSans-Semibold.ttf""",
    "fonts-paratype": """
        truetype/paratype/PTF55F.ttf truetype/paratype/PTN77F.ttf
        truetype/paratype/PTM55F.ttf truetype/paratype/PTZ56F.ttf""",
    "fonts-quicksand": """
        truetype/quicksand/Quicksand-Regular.ttf truetype/quicksand/Quicksand-Bold.ttf""",
    "fonts-roboto-slab": """
        opentype/roboto/slab/RobotoSlab-Regular.otf opentype/roboto/slab/RobotoSlab-Bold.otf""",
    "fonts-sil-andika": """
        truetype/andika/Andika-Regular.ttf truetype/andika/Andika-BoldItalic.ttf""",
    "fonts-tomsontalks": """
        truetype/tomsontalks/TomsonTalks.ttf""",
    "fonts-urw-base35": """
        opentype/urw-base35/C059-Roman.otf opentype/urw-base35/C059-BdIta.otf
        opentype/urw-base35/NimbusMonoPS-Bold.otf opentype/urw-base35/P052-Italic.otf
        opentype/urw-base35/P052-Bold.otf opentype/urw-base35/URWBookman-Demi.otf
        opentype/urw-base35/URWBookman-LightItalic.otf opentype/urw-base35/URWGothic-Book.otf
        opentype/urw-base35/URWGothic-DemiOblique.otf""",
    "fonts-yanone-kaffeesatz": """
        opentype/yanone-kaffeesatz/YanoneKaffeesatz-Regular.otf""",
}

VALIDATION_FONTS = {
    "fonts-adf-mekanus": """
        truetype/adf/MekanusADFStd-Regular.otf""",
    "fonts-cantarell": """
        opentype/cantarell/Cantarell-Regular.otf opentype/cantarell/Cantarell-ExtraBold.otf""",
    "fonts-inconsolata": """
        truetype/inconsolata/Inconsolata.otf""",
    "fonts-junicode": """
        opentype/junicode/JunicodeTwoBeta-Regular.otf
        opentype/junicode/JunicodeTwoBeta-BoldItalic.otf""",
    "fonts-jura": """
        opentype/jura/Jura-Medium.otf opentype/jura/Jura-Bold.otf""",
    "fonts-linuxlibertine": """
        opentype/linux-libertine/LinLibertine_R.otf
        opentype/linux-libertine/LinLibertine_RBI.otf
        opentype/linux-libertine/LinBiolinum_RB.otf""",
    "fonts-roboto-unhinted": """
        truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf
        truetype/roboto/unhinted/RobotoTTF/Roboto-BoldItalic.ttf
        truetype/roboto/unhinted/RobotoCondensed-Light.ttf""",
    "fonts-sil-gentiumplus": """
        truetype/gentiumplus/GentiumPlus-Regular.ttf
        truetype/gentiumplus/GentiumBookPlus-BoldItalic.ttf""",
    "fonts-tuffy": """
        truetype/tuffy/Tuffy.ttf truetype/tuffy/Tuffy_Bold_Italic.ttf""",
    "fonts-vollkorn": """
        truetype/vollkorn/Vollkorn-Regular.ttf truetype/vollkorn/Vollkorn-Black.ttf""",
}


def paths(fonts):
    """The font files of a package table, in its order."""
    return [path for files in fonts.values() for path in files.split()]


def stop_when_fonts_are_missing(folder):
    """Names the Debian packages to install, rather than drawing other pictures."""
    packages = [package
                for fonts in (TRAINING_FONTS, VALIDATION_FONTS)
                for package, files in fonts.items()
                if not all((folder / path).exists() for path in files.split())]
    if packages:
        sys.exit("fonts are missing; install: " + " ".join(packages))


@functools.lru_cache(maxsize=None)
def load_font(path):
    """The font at the size where an H is CAP_HEIGHT tall."""
    top, bottom = ImageFont.truetype(str(path), 100).getbbox("H")[1::2]
    return ImageFont.truetype(str(path), round(100 * CAP_HEIGHT / (bottom - top)))


@functools.lru_cache(maxsize=None)
def draw_character(path, character):
    """The character in white on a black canvas, centred."""
    font = load_font(path)
    left, top, right, bottom = font.getbbox(character)
    canvas = Image.new("L", (CANVAS, CANVAS))
    corner = ((CANVAS - left - right) / 2, (CANVAS - top - bottom) / 2)
    ImageDraw.Draw(canvas).text(corner, character, fill=255, font=font)
    return canvas


def random_homography(random):
    """Where each pixel of the drawn picture comes from on the canvas, as PIL wants it."""
    angle = math.radians(random.normal(0, 9))
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    shear = np.array([[1, random.normal(0, 0.15), 0], [0, 1, 0], [0, 0, 1]])
    zoom = CANVAS / DRAWN * np.exp(random.normal(-0.25, 0.14))
    stretch = np.exp(random.normal(0, 0.1))
    scale = np.diag([zoom * stretch, zoom / stretch, 1])
    tilt = np.eye(3)
    tilt[2, :2] = random.normal(0, 0.004, 2)
    to_centre, from_centre = np.eye(3), np.eye(3)
    to_centre[:2, 2] = -DRAWN / 2 + random.normal(0, 2.5, 2)
    from_centre[:2, 2] = CANVAS / 2
    map_back = from_centre @ scale @ shear @ turn @ tilt @ to_centre
    return map_back / map_back[2, 2]


def draw_mask(random, font_path, character, neighbours):
    """How much ink each pixel gets, 0..1: the character, at times parts of its neighbours."""
    thickening = ImageFilter.MaxFilter(random.choice([1, 1, 3]))
    canvas = draw_character(font_path, character).filter(thickening)
    for side in (-1, 1):
        if random.random() < neighbours:
            other = draw_character(font_path, random.choice(list(CHARACTERS)))
            ours, theirs = canvas.getbbox(), other.getbbox()
            gap = random.integers(2, 9)
            shift = ours[2] - theirs[0] + gap if side > 0 else ours[0] - theirs[2] - gap
            canvas.paste(255, (int(shift), 0), other)
    homography = random_homography(random)
    drawn = canvas.transform((DRAWN, DRAWN), Image.Transform.PERSPECTIVE,
                             homography.ravel()[:8], Image.Resampling.BILINEAR)
    blurred = drawn.filter(ImageFilter.GaussianBlur(random.uniform(0.2, 1.8)))
    return np.asarray(blurred.resize((SIZE, SIZE), Image.Resampling.BOX), np.float32) / 255


def paint(random, masks):
    """Pictures 0..1 of the masks: uneven background, ink lighter or darker, a line, noise.

    The contrast spans a factor of twelve and all else scales with it. Faint pictures are as
    readable as strong ones in float, but the strong ones set the largest activations: a step
    that covers those is too coarse for the faint ones.
    """
    count = len(masks)

    def each(values):
        return values.astype(np.float32).reshape(count, 1, 1)

    y, x = np.mgrid[-1:1:SIZE * 1j, -1:1:SIZE * 1j].astype(np.float32)
    level = random.uniform(0.2, 0.8, count)
    is_dark = random.random(count) < level
    contrast = np.where(is_dark, -level, 1 - level)
    contrast *= np.exp(random.uniform(np.log(0.08), 0, count))
    background = each(level)
    for slope in (x, y, x * y):
        background = background + each(contrast * random.normal(0, 0.15, count)) * slope
    angle = random.uniform(0, np.pi, count)
    across = each(np.cos(angle)) * x + each(np.sin(angle)) * y
    along = np.exp(-((across - each(random.uniform(-0.9, 0.9, count))) / 0.06) ** 2)
    line = along * each(np.where(random.random(count) < 0.35, 0.7 * contrast, 0))
    pictures = background + each(contrast) * masks + (1 - masks) * line
    noise = np.abs(contrast) * random.uniform(0, 0.25, count)
    return pictures + each(noise) * random.standard_normal(pictures.shape, np.float32)


def draw_chunk(seed, font_paths, count):
    """Pictures u8 [count, 1, SIZE, SIZE] and their labels, from one random stream."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, len(CHARACTERS), count).astype(np.int32)
    fonts = random.integers(0, len(font_paths), count)
    masks = np.stack([draw_mask(random, font_paths[font], CHARACTERS[label], 0.3)
                      for label, font in zip(labels, fonts)])
    pictures = np.clip(np.rint(paint(random, masks) * 255), 0, 255).astype(np.uint8)
    return pictures[:, None], labels


def draw(seed, font_paths, count):
    """`count` pictures and labels, chunk after chunk."""
    chunks = [draw_chunk([*seed, start], font_paths, min(CHUNK, count - start))
              for start in range(0, count, CHUNK)]
    images, labels = zip(*chunks)
    return np.concatenate(images), np.concatenate(labels)


def without(images, labels, *others):
    """The pictures that occur in none of the other sets."""
    taken = {picture.tobytes() for other in others for picture in other}
    fresh = [picture.tobytes() not in taken for picture in images]
    return images[fresh], labels[fresh]


def write(path, images, labels, mean, std):
    """One HDF5 file, gzip-chunked, without time stamps."""
    with h5py.File(path, "w") as file:
        for name, values in (("images", images), ("labels", labels)):
            chunk = (min(64, len(values)), *values.shape[1:])
            file.create_dataset(name, data=values, chunks=chunk, compression="gzip",
                                compression_opts=9)
        file.attrs["mean"] = np.array([mean], np.float32)
        file.attrs["std"] = np.array([std], np.float32)


def read_arguments():
    """The command line."""
    here = pathlib.Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fonts", type=pathlib.Path, default="/usr/share/fonts")
    parser.add_argument("--out", type=pathlib.Path, default=here,
                        help="folder of calibration.h5 and validation.h5")
    parser.add_argument("--training", type=pathlib.Path,
                        default=pathlib.Path(tempfile.gettempdir()) / "glyphs-training.h5")
    parser.add_argument("--training-count", type=int, default=120000)
    parser.add_argument("--calibration-count", type=int, default=768)
    parser.add_argument("--validation-count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main():
    """Draws the three sets and writes them."""
    options = read_arguments()
    stop_when_fonts_are_missing(options.fonts)
    known = [options.fonts / path for path in paths(TRAINING_FONTS)]
    unknown = [options.fonts / path for path in paths(VALIDATION_FONTS)]

    training = draw([options.seed, 0], known, options.training_count)
    calibration = without(*draw([options.seed, 1], known, options.calibration_count),
                          training[0])
    validation = without(*draw([options.seed, 2], unknown, options.validation_count),
                         training[0], calibration[0])
    mean, std = training[0].mean() / 255, training[0].std() / 255

    for path, (images, labels) in ((options.training, training),
                                   (options.out / "calibration.h5", calibration),
                                   (options.out / "validation.h5", validation)):
        write(path, images, labels, mean, std)
        print(f"{path}: {len(labels)} pictures")


if __name__ == "__main__":
    main()
