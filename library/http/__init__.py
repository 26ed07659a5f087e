"""Everything that knows HTTP and no library word: problems, pages, headers, request ids, logs."""
