
# The command against real hosts.
EXTRA_DIST += tests/functional/cli.py tests/functional/cli_support.py
if TRANSPORT_NANOMSG
TESTS += tests/functional/cli.py
endif
