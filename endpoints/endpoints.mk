# endpoints/: see README.md there.
