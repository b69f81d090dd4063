# Loading: the layer's own tests, and one for every way in which a module can be wrong (tests/modules).
LOAD_TEST_CPPFLAGS = $(LOAD_CPPFLAGS) -I$(top_srcdir)/tests/modules $(CRITERION_CFLAGS) -DMODULE_DIR='"$(libdir)/ostler"' \
	-DBUILT_MODULES='"$(abs_builddir)/tests/modules/.libs"'
load_tests = tests/unit/load/test_descriptor tests/unit/load/test_preloaded
if BUILD_SHARED
load_tests += \
	tests/unit/load/test_candidates \
	tests/unit/load/test_elf_check \
	tests/unit/load/test_image \
	tests/unit/load/test_load \
	tests/unit/load/test_reload \
	tests/unit/load/test_threads \
	tests/unit/load/test_visit \
	tests/unit/load/test_wrong
endif
check_PROGRAMS += $(load_tests)
TESTS += $(load_tests)
EXTRA_DIST += tests/unit/load/scratch.h

tests_unit_load_test_descriptor_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_descriptor_LDADD = $(UNIT_LDADD)
tests_unit_load_test_elf_check_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_elf_check_LDADD = $(UNIT_LDADD)
tests_unit_load_test_image_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_image_LDADD = $(UNIT_LDADD)
tests_unit_load_test_candidates_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_candidates_LDADD = $(UNIT_LDADD)
tests_unit_load_test_wrong_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_wrong_LDADD = $(UNIT_LDADD)
tests_unit_load_test_load_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_load_LDADD = $(UNIT_LDADD)
tests_unit_load_test_reload_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_reload_LDADD = $(UNIT_LDADD)
tests_unit_load_test_threads_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_threads_LDADD = $(UNIT_LDADD)
tests_unit_load_test_visit_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_visit_LDADD = $(UNIT_LDADD)
tests_unit_load_test_preloaded_CPPFLAGS = $(LOAD_TEST_CPPFLAGS)
tests_unit_load_test_preloaded_LDADD = $(UNIT_LDADD)
tests_unit_load_test_preloaded_LDFLAGS = $(AM_LDFLAGS) -dlpreopen tests/modules/first.la \
	-dlpreopen tests/modules/second-one.la
tests_unit_load_test_preloaded_DEPENDENCIES = $(CORE_LIBS) tests/modules/first.la tests/modules/second-one.la
