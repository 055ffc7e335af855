"""Pick and vote: people choose the pictures to tune on, and judge blindly what came of it."""
