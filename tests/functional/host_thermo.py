# SPDX-License-Identifier: Apache-2.0
"""The example endpoint does what its comments say."""

from host_support import Deployment, has_in, main, module, result_of, test

TEXT = "[server]\ntopic = house\nendpoints = %s\n[endpoint:thermo]\nsensor = %s\nunit = %s\n"


@test
def reads():
    """It reads, later, in the unit that is configured"""
    with Deployment() as deployment:
        sensor = deployment.write("sensor", "21500\n")
        deployment.conf(TEXT % (module("thermo"), sensor, "celsius"))
        host = deployment.start()
        assert deployment.call("house", "read") == {"value": 21.5, "unit": "celsius"}
        deployment.write("sensor", "100000\n")
        deployment.conf(TEXT % (module("thermo"), sensor, "fahrenheit"))
        host.reload()
        assert deployment.call("house", "read") == {"value": 212.0, "unit": "fahrenheit"}
        host.stop()


@test
def calibrates():
    """What was calibrated survives a reset"""
    with Deployment() as deployment:
        sensor = deployment.write("sensor", "20000\n")
        deployment.conf(TEXT % (module("thermo"), sensor, "celsius"))
        host = deployment.start()
        assert deployment.call("house", "calibrate", "offset:=1.5") == 0
        host.reload()
        assert deployment.call("house", "read")["value"] == 21.5
        assert deployment.call("house", "calibrate", "offset:=0") == 1.5
        host.stop()


@test
def many_at_once():
    """Many readings at once are all answered"""
    with Deployment() as deployment:
        sensor = deployment.write("sensor", "20000\n")
        deployment.conf(TEXT % (module("thermo"), sensor, "celsius"))
        host = deployment.start()
        calls = [deployment.begin_call("house", "read") for _ in range(10)]
        assert [result_of(call)["value"] for call in calls] == [20.0] * 10
        host.stop()


@test
def no_sensor():
    """A sensor that is not there fails the call, not the host"""
    with Deployment() as deployment:
        deployment.conf(TEXT % (module("thermo"), deployment.path("none"), "celsius"))
        host = deployment.start()
        code, _, messages = deployment.try_call("house", "read")
        assert code == 4, messages
        has_in(messages, "OSError", deployment.path("none"))
        host.stop()


@test
def wrong_unit():
    """A unit that is none keeps it from starting, with file and line"""
    with Deployment() as deployment:
        path = deployment.conf(TEXT % (module("thermo"), "/dev/null", "kelvin"))
        done = deployment.run("--config-file", path)
        assert done.returncode == 2, done.stderr
        has_in(done.stderr, path + ":9", "kelvin")


main()
