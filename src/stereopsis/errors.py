"""Every error that a user can cause, as one tree.

StereopsisError
├── PhotoError      a picture that cannot be read or used
├── DepthError      a depth map that cannot be read or used
├── RigError        a rig that cannot be read or is impossible
├── MeshError       a .glb that cannot be read back
├── WeightsError    a network file that is missing, damaged or not what its manifest says
├── DataError       training or evaluation data that cannot be read or used
├── OutputError     a result that cannot be written
├── OptionError     a setting out of range, or nothing to do
└── MissingExtraError   a part of stereopsis that this installation lacks

Each carries two sentences: what is wrong with the value, and the mend.
"""


class StereopsisError(Exception):
    """What is wrong, and how to mend it; the message is both sentences."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(f"{problem} {mend}")
        self.problem = problem
        self.mend = mend

    def __reduce__(self) -> tuple[type["StereopsisError"], tuple[str, str]]:
        """Survives the trip between processes with both sentences apart."""
        return type(self), (self.problem, self.mend)


class PhotoError(StereopsisError):
    """A picture that cannot be read or used."""


class DepthError(StereopsisError):
    """A depth map that cannot be read or used."""


class RigError(StereopsisError):
    """A rig of two lenses that cannot be read or is impossible."""


class MeshError(StereopsisError):
    """A .glb that cannot be read back."""


class WeightsError(StereopsisError):
    """A network file that is missing, damaged or not what its manifest says."""


class DataError(StereopsisError):
    """Training or evaluation data that cannot be read or used."""


class OutputError(StereopsisError):
    """A result that cannot be written."""


class OptionError(StereopsisError):
    """A setting out of range, or nothing to do."""


class MissingExtraError(StereopsisError):
    """A part of stereopsis that this installation lacks."""
