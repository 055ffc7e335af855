"""The web application: four pages, what they ask for, and what they send."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote

from fastapi import Cookie, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from stereopsis.errors import DataError, OptionError, StereopsisError
from stereopsis.imagine.votes import rooms
from stereopsis.imagine.votes.ballot import Ballot
from stereopsis.imagine.votes.ballot_box import find_ballot
from stereopsis.imagine.votes.clock import time_now
from stereopsis.imagine.votes.config import VoteConfig
from stereopsis.imagine.votes.picture import Size, shown_png
from stereopsis.imagine.votes.records import Keep, Question, Review, Side, Vote, voter_name
from stereopsis.imagine.votes.sent import SentKeeps, SentName, SentReview, SentVote
from stereopsis.imagine.votes.store import StoredImage, VoteStore

PAGES = {
    "/": "start.html",
    "/keep": "keep.html",
    "/review": "review.html",
    "/appeal": "appeal.html",
    "/faithfulness": "faithfulness.html",
}
TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html"}
PARTS = ("style.css", "room.js", "start.js", "keep.js", "review.js", "vote.js")
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
A_YEAR = 31536000


def voter_of(voter: Annotated[str, Cookie()] = "") -> str:
    """The voter who asks, by the cookie of the browser."""
    try:
        return voter_name(unquote(voter))
    except OptionError:
        raise HTTPException(401) from None


Voter = Annotated[str, Depends(voter_of)]


def create_app(store: VoteStore, config: VoteConfig) -> FastAPI:
    """The application over an open store; it answers once what was sent is on the disk."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(config.hosts))
    app.middleware("http")(_add_headers)
    app.exception_handler(StereopsisError)(_tell_error)
    app.exception_handler(RequestValidationError)(_tell_unknown)
    _add_pages(app)
    _add_start(app, store, config)
    _add_picking(app, store, config)
    _add_voting(app, store, config)
    return app


def _add_pages(app: FastAPI) -> None:
    for path, name in PAGES.items():
        app.get(path)(_file_sender(name))
    for name in PARTS:
        app.get(f"/page/{name}")(_file_sender(name))


def _file_sender(name: str) -> Callable[[], Response]:
    content = (files("stereopsis.imagine.votes") / "page" / name).read_bytes()
    kind = TYPES[name[name.rindex(".") :]]

    def send() -> Response:
        return Response(content, media_type=kind, headers={"cache-control": "no-cache"})

    return send


def _add_start(app: FastAPI, store: VoteStore, config: VoteConfig) -> None:
    @app.post("/api/enter")
    def enter(sent: SentName, response: Response) -> dict[str, str]:
        name = voter_name(sent.name)
        response.set_cookie(
            "voter", quote(name, safe=""), max_age=A_YEAR, httponly=True, samesite="strict"
        )
        return {"voter": name}

    @app.get("/api/start")
    def start(voter: Annotated[str, Cookie()] = "") -> dict[str, Any]:
        if not voter:
            return {"voter": None}
        name = voter_of(voter)
        return {"voter": name, "rooms": rooms.progress(store, name, config.kind, config.repeats)}


def _add_picking(app: FastAPI, store: VoteStore, config: VoteConfig) -> None:
    @app.get("/api/keep")
    def next_keeps(voter: Voter, page: int | None = None) -> rooms.Shown:
        return rooms.grid(store, voter, config.kind, page)

    @app.post("/api/keep")
    def keep(voter: Voter, sent: SentKeeps) -> dict[str, bool]:
        at = time_now()
        said = [
            Keep(f"{sent.key}:{token}", voter, config.kind, _path(store, token), verdict, at)
            for token, verdict in sent.verdicts.items()
        ]
        store.record(said)
        return {"kept": True}

    @app.get("/api/review")
    def next_review(voter: Voter, before: str | None = None) -> rooms.Shown:
        return rooms.review(store, voter, config.kind, before)

    @app.post("/api/review")
    def review(voter: Voter, sent: SentReview) -> dict[str, bool]:
        values = sent.model_dump() | {"image": _path(store, sent.image)}
        store.record([Review(voter=voter, kind=config.kind, at=time_now(), **values)])
        return {"kept": True}

    @app.get("/pictures/{token}")
    def picture(voter: Voter, token: str, size: Size = "full") -> Response:
        image = store.image(token)
        if image is None:
            raise HTTPException(404)
        return _picture(store, image, size)


def _add_voting(app: FastAPI, store: VoteStore, config: VoteConfig) -> None:
    @app.get("/api/ballot/{question}")
    def next_ballot(voter: Voter, question: Question, before: str | None = None) -> rooms.Shown:
        left = rooms.votes_left(store, question, config.kind, config.half_width)
        shown = rooms.ballot(store, voter, config.kind, question, before, config.repeats)
        return shown | {"left": left, "half_width": config.half_width}

    @app.post("/api/vote")
    def vote(voter: Voter, sent: SentVote) -> dict[str, bool]:
        ballot = _own_ballot(store, voter, sent.ballot)
        if sent.pressed in ("a", "b"):
            raise DataError(f"{sent.pressed} is no side.", "Reload the page.")
        choice = ballot.choice(sent.pressed)
        said = (voter, config.kind, ballot.question, ballot.pair, ballot.showing, ballot.left)
        store.record([Vote(sent.key, *said, choice, time_now())])
        return {"kept": True}

    @app.get("/ballots/{token}/{side}")
    def side_of_ballot(voter: Voter, token: str, side: Side) -> Response:
        ballot = _own_ballot(store, voter, token)
        image = store.image_of_pair(ballot.pair, ballot.picture(side))
        return _picture(store, image, "full")


def _own_ballot(store: VoteStore, voter: str, token: str) -> Ballot:
    ballot = find_ballot(store, token)
    if ballot is None or ballot.voter != voter:
        raise HTTPException(404)
    return ballot


def _path(store: VoteStore, token: str) -> str:
    image = store.image(token)
    if image is None:
        raise HTTPException(404)
    return image.path


def _picture(store: VoteStore, image: StoredImage, size: Literal["full", "small"]) -> Response:
    content = shown_png(store.folder, image.path, image.sha256, size)
    headers = {"cache-control": f"private, max-age={A_YEAR}, immutable"}
    return Response(content, media_type="image/png", headers=headers)


async def _add_headers(
    request: Request, proceed: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await proceed(request)
    response.headers["content-security-policy"] = POLICY
    response.headers["x-content-type-options"] = "nosniff"
    response.headers["referrer-policy"] = "no-referrer"
    response.headers.setdefault("cache-control", "no-store")
    return response


def _tell_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StereopsisError)
    return JSONResponse({"problem": error.problem, "mend": error.mend}, 422)


def _tell_unknown(_request: Request, _error: Exception) -> JSONResponse:
    told = {"problem": "The page sent what is not understood here.", "mend": "Reload the page."}
    return JSONResponse(told, 422)
