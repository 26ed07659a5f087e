"""The counter: what a scan means, the station with its two modes, readers' visits, parts, and the desk's lists."""
