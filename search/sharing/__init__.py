"""What leaves the pages for other programs: citations, linked data, feeds, maps of the site."""
