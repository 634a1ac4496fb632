/**
 * The names that Node's clients look for in their options besides those that we give them, for `keepOut`. They copy options to plain objects, so that what
 * is not there, not even as `undefined`, is read from `Object.prototype`, where somebody may have put it: credentials to
 * send, a unix socket to connect to, a lenient parser.
 */

/**
 * Of `http.request` and `https.request`. Not `signal`: Node reads it again when it makes the response, where nobody can
 * keep it out, and throws where nobody can catch it. Read here, it fails the request, as it does with bare axios.
 */
export const UNSET_REQUEST = Object.freeze({
  auth: undefined,
  createConnection: undefined,
  defaultPort: undefined,
  highWaterMark: undefined,
  host: undefined,
  insecureHTTPParser: undefined,
  joinDuplicateHeaders: undefined,
  maxHeaderSize: undefined,
  setHost: undefined,
  socketPath: undefined,
  timeout: undefined,
  uniqueHeaders: undefined,
});

/** Of follow-redirects, and of `url.format` by which it finds out where it is. */
export const UNSET_REDIRECTABLE = Object.freeze({
  ...UNSET_REQUEST,
  followRedirects: undefined,
  hash: undefined,
  href: undefined,
  pathname: undefined,
  query: undefined,
  search: undefined,
  slashes: undefined,
  trackRedirects: undefined,
});

/** Of `net.connect`. */
export const UNSET_DIAL = Object.freeze({
  allowHalfOpen: undefined,
  family: undefined,
  fd: undefined,
  handle: undefined,
  hints: undefined,
  localAddress: undefined,
  localPort: undefined,
  lookup: undefined,
  onread: undefined,
  path: undefined,
  signal: undefined,
  timeout: undefined,
});

/** Of `tls.connect`, which takes a default for what is not there at all, and for that alone: those are left out. */
export const UNSET_TLS = Object.freeze({
  ...UNSET_DIAL,
  ca: undefined,
  cert: undefined,
  clientCertEngine: undefined,
  crl: undefined,
  dhparam: undefined,
  ecdhCurve: undefined,
  enableTrace: undefined,
  honorCipherOrder: undefined,
  key: undefined,
  passphrase: undefined,
  pfx: undefined,
  privateKeyEngine: undefined,
  privateKeyIdentifier: undefined,
  pskCallback: undefined,
  requestOCSP: undefined,
  secureContext: undefined,
  secureProtocol: undefined,
  servername: undefined,
  session: undefined,
  sessionIdContext: undefined,
  sigalgs: undefined,
  socket: undefined,
  ticketKeys: undefined,
});

/** Of `http2.connect`, on a connection that is there already. */
export const UNSET_SESSION = Object.freeze({
  maxDeflateDynamicTableSize: undefined,
  maxOutstandingPings: undefined,
  maxReservedRemoteStreams: undefined,
  maxSendHeaderBlockLength: undefined,
  maxSettings: undefined,
  paddingStrategy: undefined,
  peerMaxConcurrentStreams: undefined,
  protocol: undefined,
  remoteCustomSettings: undefined,
  unknownProtocolTimeout: undefined,
});

/** Of `ClientHttp2Session.request`. */
export const UNSET_STREAM = Object.freeze({
  exclusive: undefined,
  parent: undefined,
  signal: undefined,
  silent: undefined,
  waitForTrailers: undefined,
  weight: undefined,
});
