"""A stand-in for an OpenAI-compatible endpoint: speaks the protocol and behaves as the model's name says."""
