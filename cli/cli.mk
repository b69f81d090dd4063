# cli/: see README.md there.
