"""A planner behind an OpenAI-compatible endpoint: what leaves, what it may call, and how its words are held against the sources."""
