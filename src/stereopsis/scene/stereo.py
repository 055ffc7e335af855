"""StereoPair: what two eyes saw, and what is known about them."""

from dataclasses import dataclass

from stereopsis.scene.photo import Photo
from stereopsis.scene.rig import Eye as Eye
from stereopsis.scene.rig import Rig


@dataclass(frozen=True)
class StereoPair:
    """Pictures of a left and a right eye; depth is wanted for the one that is `shown`.

    With a `rig` the pictures are raw, as its lenses drew them. Without one they are taken for
    pinhole pictures with the photos' own cameras, about rectified.
    `notes` are sentences for people about what was mended when the pair was read.
    """

    left: Photo
    right: Photo
    shown: Eye = "left"
    rig: Rig | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rig is not None:
            for lens, photo in ((self.rig.left, self.left), (self.rig.right, self.right)):
                assert (lens.width, lens.height) == (photo.camera.width, photo.camera.height)

    @property
    def shown_photo(self) -> Photo:
        """The picture of the eye that is shown."""
        return self.left if self.shown == "left" else self.right
