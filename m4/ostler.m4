dnl OSTLER_NEED(VARIABLE, PKG-CONFIG SPEC, WHAT, DEBIAN PACKAGE): a library by pkg-config, or one more line about what is
dnl missing.
AC_DEFUN([OSTLER_NEED], [
  PKG_CHECK_MODULES([$1], [$2], [],
    [ostler_missing="$ostler_missing
  $3: Debian's package $4"
     ostler_missing_packages="$ostler_missing_packages $4"])])

dnl OSTLER_NEED_HEADER(VARIABLE, HEADER, LIBRARY, FUNCTION, WHAT, DEBIAN PACKAGE): a library without pkg-config data.
AC_DEFUN([OSTLER_NEED_HEADER], [
  ostler_found=yes
  AC_CHECK_HEADER([$2], [], [ostler_found=no])
  AC_CHECK_LIB([$3], [$4], [:], [ostler_found=no])
  AS_IF([test $ostler_found = yes], [AC_SUBST([$1_LIBS], [-l$3])],
    [ostler_missing="$ostler_missing
  $5: Debian's package $6"
     ostler_missing_packages="$ostler_missing_packages $6"])])

dnl OSTLER_TRANSPORT(NAME, WHAT, [VARIABLE, PKG-CONFIG SPEC, DEBIAN PACKAGE]): a transport driver that --disable-NAME
dnl leaves out.
AC_DEFUN([OSTLER_TRANSPORT], [
  AC_ARG_ENABLE([$1], [AS_HELP_STRING([--disable-$1], [leave out the transport $1 ($2)])], [], [enable_$1=yes])
  AS_IF([test "x$enable_$1" = xyes], [
    ostler_transports="$ostler_transports $1"
    m4_ifval([$3], [OSTLER_NEED([$3], [$4], [$1 (or --disable-$1)], [$5])], [:])])
  AM_CONDITIONAL([TRANSPORT_]m4_toupper([$1]), [test "x$enable_$1" = xyes])])

dnl OSTLER_CFLAG(FLAG): adds a warning flag that the compiler knows to AX_WARN_CFLAGS.
AC_DEFUN([OSTLER_CFLAG], [
  AS_VAR_PUSHDEF([known], [ostler_cv_cflag_$1])
  AC_CACHE_CHECK([whether $CC knows $1], [known], [
    ostler_saved_cflags=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([])], [AS_VAR_SET([known], [yes])], [AS_VAR_SET([known], [no])])
    CFLAGS=$ostler_saved_cflags])
  AS_VAR_IF([known], [yes], [AX_WARN_CFLAGS="$AX_WARN_CFLAGS $1"])
  AS_VAR_POPDEF([known])])
