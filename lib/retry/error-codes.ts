// The codes of axios, Node, OpenSSL, follow-redirects and undici, and their meaning for a retry.

/** Node's codes for a rejected certificate, https://nodejs.org/api/tls.html#x509-certificate-error-codes. */
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CRL_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'INVALID_PURPOSE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'HOSTNAME_MISMATCH',
  // What Node says for every verification error of OpenSSL that it has no name for.
  'UNSPECIFIED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_CERT_ALTNAME_FORMAT',
]);

/** The peer's alert that it does not accept *our* certificate, RFC 8446 section 6.2. */
const CERTIFICATE_ALERT =
  /^ERR_SSL_.*ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA)$/;

const MISTAKE_CODES: ReadonlySet<string> = new Set([
  'ERR_BAD_OPTION',
  'ERR_BAD_OPTION_VALUE',
  'ERR_NOT_SUPPORT',
  'ERR_FORM_DATA_DEPTH_EXCEEDED',
  'ERR_FR_TOO_MANY_REDIRECTS',
  'ERR_FR_REDIRECTION_FAILURE',
  'ERR_FR_MAX_BODY_LENGTH_EXCEEDED',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
  'ERR_UNESCAPED_CHARACTERS',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

// ERR_INVALID_URL, ERR_INVALID_ARG_TYPE, ERR_INVALID_CHAR…; ERR_OSSL_ and ERR_CRYPTO_ are unreadable keys or passphrases.
const MISTAKE_PREFIX = /^ERR_(?:INVALID|OSSL|CRYPTO)_/;

const CONNECT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const TIMEOUT_CODES: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ERR_SOCKET_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

const DROP_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'EPROTO',
  'ESHUTDOWN',
  'ENOTCONN',
  'ENETRESET',
  'ERR_NETWORK',
  'ERR_SOCKET_CLOSED',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_POLICY_HTTP2_STREAM',
  'ERR_POLICY_HTTP2_SESSION',
  // The connection ended inside a message. Other HPE_ codes are a server that does not speak HTTP, every time.
  'HPE_INVALID_EOF_STATE',
  'HPE_CLOSED_CONNECTION',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

const DROP_PREFIX = /^ERR_(?:HTTP2|SSL)_/;

/** A certificate of either side was rejected; it will be the next time, too. */
export function isCertificateCode(code: string): boolean {
  return CERTIFICATE_CODES.has(code) || CERTIFICATE_ALERT.test(code);
}

/** Codes of connections that Node's permission model, or the `blockList` of an agent, does not allow. */
const FORBIDDEN_CODES: ReadonlySet<string> = new Set(['ERR_ACCESS_DENIED', 'ERR_IP_BLOCKED']);

/** This process may not make the connection. */
export function isForbiddenCode(code: string): boolean {
  return FORBIDDEN_CODES.has(code);
}

/** The request or its options are at fault: the same request fails the same way. */
export function isMistakeCode(code: string): boolean {
  return MISTAKE_CODES.has(code) || MISTAKE_PREFIX.test(code);
}

/** By the code alone, no connection came about. */
export function isConnectCode(code: string): boolean {
  return CONNECT_CODES.has(code);
}

/** By the code alone, somebody's patience ended. */
export function isTimeoutCode(code: string): boolean {
  return TIMEOUT_CODES.has(code);
}

/** By the code alone, the connection was lost. */
export function isDropCode(code: string): boolean {
  return DROP_CODES.has(code) || DROP_PREFIX.test(code);
}
