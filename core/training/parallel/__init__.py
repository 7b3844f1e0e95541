"""One tiny model trained by several real processes in every way, each holding its own part only."""
