# One line per plugin; each folder says what it builds.
include plugins/transports/fake/module.mk
include plugins/transports/nanomsg/module.mk
include plugins/transports/rabbit/module.mk
include plugins/matchmakers/matchmakers.mk
