"""All tests: unit (pure), integration (PostgreSQL, real migrations), e2e (browser)."""
