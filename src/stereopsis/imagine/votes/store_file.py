"""The file of pictures, pairs and votes: its tables."""

from stereopsis.database import FileKind

APPLICATION = 0x53545256  # "STRV", in the file's header
SCHEMA = 1

TABLES = (
    """CREATE TABLE images (
        token TEXT PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        sha256 TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL
    )""",
    """CREATE TABLE candidates (
        path TEXT PRIMARY KEY REFERENCES images (path),
        caption TEXT NOT NULL
    )""",
    """CREATE TABLE pairs (
        key TEXT PRIMARY KEY,
        prompt TEXT NOT NULL,
        image_a TEXT NOT NULL REFERENCES images (path),
        image_b TEXT NOT NULL REFERENCES images (path),
        arm_a TEXT NOT NULL,
        arm_b TEXT NOT NULL,
        seed TEXT NOT NULL
    )""",
    """CREATE TABLE ballots (
        token TEXT PRIMARY KEY,
        voter TEXT NOT NULL,
        question TEXT NOT NULL,
        pair TEXT NOT NULL,
        showing TEXT NOT NULL,
        left TEXT NOT NULL,
        place INTEGER NOT NULL,
        UNIQUE (voter, question, pair, showing),
        UNIQUE (voter, question, place)
    )""",
    """CREATE TABLE votes (
        key TEXT PRIMARY KEY,
        voter TEXT NOT NULL,
        kind TEXT NOT NULL,
        question TEXT NOT NULL,
        pair TEXT NOT NULL,
        showing TEXT NOT NULL,
        left TEXT NOT NULL,
        choice TEXT NOT NULL,
        at TEXT NOT NULL
    )""",
    "CREATE INDEX votes_subject ON votes (voter, question, pair, showing)",
    """CREATE TABLE keeps (
        key TEXT PRIMARY KEY,
        voter TEXT NOT NULL,
        kind TEXT NOT NULL,
        image TEXT NOT NULL,
        verdict TEXT NOT NULL,
        at TEXT NOT NULL
    )""",
    "CREATE INDEX keeps_subject ON keeps (voter, image)",
    """CREATE TABLE reviews (
        key TEXT PRIMARY KEY,
        voter TEXT NOT NULL,
        kind TEXT NOT NULL,
        image TEXT NOT NULL,
        composition TEXT NOT NULL,
        lighting TEXT NOT NULL,
        color TEXT NOT NULL,
        subject_background TEXT NOT NULL,
        story TEXT NOT NULL,
        improvable TEXT NOT NULL,
        among_best TEXT NOT NULL,
        verdict TEXT NOT NULL,
        caption TEXT NOT NULL,
        at TEXT NOT NULL
    )""",
)
KIND = FileKind("store of votes", APPLICATION, SCHEMA, TABLES, outlasts_power=True)
