"""Rows in, values out: branches, readers, copies and queues as lending sees them. Locks live here, always patron → item → queue."""
