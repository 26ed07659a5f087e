"""The floor every room stands on (settings, clock, errors, database, jobs, HTTP) and the roof that assembles them."""
