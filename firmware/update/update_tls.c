#include "update_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include "update_net_priv.h"

enum { REASON_MAX = 200 };

struct update_tls {
	int fd;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	mbedtls_x509_crt ca;
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
};

static int send_bytes(void *arg, const unsigned char *data, size_t bytes)
{
	struct update_tls *tls = arg;
	ssize_t put = update_net_send(tls->fd, data, bytes);

	if (put == -ETIMEDOUT)
		return MBEDTLS_ERR_SSL_TIMEOUT;
	return put < 0 ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : (int)put;
}

static int receive_bytes(void *arg, unsigned char *out, size_t room)
{
	struct update_tls *tls = arg;
	ssize_t got = update_net_receive(tls->fd, out, room);

	if (got == -ETIMEDOUT)
		return MBEDTLS_ERR_SSL_TIMEOUT;
	return got < 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)got;
}

static int prepare(struct update_tls *tls, const char *host, const char *ca_path)
{
	int error;

	if (psa_crypto_init() != PSA_SUCCESS)
		return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
	if ((error = mbedtls_ctr_drbg_seed(
		     &tls->random, mbedtls_entropy_func, &tls->entropy, NULL, 0)) != 0 ||
		(error = mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT,
			 MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT)) != 0)
		return error;
	mbedtls_ssl_conf_rng(&tls->config, mbedtls_ctr_drbg_random, &tls->random);
	mbedtls_ssl_conf_authmode(
		&tls->config, ca_path ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
	mbedtls_ssl_conf_ca_chain(&tls->config, &tls->ca, NULL);
	if ((error = mbedtls_ssl_setup(&tls->ssl, &tls->config)) != 0 ||
		(error = mbedtls_ssl_set_hostname(&tls->ssl, host)) != 0)
		return error;
	mbedtls_ssl_set_bio(&tls->ssl, tls, send_bytes, receive_bytes, NULL);
	return 0;
}

static int refused(struct update_tls *tls, const char *host, const char *ca_path, int error,
	struct update_fault *fault)
{
	uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
	char reason[REASON_MAX];

	if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
		mbedtls_x509_crt_verify_info(reason, sizeof(reason), "", flags);
		reason[strcspn(reason, "\n")] = '\0';
		return update_fail(fault, -EKEYREJECTED,
			"%s does not prove that it is the server: %s (checked against %s and the "
			"clock of this box)",
			host, reason, ca_path);
	}
	mbedtls_strerror(error, reason, sizeof(reason));
	return update_fail(fault, -EPROTO, "no TLS with %s: %s", host, reason);
}

int update_tls_open(struct update_tls **out, int fd, const char *host, const char *ca_path,
	struct update_fault *fault)
{
	struct update_tls *tls = calloc(1, sizeof(*tls));
	int error = 0;

	if (tls == NULL)
		return update_fail(fault, -ENOMEM, "no memory left for TLS");
	tls->fd = fd;
	mbedtls_entropy_init(&tls->entropy);
	mbedtls_ctr_drbg_init(&tls->random);
	mbedtls_x509_crt_init(&tls->ca);
	mbedtls_ssl_config_init(&tls->config);
	mbedtls_ssl_init(&tls->ssl);
	if (ca_path != NULL && mbedtls_x509_crt_parse_file(&tls->ca, ca_path) != 0)
		error = update_fail(fault, -EBADMSG,
			"%s does not hold certificates in PEM form: mend it, or remove it",
			ca_path);
	if (error == 0) {
		int answer = prepare(tls, host, ca_path);

		if (answer == 0)
			answer = mbedtls_ssl_handshake(&tls->ssl);
		if (answer != 0)
			error = refused(tls, host, ca_path, answer, fault);
	}
	if (error != 0)
		update_tls_close(tls);
	else
		*out = tls;
	return error;
}

ssize_t update_tls_read(struct update_tls *tls, void *out, size_t room)
{
	int got;

	/* TLS 1.3 servers send tickets between the data. */
	do
		got = mbedtls_ssl_read(&tls->ssl, out, room);
	while (got == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET ||
		got == MBEDTLS_ERR_SSL_WANT_READ);
	if (got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return 0;
	if (got == MBEDTLS_ERR_SSL_TIMEOUT)
		return -ETIMEDOUT;
	/* A connection that ends without a word may have been cut off. */
	return got <= 0 ? -ECONNRESET : got;
}

ssize_t update_tls_write(struct update_tls *tls, const void *data, size_t bytes)
{
	int put = mbedtls_ssl_write(&tls->ssl, data, bytes);

	if (put == MBEDTLS_ERR_SSL_TIMEOUT)
		return -ETIMEDOUT;
	return put <= 0 ? -ECONNRESET : put;
}

void update_tls_close(struct update_tls *tls)
{
	if (tls == NULL)
		return;
	mbedtls_ssl_free(&tls->ssl);
	mbedtls_ssl_config_free(&tls->config);
	mbedtls_x509_crt_free(&tls->ca);
	mbedtls_ctr_drbg_free(&tls->random);
	mbedtls_entropy_free(&tls->entropy);
	free(tls);
}
