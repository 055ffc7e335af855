"""The study of quality-tuning: treatments of one pre-trained model, and controls that Emu lacks."""
