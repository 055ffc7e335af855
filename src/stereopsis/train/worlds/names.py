"""Names: what a mesh or texture of a game shows, guessed from the words in its file name."""

import re

from stereopsis.train.worlds.semantic import Semantic

WORDS: tuple[tuple[Semantic, str], ...] = (  # the first that matches decides
    (Semantic.WATER, "water|sea|ocean|lake|river"),
    (
        Semantic.PLANT,
        "tree|leaf|leaves|palm|bush|fern|flower|plant|grass(tall|es)|ivy|willow|birch",
    ),
    (Semantic.PLANT, "cypress|agave|cattail|acacia|accacia|pine|coniferous|foliage|cactus|bamboo"),
    (Semantic.ANIMAL, "pig|bird|butterfly|fish|sheep|cow|animal"),
    (Semantic.FENCE, "fence|rail|railing|lamp|pole|cable|barrier"),
    (Semantic.VEHICLE, "kart|car|truck|train|boat|wheel|harvester|blimp|ship"),
    (Semantic.FURNITURE, "bench|chair|armchair|table|shelf"),
    (Semantic.ROAD, "road|asphalt|paving|pavement|racetrack|tarmac|cobble"),
    (Semantic.BUILDING, "wall|brick|bricks|roof|window|windows|house|hut|building|tower|cottage"),
    (Semantic.BUILDING, "castle|door|balcony|column|pillar|bridge|chimney|concrete|temple|pyramid"),
    (Semantic.GROUND, "grass|sand|snow|rock|dirt|ground|gravel|earth|mud|stone|cliff|lava|ice"),
    (Semantic.GROUND, "canyon|field|soil|wheat|moss|jungle"),
)


def semantic_of_name(name: str) -> Semantic:
    """The class of what a file of this name shows; OBJECT where no word tells."""
    words = " ".join(re.findall("[A-Z]?[a-z]+|[A-Z]+", name)).lower()
    for semantic, pattern in WORDS:
        if re.search(rf"\b({pattern})s?\b", words):
            return semantic
    return Semantic.OBJECT
