# doc/: the guide, installed with the manual pages.
dist_doc_DATA = README.md doc/transport-url.md
dist_man_MANS = doc/man/ostler.1
