# Modules that are wrong, each in one way, and a few good ones: what tests/unit/load loads. Always shared objects, also
# where the modules that are installed are linked into the programs.
WRONG_CPPFLAGS = $(PUBLIC_CPPFLAGS)
WRONG_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere -export-symbols-regex '^ostler_module$$'

wrong_modules = \
	tests/modules/good.la \
	tests/modules/same_name.la \
	tests/modules/alias_taken.la \
	tests/modules/alias_twice.la \
	tests/modules/other_abi.la \
	tests/modules/bad_size.la \
	tests/modules/unknown_kind.la \
	tests/modules/no_name.la \
	tests/modules/bad_name.la \
	tests/modules/no_operations.la \
	tests/modules/short_table.la \
	tests/modules/no_symbol.la \
	tests/modules/empty_slot.la \
	tests/modules/unresolved.la \
	tests/modules/nothing_offered.la \
	tests/modules/no_methods.la \
	tests/modules/no_function.la \
	tests/modules/missing_library.la \
	tests/modules/origin.la \
	tests/modules/version_1.la \
	tests/modules/version_2.la
if BUILD_SHARED
check_LTLIBRARIES += $(wrong_modules) tests/modules/helper.la
endif
EXTRA_DIST += tests/modules/policy.h tests/modules/endpoint.h tests/modules/versioned.h

# A library that two modules need, given to the linker past libtool, which would tell them where it was built: one looks
# in its own folder, the other does not know where.
tests_modules_helper_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_helper_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
tests_modules_missing_library_la_SOURCES = tests/modules/needs_helper.c
tests_modules_missing_library_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_missing_library_la_LDFLAGS = $(WRONG_LDFLAGS) -Wl,tests/modules/.libs/helper.so
tests_modules_missing_library_la_DEPENDENCIES = tests/modules/helper.la
tests_modules_origin_la_SOURCES = tests/modules/needs_helper.c
tests_modules_origin_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_origin_la_LDFLAGS = $(WRONG_LDFLAGS) -Wl,tests/modules/.libs/helper.so -Wl,-rpath,'$$ORIGIN'
tests_modules_origin_la_DEPENDENCIES = tests/modules/helper.la

tests_modules_version_1_la_SOURCES = tests/modules/versioned.c
tests_modules_version_1_la_CPPFLAGS = $(WRONG_CPPFLAGS) -DMODULE_VERSION=1
tests_modules_version_1_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_version_2_la_SOURCES = tests/modules/versioned.c
tests_modules_version_2_la_CPPFLAGS = $(WRONG_CPPFLAGS) -DMODULE_VERSION=2
tests_modules_version_2_la_LDFLAGS = $(WRONG_LDFLAGS)

tests_modules_good_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_good_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_same_name_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_same_name_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_alias_taken_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_alias_taken_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_alias_twice_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_alias_twice_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_other_abi_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_other_abi_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_bad_size_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_bad_size_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_unknown_kind_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_unknown_kind_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_no_name_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_no_name_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_bad_name_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_bad_name_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_no_operations_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_no_operations_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_short_table_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_short_table_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_no_symbol_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_no_symbol_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
tests_modules_empty_slot_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_empty_slot_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_unresolved_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_unresolved_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_nothing_offered_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_nothing_offered_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_no_methods_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_no_methods_la_LDFLAGS = $(WRONG_LDFLAGS)
tests_modules_no_function_la_CPPFLAGS = $(WRONG_CPPFLAGS)
tests_modules_no_function_la_LDFLAGS = $(WRONG_LDFLAGS)

# Linked into tests/unit/load/test_preloaded. With -rpath, for a program preloads no convenience library.
check_LTLIBRARIES += tests/modules/first.la tests/modules/second-one.la
tests_modules_first_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) -DOSTLER_MODULE_PRELOADED
tests_modules_first_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -static -rpath /nowhere
tests_modules_second_one_la_SOURCES = tests/modules/second-one.c
tests_modules_second_one_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) -DOSTLER_MODULE_PRELOADED
tests_modules_second_one_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -static -rpath /nowhere
