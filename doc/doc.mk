# doc/: the guide, installed with the manual pages.
dist_doc_DATA = README.md \
	doc/config.md \
	doc/conformance.md \
	doc/differences.md \
	doc/modules.md \
	doc/python-and-c.md \
	doc/rabbit.md \
	doc/nanomsg-wire.md \
	doc/performance-nanomsg.md \
	doc/performance-rabbit.md \
	doc/performance-notifications.md \
	doc/notifications.md \
	doc/performance.md \
	doc/threads.md \
	doc/transport-url.md \
	doc/walk.md \
	doc/writing-a-driver.md \
	doc/writing-an-endpoint.md
dist_man_MANS = doc/man/ostler.1
