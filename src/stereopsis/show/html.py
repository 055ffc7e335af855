"""Mesh to one self-contained web page: the .glb and a small WebGL viewer in a single file.

The page fetches nothing, and its content security policy forbids it to. The viewer is the plain
HTML, CSS and JavaScript in viewer/, put together here less comments and spaces: no build step.
"""

import base64
import html
import re
from importlib.resources import files
from typing import Literal

from stereopsis.errors import OptionError
from stereopsis.scene.mesh import Mesh
from stereopsis.show.gltf import DEFAULT_OPTIONS, GlbOptions, to_glb
from stereopsis.show.policy import content_policy

Fit = Literal["contain", "cover"]

DEFAULT_TITLE = "3D photo"
DEFAULT_DESCRIPTION = "A photo with depth. Drag, tilt or use the arrow keys to look around in it."
SCRIPTS = ("read_glb.js", "painter.js", "view.js", "controls.js", "viewer.js")

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_COMMENT = re.compile(r"/\*.*?\*/|(?:^| )// [^\n]*", re.MULTILINE | re.DOTALL)
_SPACE = re.compile(
    r"(?<=[;{,])\s*\n\s*|\s*(\n)\s*"
    r"|(?<=\{) | (?=[{}])"
    r"| ([=<>?:*/&|]+) "  # never + and -: style sheets need a space beside them
)


def to_html(
    mesh: Mesh,
    title: str = DEFAULT_TITLE,
    description: str = DEFAULT_DESCRIPTION,
    options: GlbOptions = DEFAULT_OPTIONS,
) -> str:
    """One web page that shows the mesh and lets people look around in it.

    It is plain ASCII: whatever encoding it is written in, it reads the same.

    Raises:
        OutputError: the texture is too large for its format.
        OptionError: the options ask for meshopt, which the page cannot unpack.
    """
    if options.meshopt:
        raise OptionError(
            "A page cannot show a .glb with meshopt.", "Leave meshopt out of its options."
        )
    return page_around(to_glb(mesh, options), title, description)


def page_around(
    glb: bytes,
    title: str = DEFAULT_TITLE,
    description: str = DEFAULT_DESCRIPTION,
    fit: Fit = "contain",
) -> str:
    """The same page around a .glb that `to_glb` has written.

    `title` is shown, `description` read aloud in place of the picture. `fit` says whether the
    page first shows the whole picture or fills the screen with it.
    """
    style = _viewer_file("viewer.css")
    script = '"use strict";\n' + "".join(_viewer_file(name) for name in SCRIPTS)
    parts = {
        "title": html.escape(title),
        "description": html.escape(description),
        "fit": fit,
        "policy": content_policy(style, script),
        "style": style,
        "script": script,
        "glb": base64.b64encode(glb).decode(),
    }
    page = _PLACEHOLDER.sub(lambda place: parts[place[1]], _viewer_file("viewer.html"))
    return page.encode("ascii", "xmlcharrefreplace").decode()


def _viewer_file(name: str) -> str:
    """The text of a file in viewer/, less its comments and most spaces: a quarter of its weight."""
    text = (files("stereopsis.show") / "viewer" / name).read_text(encoding="utf-8")
    return _SPACE.sub(lambda space: space[1] or space[2] or "", _COMMENT.sub("", text))
