# doc/: see README.md there.
