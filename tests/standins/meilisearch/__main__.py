"""`python -m tests.standins.meilisearch --port N`: serves until it is told to end."""

from __future__ import annotations

import argparse

import uvicorn

from tests.standins.meilisearch.server import Server


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=7700)
    options.add_argument("--master-key", default="stand-in-master-key")
    options.add_argument("--delay", type=float, default=0.0, help="seconds that each task takes")
    options.add_argument("--certificate", help="with its key in one file; then it speaks HTTPS only")
    chosen = options.parse_args()
    uvicorn.run(
        Server(master=chosen.master_key, delay=chosen.delay),
        host="127.0.0.1",
        port=chosen.port,
        log_level="warning",
        ssl_certfile=chosen.certificate,
    )


main()
