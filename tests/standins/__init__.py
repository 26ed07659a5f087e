"""Outside systems as processes of their own, speaking the real protocols, for tests."""
