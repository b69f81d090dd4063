# host/: see README.md there.
