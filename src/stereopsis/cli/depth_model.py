"""The depth network that --depth-model names: fetched with a bar, and introduced."""

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from stereopsis.depth.model import EMBEDDED, MODEL_NAMES, open_depth_model
from stereopsis.errors import OptionError
from stereopsis.runtime.network import Network


def open_named_model(name: str | None) -> Network | None:
    """The network, None if none is named; people are told whose it is and under which licence.

    Raises:
        OptionError: there is no such network.
        WeightsError: it cannot be fetched, or used.
    """
    if name is None:
        return None
    if not name:
        names = ", ".join(MODEL_NAMES)
        raise OptionError("--depth-model is empty.", f"Name an .onnx file, or one of {names}.")
    console = Console(stderr=True, highlight=False)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(name, visible=False)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        network = open_depth_model(name, progress=tell)
    if name not in EMBEDDED:
        manifest = network.manifest
        called = f"{manifest.name} {manifest.edition}".strip()
        line = f"Depth by {called}, licence {manifest.licence}."
        console.print(line, markup=False, soft_wrap=True)
    return network
