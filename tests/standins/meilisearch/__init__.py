"""A stand-in for a Meilisearch server: the parts of its protocol that the service uses, matching literally."""
