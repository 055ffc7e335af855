"""The tests, laid out as the package is.

Array shapes and types are checked while they run, in what numba does not compile: its kernels
cannot be wrapped.
"""

from jaxtyping import install_import_hook

from tests import shapes

CHECKED = (
    *("scene", "runtime", "lift.place", "lift.assemble", "show.gltf", "show.texture", "show.moves"),
    *("depth.given", "depth.measured", "depth.depth_file", "depth.mono", "show.framing"),
    *("depth.consensus", "depth.align", "depth.track", "depth.match", "depth.drift"),
    *("depth.evidence", "depth.rectify", "depth.pair_fault"),
    *("depth.undistort", "depth.rectangle", "depth.exposure"),
    *("depth.semiglobal", "depth.stereo", "depth.dense_evidence", "depth.trust", "depth.look"),
    *("depth.choose", "train.pair_truth", "train.pair_methods", "train.evaluate_pairs"),
    *(f"imagine.models.{name}" for name in ("generator", "diffusion", "latent", "pixel", "masked")),
    *("imagine.models.guidance", "imagine.models.maskgit"),
    *("imagine.models.fourier", "imagine.models.pixels", "imagine.models.autoencoder"),
    *(f"imagine.judge.{name}" for name in ("area", "disturb", "fit", "matcher")),
    *(f"imagine.judge.{name}" for name in ("photography", "subject", "variety", "winning")),
    *("imagine.logistic", "imagine.autoencoder_loss", "imagine.reconstruction", "imagine.square"),
)

install_import_hook([f"stereopsis.{name}" for name in CHECKED], f"{shapes.__name__}.checked")
