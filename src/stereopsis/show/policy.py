"""What a page of one file may do."""

import base64
import hashlib


def content_policy(style: str, script: str) -> str:
    """The content security policy: these two texts may act, and nothing may be loaded."""
    return (
        f"default-src 'none'; style-src '{_fingerprint(style)}'; "
        f"script-src '{_fingerprint(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _fingerprint(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
