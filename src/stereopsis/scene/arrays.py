"""Shapes of the arrays that flow between the parts, by name."""

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, UInt8

ColorImage = UInt8[np.ndarray, "h w 3"]  # sRGB, 0..255
InverseDepth = Float32[np.ndarray, "h w"]  # larger is nearer, 0 is infinitely far, never NaN
Mask = Bool[np.ndarray, "h w"]

Points = Float32[np.ndarray, "n 3"]  # x right, y down, z forward
Pixels = Float32[np.ndarray, "n 2"]  # x right, y down; the first pixel's centre is (0.5, 0.5)
Triangles = Int32[np.ndarray, "m 3"]
Transform = Float32[np.ndarray, "4 4"]
Homography = Float[np.ndarray, "3 3"]  # takes pixels of one picture to those of another
