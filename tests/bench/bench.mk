# The benchmark itself: that it measures and reports, not what.
EXTRA_DIST += tests/bench/bench_run.py
if !PRELOADED
if TRANSPORT_NANOMSG
TESTS += tests/bench/bench_run.py
endif
endif
