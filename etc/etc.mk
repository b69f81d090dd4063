# What an installation starts from: sample configs, the systemd unit, completion.
dist_example_DATA += etc/demo.conf etc/ostlerd.conf.sample

systemdunitdir = $(prefix)/lib/systemd/system
systemdunit_DATA = etc/ostlerd.service
EXTRA_DIST += etc/ostlerd.service.in
CLEANFILES += etc/ostlerd.service
etc/ostlerd.service: $(srcdir)/etc/ostlerd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc && sed 's|@bindir[@]|$(bindir)|' $(srcdir)/etc/ostlerd.service.in > $@

hostcompletiondir = $(datadir)/bash-completion/completions
dist_hostcompletion_DATA = etc/ostlerd.bash
