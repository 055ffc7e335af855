"""What the pages send: texts that the records check, and nothing else."""

from pydantic import BaseModel, ConfigDict


class Sent(BaseModel):
    """Anything that a page sends."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SentName(Sent):
    """A voter enters."""

    name: str


class SentVote(Sent):
    """What was pressed on a ballot."""

    key: str
    ballot: str
    pressed: str


class SentKeeps(Sent):
    """Verdicts of a generalist, by the tokens of the pictures."""

    key: str
    verdicts: dict[str, str]


class SentReview(Sent):
    """A review, as the record has it."""

    key: str
    image: str
    composition: str = ""
    lighting: str = ""
    color: str = ""
    subject_background: str = ""
    story: str = ""
    improvable: str = ""
    among_best: str = ""
    verdict: str
    caption: str = ""
