"""The Hugging Face hub: whether it can be reached."""

from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

TIMEOUT = 5.0  # s


def is_offline(name: str) -> bool:
    """Whether the hub does not answer when asked for this model.

    Downloads try again for half a minute before they say so; and without a connection, what was
    downloaded before is found only if the hub is not asked.
    """
    try:
        HfApi().model_info(name, timeout=TIMEOUT)
    except (HfHubHTTPError, HFValidationError):  # an answer: no such model, or no ID at all
        return False
    except Exception:  # noqa: BLE001 - of whichever HTTP library the hub's client uses
        return True
    return False
