# doc/: see README.md there.
dist_doc_DATA = doc/transport-url.md
