conf_tests = \
	tests/unit/conf/test_cfg \
	tests/unit/conf/test_conf \
	tests/unit/conf/test_files \
	tests/unit/conf/test_ini \
	tests/unit/conf/test_nomem \
	tests/unit/conf/test_number \
	tests/unit/conf/test_pick \
	tests/unit/conf/test_robust \
	tests/unit/conf/test_sample \
	tests/unit/conf/test_substitute \
	tests/unit/conf/test_text \
	tests/unit/conf/test_types \
	tests/unit/conf/test_unknown
check_PROGRAMS += $(conf_tests) tests/unit/conf/conf_dump
TESTS += $(conf_tests) tests/unit/conf/compare_oslo.py
dist_check_SCRIPTS += tests/unit/conf/compare_oslo.py

# Compared with oslo.config by compare_oslo.py.
tests_unit_conf_conf_dump_CPPFLAGS = $(CONF_CPPFLAGS)
tests_unit_conf_conf_dump_LDADD = $(UNIT_LDADD)

conf_test_cppflags = $(CONF_CPPFLAGS) $(CRITERION_CFLAGS)
conf_scratch = tests/unit/conf/scratch.c tests/unit/conf/scratch.h
tests_unit_conf_test_cfg_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_cfg_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_cfg_SOURCES = tests/unit/conf/test_cfg.c $(conf_scratch)
tests_unit_conf_test_conf_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_conf_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_conf_SOURCES = tests/unit/conf/test_conf.c $(conf_scratch)
tests_unit_conf_test_files_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_files_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_files_SOURCES = tests/unit/conf/test_files.c $(conf_scratch)
tests_unit_conf_test_ini_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_ini_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_ini_SOURCES = tests/unit/conf/test_ini.c
tests_unit_conf_test_nomem_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_nomem_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
tests_unit_conf_test_nomem_SOURCES = tests/unit/conf/test_nomem.c $(conf_scratch)
tests_unit_conf_test_number_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_number_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_number_SOURCES = tests/unit/conf/test_number.c
tests_unit_conf_test_pick_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_pick_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_pick_SOURCES = tests/unit/conf/test_pick.c $(conf_scratch)
tests_unit_conf_test_robust_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_robust_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_robust_SOURCES = tests/unit/conf/test_robust.c $(conf_scratch)
tests_unit_conf_test_sample_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_sample_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_sample_SOURCES = tests/unit/conf/test_sample.c $(conf_scratch)
tests_unit_conf_test_substitute_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_substitute_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_substitute_SOURCES = tests/unit/conf/test_substitute.c $(conf_scratch)
tests_unit_conf_test_text_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_text_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_text_SOURCES = tests/unit/conf/test_text.c
tests_unit_conf_test_types_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_types_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_types_SOURCES = tests/unit/conf/test_types.c
tests_unit_conf_test_unknown_CPPFLAGS = $(conf_test_cppflags)
tests_unit_conf_test_unknown_LDADD = $(UNIT_LDADD)
tests_unit_conf_test_unknown_SOURCES = tests/unit/conf/test_unknown.c $(conf_scratch)
