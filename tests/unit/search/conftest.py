"""Properties of text run on machines that others use too: no example fails for being slow."""

from hypothesis import settings

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
