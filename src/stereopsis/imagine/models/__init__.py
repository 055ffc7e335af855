"""Text-to-image models of three kinds, and checkpoints of others, behind one interface."""
