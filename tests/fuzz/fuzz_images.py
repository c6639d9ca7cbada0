"""Coverage-guided fuzzing of the image readers: ``python tests/fuzz/fuzz_images.py [-max_total_time=600]``.

Needs atheris (the extra ``fuzz``); anything but a BadInput or a sound volume stops it with the bytes.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["vertebro", "nibabel", "pydicom", "highdicom"]):
    from vertebro.errors import BadInput
    from vertebro.formats.dicom import read_series
    from vertebro.formats.nifti import read_nifti
    from vertebro.formats.seg import read_seg
    from vertebro.vocabulary.grades import Quantity

ROOM = Path(tempfile.mkdtemp(prefix="vertebro-fuzz-"))
QUANTITIES = list(Quantity)


def one_input(data: bytes) -> None:
    """The first byte chooses the reader, the rest is the file."""
    choice, rest = (data[0], data[1:]) if data else (0, b"")
    name = ("x.nii", "x.nii.gz", "x.dcm", "seg.dcm")[choice % 4]
    path = ROOM / name
    path.write_bytes(rest)
    try:
        if name.startswith("x.nii"):
            read_nifti(path, QUANTITIES[choice // 4 % len(QUANTITIES)])
        elif name == "x.dcm":
            read_series(path)
        else:
            read_seg(path)
    except BadInput:
        pass


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
