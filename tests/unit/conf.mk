check_PROGRAMS += tests/unit/conf/conf_dump
tests_unit_conf_conf_dump_CPPFLAGS = $(CONF_CPPFLAGS)
tests_unit_conf_conf_dump_LDADD = $(UNIT_LDADD)
dist_check_SCRIPTS += tests/unit/conf/compare_oslo.py
TESTS += tests/unit/conf/compare_oslo.py
