"""Benchmarks anyone can run: a catalogue of invented books, taken in, searched and shown, with every figure from one run."""
