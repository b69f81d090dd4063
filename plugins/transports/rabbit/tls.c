/* SPDX-License-Identifier: Apache-2.0 */
#include "tls.h"

#include <amqp_ssl_socket.h>
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* What the library sets up for all TLS connections would be lost if it were unloaded together with this module; so it stays. */
static void keep_library(void)
{
    Dl_info library;

    if (dladdr((const void *)(uintptr_t)amqp_ssl_socket_new, &library) && library.dli_fname)
        (void)dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/* The library says that a certificate was refused, not why. The handshake calls back in the thread that connects. */
static _Thread_local int problem;

static int note_problem(int good, X509_STORE_CTX *store)
{
    if (!good)
        problem = X509_STORE_CTX_get_error(store);
    return good;
}

static bool tls_versions(const char *name, amqp_tls_version_t *least, amqp_tls_version_t *most)
{
    *least = AMQP_TLSv1_2;
    *most = AMQP_TLSvLATEST;
    if (!name || !name[0] || strcasecmp(name, "SSLv23") == 0)
        return true;
    if (strcasecmp(name, "TLSv1") == 0)
        *least = *most = AMQP_TLSv1;
    else if (strcasecmp(name, "TLSv1_1") == 0)
        *least = *most = AMQP_TLSv1_1;
    else if (strcasecmp(name, "TLSv1_2") == 0)
        *least = *most = AMQP_TLSv1_2;
    else
        return false;
    return true;
}

static enum ostler_status use_files(amqp_socket_t *socket, const struct rabbit_options *options,
                                    struct ostler_error *error)
{
    bool own_ca = options->ssl_ca_file && options->ssl_ca_file[0];
    const char *ca = own_ca ? options->ssl_ca_file : "/etc/ssl/certs/ca-certificates.crt";

    if (amqp_ssl_socket_set_cacert(socket, ca) != AMQP_STATUS_OK)
        return ostler_error_set(error, OSTLER_E_CONFIG, "ssl_ca_file: no certificates can be read from %s", ca);
    if (!options->ssl_cert_file || !options->ssl_cert_file[0])
        return OSTLER_OK;
    const char *key =
        options->ssl_key_file && options->ssl_key_file[0] ? options->ssl_key_file : options->ssl_cert_file;
    if (amqp_ssl_socket_set_key(socket, options->ssl_cert_file, key) != AMQP_STATUS_OK)
        return ostler_error_set(error, OSTLER_E_CONFIG,
                                "ssl_cert_file, ssl_key_file: no certificate with its key can be read from %s and %s",
                                options->ssl_cert_file, key);
    return OSTLER_OK;
}

/* The library compares names only: an address in the URL would match no certificate. */
static bool expect_host(SSL_CTX *context, const char *host)
{
    X509_VERIFY_PARAM *wanted = SSL_CTX_get0_param(context);

    return X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1 || X509_VERIFY_PARAM_set1_host(wanted, host, 0) == 1;
}

enum ostler_status tls_new(amqp_connection_state_t state, const char *host, const struct rabbit_options *options,
                           amqp_socket_t **out, struct ostler_error *error)
{
    static pthread_once_t kept = PTHREAD_ONCE_INIT;
    amqp_tls_version_t least, most;

    pthread_once(&kept, keep_library);
    amqp_socket_t *socket = amqp_ssl_socket_new(state);
    if (!socket)
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    *out = socket;
    if (!tls_versions(options->ssl_version, &least, &most) ||
        amqp_ssl_socket_set_ssl_versions(socket, least, most) != AMQP_STATUS_OK)
        return ostler_error_set(error, OSTLER_E_CONFIG, "ssl_version: %s cannot be used", options->ssl_version);
    amqp_ssl_socket_set_verify_peer(socket, 1);
    amqp_ssl_socket_set_verify_hostname(socket, 0);
    SSL_CTX *context = amqp_ssl_socket_get_context(socket);
    SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(context), note_problem);
    if (options->ssl_verify_hostname && !expect_host(context, host))
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    return use_files(socket, options, error);
}

static enum ostler_status refuse_certificate(const char *host, struct ostler_error *error)
{
    switch (problem) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return ostler_error_set(error, OSTLER_E_DELIVERY, "the broker's certificate is for another host than %s", host);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return ostler_error_set(error, OSTLER_E_DELIVERY,
                                "the broker's certificate is refused: nobody in ssl_ca_file has signed it (%s)",
                                X509_verify_cert_error_string(problem));
    default:
        return ostler_error_set(error, OSTLER_E_DELIVERY, "the broker's certificate is refused: %s",
                                X509_verify_cert_error_string(problem));
    }
}

enum ostler_status tls_connect(amqp_socket_t *socket, const char *host, int port, struct timeval *left,
                               struct ostler_error *error)
{
    problem = X509_V_OK;
    int result = amqp_socket_open_noblock(socket, host, port, left);

    if (result == AMQP_STATUS_OK)
        return OSTLER_OK;
    if (problem != X509_V_OK)
        return refuse_certificate(host, error);
    if (result == AMQP_STATUS_SSL_CONNECTION_FAILED)
        return ostler_error_set(error, OSTLER_E_DELIVERY,
                                "no TLS handshake: does the broker speak TLS on port %d (5671 is usual), and does it "
                                "accept this client's certificate?",
                                port);
    return ostler_error_set(error, OSTLER_E_DELIVERY, "cannot connect: %s", amqp_error_string2(result));
}
