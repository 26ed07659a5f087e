"""Schools: what comes in from their own systems into the ward's places, people and catalogue."""
