"""A hub on this computer that can be told to misbehave."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Hub:
    """Serves `content` under every path, except /moved, which leads there.

    `cuts`: after how many bytes each of the first answers breaks off. `status`: what is answered
    instead of the content. `ranges`: whether parts can be asked for.
    """

    content: bytes
    cuts: list[int] = field(default_factory=list)
    status: int = 200
    ranges: bool = True
    asked: list[str | None] = field(default_factory=list)  # the ranges, in order
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The hub while it can be reached."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", f"{hub.url}/model.onnx")
                self.end_headers()
                return
            asked = self.headers["Range"]
            hub.asked.append(asked)
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            start = start if hub.ranges else 0
            if hub.status != 200 or start >= len(hub.content) > 0:
                self.send_error(416 if hub.status == 200 else hub.status)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(hub.content) - start))
            self.end_headers()
            body = hub.content[start:]
            self.wfile.write(body[: hub.cuts.pop(0)] if hub.cuts else body)

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
