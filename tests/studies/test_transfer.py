from dataclasses import replace
from pathlib import Path

from stereopsis.studies.multitask import SPACE
from stereopsis.studies.transfer import Decoder, build_chain_mono, try_network
from tests.search.proxies import make_proxy

PROXY = make_proxy(10, (32, 32))


def test_a_network_of_other_frames_or_steps_is_not_taken_for_it(tmp_path: Path) -> None:
    inverted = replace(PROXY, image=255 - PROXY.image)
    shared, alone = (
        [
            try_network(
                lambda seed: build_chain_mono(SPACE, 1, Decoder()), proxy, steps, 0, tmp_path / name
            )
            for name, proxy, steps in zip(names, (PROXY, inverted, PROXY), (2, 2, 1), strict=True)
        ]
        for names in (("one", "one", "one"), ("a", "b", "c"))
    )
    assert shared == alone
    assert len({row["loss"] for row in shared}) == 3
