"""Writes the parts of pages that nobody should type: figures, help texts and the picture.

    python scripts/readme.py             fill the parts from runs/results and the command line
    python scripts/readme.py --check     say whether they are up to date; exit code 1 if not
    python scripts/readme.py --picture   also film the sample photo again

Pages are README.md and those of docs that show what runs measured. Parts lie between
`<!-- name -->` and `<!-- /name -->`; their figures come from runs/results, where runs/*.sh write
them.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import front_tables
import imagine_tables
import numpy as np
import search_tables

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "images" / "pumpkin.webp"
SAMPLE = ROOT / "samples" / "pumpkin.jpg"
PICTURE_HEIGHT, PICTURE_SECONDS, PICTURE_FPS = 420, 3.2, 12

RUN_AS_INSTALLED = "import sys; sys.argv[0] = 'stereopsis'; from stereopsis.cli import main; main()"


def help_texts() -> str:
    """What the commands say of themselves."""
    texts = []
    environment = {**os.environ, "TYPER_USE_RICH": "0", "COLUMNS": "96", "NO_COLOR": "1"}
    for command in ("photo", "stereo", "depth", "search", "imagine", "tune"):
        called = [sys.executable, "-c", RUN_AS_INSTALLED, command, "--help"]
        run = subprocess.run(called, capture_output=True, text=True, check=True, env=environment)
        texts.append(run.stdout.strip())
    return "```\n" + "\n\n".join(texts) + "\n```"


Parts = dict[str, Callable[[], str]]
PAGES: dict[str, Parts] = {
    "README.md": {
        "speed": front_tables.speed_table,
        "views": front_tables.view_table,
        "hidden": front_tables.hidden_table,
        "network": front_tables.network_facts,
        "depth": front_tables.depth_table,
        "stereo": front_tables.stereo_table,
        "picked": imagine_tables.picked_line,
        "help": help_texts,
    },
    "docs/hidden.md": {
        "behind": front_tables.behind_table,
        "holes": front_tables.holes_table,
    },
    "docs/search_tables.md": {
        "predictor": search_tables.predictor_table,
        "regret": search_tables.regret_table,
        "joint": search_tables.joint_table,
        "small": search_tables.small_search_table,
        "depth": search_tables.depth_search_table,
        "recipe": search_tables.depth_recipe_table,
    },
    "docs/fbnetv5.md": {
        "times": search_tables.times_table,
        "gradient": search_tables.gradient_table,
        "found": search_tables.found_table,
        "transfer": search_tables.transfer_table,
    },
    "docs/curate.md": {
        "speed": imagine_tables.curate_table,
    },
    "docs/haystack.md": {
        "stages": imagine_tables.funnel_stages_table,
        "cut": imagine_tables.funnel_cut_table,
    },
    "docs/imagine.md": {
        "picking": imagine_tables.claims_table("picking"),
        "arms": imagine_tables.arms_table("picking"),
        "attacks": imagine_tables.attacks_table("picking"),
        "count": imagine_tables.claims_table("count"),
        "counted": imagine_tables.arms_table("count"),
        "overtraining": imagine_tables.overtraining_table,
        "pixel": imagine_tables.claims_table("pixel"),
        "pixels": imagine_tables.arms_table("pixel"),
        "masked": imagine_tables.claims_table("masked"),
        "masks": imagine_tables.arms_table("masked"),
        "captions": imagine_tables.claims_table("captions"),
        "captioned": imagine_tables.arms_table("captions"),
        "offset": imagine_tables.claims_table("offset"),
        "offsets": imagine_tables.arms_table("offset"),
    },
}


def filled(page: str, text: str, parts: Parts) -> str:
    """The page with all its parts written anew."""
    for name, write in parts.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, rest = text.partition(opening)
        _, ended, after = rest.partition(closing)
        if not (found and ended):
            raise SystemExit(f"{page} lacks the marks of the part {name}.")
        try:
            part = write()
        except KeyError as error:
            raise SystemExit(
                f"What was measured for the part {name} lacks {error}. Run runs/*.sh again."
            ) from error
        text = f"{before}{opening}{part}\n{closing}{after}"
    return text


def film() -> bytes:
    """The sample beside its 3D photo in motion, as an animated WebP."""
    import cv2

    from stereopsis.pipeline import photo_to_3d
    from stereopsis.scene.photo_file import read_photo
    from stereopsis.show.video import FilmOptions, encode_video, render_move

    photo = read_photo(SAMPLE)
    options = FilmOptions(PICTURE_SECONDS, PICTURE_FPS, long_side=PICTURE_HEIGHT)
    frames = list(render_move(photo_to_3d(photo).mesh, "orbit", options))
    height, width = frames[0].shape[:2]
    still = cv2.resize(photo.pixels, (width, height), interpolation=cv2.INTER_AREA)
    gap = np.full((height, 8, 3), 255, np.uint8)
    return encode_video([np.hstack([still, gap, f]) for f in frames], "webp", PICTURE_FPS)


def main() -> None:
    """Writes the pages, or says that one is out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--picture", action="store_true")
    arguments = parser.parse_args()
    if arguments.picture:
        PICTURE.write_bytes(film())
    for page, parts in PAGES.items():
        text = (ROOT / page).read_text()
        fresh = filled(page, text, parts)
        if arguments.check and fresh != text:
            raise SystemExit(f"{page} is out of date. Run python scripts/readme.py.")
        if fresh != text:
            (ROOT / page).write_text(fresh)


if __name__ == "__main__":
    main()
