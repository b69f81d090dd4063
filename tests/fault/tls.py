# SPDX-License-Identifier: Apache-2.0
"""TLS: whom it trusts, what it says when it does not, client certificates, and a broker that is restarted."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

import fault_support as fault
from fault_support import Calls, Deployment, await_true, broker, check_runs, lose, start_server, test
from ports import free_ports

QUERY = "ssl=true&rabbit_interval_max=1&rabbit_retry_backoff=0&heartbeat_timeout_threshold=5"


class Certificates:
    """Two authorities, and what the first of them signed."""

    def __init__(self, folder):
        self.folder = folder
        self.authority("ca")
        self.authority("other-ca")
        self.sign("broker", "DNS:localhost,IP:127.0.0.1", 30)
        self.sign("expired", "DNS:localhost,IP:127.0.0.1", 0)
        self.sign("carol", "DNS:carol", 30)

    def path(self, name):
        return os.path.join(self.folder, name)

    def openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=fault.LIMIT)
        assert done.returncode == 0, done.stderr

    def authority(self, name):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                     "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".pem")

    def sign(self, name, names, days):
        with open(self.path(name + ".ext"), "w", encoding="ascii") as file:
            file.write("subjectAltName=%s\n" % names)
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name,
                     "-keyout", name + ".key", "-out", name + ".csr")
        self.openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", str(days), "-extfile", name + ".ext", "-out", name + ".pem")


class Secure:
    """A broker that speaks TLS on 127.0.0.1 and, where its certificate is not for, on 127.0.0.2."""

    def __init__(self):
        self.certificates = Certificates(tempfile.mkdtemp(prefix="ostler-tls-"))
        self.port, = free_ports(1)
        path = self.certificates.path
        self.brokers = broker.Brokers(conf="\n".join((
            "listeners.ssl.1 = 127.0.0.1:%d" % self.port, "listeners.ssl.2 = 127.0.0.2:%d" % self.port,
            "ssl_options.cacertfile = " + path("ca.pem"), "ssl_options.certfile = " + path("broker.pem"),
            "ssl_options.keyfile = " + path("broker.key"), "ssl_options.verify = verify_peer",
            "ssl_options.fail_if_no_peer_cert = false", "ssl_cert_login_from = common_name",
            "auth_mechanisms.1 = PLAIN", "auth_mechanisms.2 = EXTERNAL")) + "\n",
            plugins="rabbitmq_auth_mechanism_ssl")
        self.node, = self.brokers.nodes

    def url(self, host="localhost", port=None, ca="ca.pem", **options):
        query = [QUERY] + (["ssl_ca_file=" + self.certificates.path(ca)] if ca else [])
        query += ["%s=%s" % item for item in options.items()]
        return "rabbit://guest:guest@%s:%d/?%s" % (host, port or self.port, "&".join(query))

    def close(self):
        self.brokers.close()
        shutil.rmtree(self.certificates.folder)


def begin(made, url):
    """A client that will not get a connection; it tries for a while, so several are begun side by side."""
    return made.begin_call("tls", "echo", "arg=1", url=url, timeout="8")


def refused(process):
    """What it says in the end."""
    _, messages = process.communicate(timeout=fault.LIMIT)
    assert process.returncode == 5, (process.returncode, messages)
    return messages


@test
def calls_over_tls():
    """calls, casts and large messages over TLS, with peer and host name verified by default"""
    with Deployment() as made:
        made.url = secure.url()
        host = start_server(made, "tls")
        ends = Calls(made, made.url, 300, topic="tls").finish()
        casts = Calls(made, made.url, 300, topic="tls", kind="cast", first=1000).finish()
        assert all(end[0] == "OK" for end in list(ends.values()) + list(casts.values())), ends
        check_runs(made, {**ends, **casts}, "tls")
        path = made.write("large.json", '"%s"' % ("m" * 3000000))
        assert len(made.call("tls", "echo", "arg:=@" + path)) == 3000000
        # An address that the certificate names is as good as a name.
        assert made.call("tls", "echo", "arg=1", url=secure.url("127.0.0.1")) == "1"
        host.stop()


@test
def refusals():
    """wrong authority, wrong name, an expired certificate and a plain port are refused, and the reason is told"""
    with Deployment() as made:
        with Peer(secure.certificates, "expired") as peer:
            cases = ((secure.url(ca="other-ca.pem"), "nobody in ssl_ca_file has signed it"),
                     (secure.url(ca=None), "nobody in ssl_ca_file has signed it"),
                     (secure.url(ca="none.pem"), "no certificates can be read from"),
                     (secure.url("127.0.0.2"), "is for another host than 127.0.0.2"),
                     (secure.url(port=secure.node.port), "no TLS handshake"),
                     (secure.url(port=peer.port), "certificate has expired"))
            for process, words in [(begin(made, url), words) for url, words in cases]:
                fault.has_in(refused(process), words)
        host = start_server(made, "tls", url=secure.url())
        unverified = secure.url("127.0.0.2", ssl_enforce_hostname_verification="false")
        assert made.call("tls", "echo", "arg=1", url=unverified) == "1"
        host.stop()


class Peer:
    """Shakes hands with another certificate, and nothing more."""

    def __init__(self, certificates, name):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates.path(name + ".pem"), certificates.path(name + ".key"))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                one, _ = self.listener.accept()
                with self.context.wrap_socket(one, server_side=True):
                    pass
            except ssl.SSLError:
                continue
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


@test
def client_certificate():
    """a client certificate is a login by itself with EXTERNAL; without one, or without its user, it is none"""
    path = secure.certificates.path
    files = {"ssl_cert_file": path("carol.pem"), "ssl_key_file": path("carol.key")}
    with Deployment() as made:
        host = start_server(made, "tls", url=secure.url())
        external = secure.url(rabbit_login_method="EXTERNAL", **files)
        nobody = [begin(made, external), begin(made, secure.url(rabbit_login_method="EXTERNAL"))]
        for process in nobody:
            fault.has_in(refused(process), "login")
        secure.node.ctl("add_user", "carol", "no-password-of-hers")
        secure.node.ctl("set_permissions", "carol", ".*", ".*", ".*")
        assert made.call("tls", "echo", "arg=1", url=external) == "1"
        host.stop()


@test
def restarted():
    """a broker that is killed and comes back is found again over TLS: calls end once, in time, and run at most once"""
    with Deployment() as made:
        made.url = secure.url()
        host = start_server(made, "again")
        calls = Calls(made, made.url, 1500, timeout=30, topic="again")
        calls.await_good(200)
        secure.node.kill()
        host.wait_log("connection for serving again lost")
        secure.node.start()
        ends = calls.finish()
        good, _ = check_runs(made, ends, "again")
        assert len(good) > 1400, sorted({end for end in ends.values() if end[0] != "OK"})[:5]
        host.stop()


@test
def forgotten():
    """queues that the broker has forgotten are declared again over TLS, after a first connection and after a lost one"""
    with Deployment() as made:
        made.url = secure.url()
        host = start_server(made, "forgotten")
        for _ in range(2):
            lose(secure.node, ["forgotten", "forgotten.c1"])
            await_true("it is served", lambda: made.is_served("forgotten"))
            mark = host.mark()
            secure.node.ctl("close_all_connections", "test")
            host.wait_log("connected for serving forgotten", mark)
        host.stop()


if __name__ == "__main__":
    if broker.missing():
        fault.main()
    else:
        secure = Secure()
        try:
            secure.brokers.nodes[0].await_ready()
            fault.main()
        finally:
            secure.close()
