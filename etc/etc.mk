# etc/: see README.md there.
