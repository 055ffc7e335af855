"""Words to a photo, and tuning for quality: what pictures to learn from."""
