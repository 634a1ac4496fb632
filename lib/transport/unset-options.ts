/**
 * What Node's clients read of their options besides what we give them. They copy options to plain objects, so that what
 * is not there, not even as `undefined`, is read from `Object.prototype`, where somebody may have put it: credentials to
 * send, a unix socket to connect to, a lenient parser.
 */

/** Of `http.request` and `https.request`. */
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
  signal: undefined,
  socketPath: undefined,
  timeout: undefined,
  uniqueHeaders: undefined,
});

type Unset = Readonly<Record<string, undefined>>;

const PLAIN = {};
const NOTHING: Unset = Object.freeze({});

/**
 * What goes in front of options of Node's, to keep out of them what they do not say: nothing, as long as nobody has put
 * anything on `Object.prototype`. Options that are there and undefined show, and Node may warn of them.
 *
 * @param unset one of the lists here.
 */
export function keepOut(unset: Unset): Unset {
  for (const key in unset) {
    if (key in PLAIN) return unset;
  }
  return NOTHING;
}

/** Completes options, where there is something to be kept out of them. */
export function guarded<T extends object>(options: T, unset: Unset = UNSET_REQUEST): T {
  const kept = keepOut(unset);
  return kept === NOTHING ? options : { ...kept, ...options };
}

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
