# bench/: see README.md there.
