// The client of the API, which is served next to the page under any path prefix.
const base = new URL('api/', document.baseURI);
const keyName = 'functionKey';

const memory = { key: null };

takeKeyFromUrl();

/** An error response of the API (RFC 9457), or status 0 when the server cannot be reached. */
export class Problem extends Error {
  constructor(status, body, retryAfter = null) {
    super(body.detail ?? body.title ?? `The server responded with status ${status}.`);
    this.status = status;
    this.title = body.title ?? 'The request failed.';
    this.errors = body.errors ?? {};
    this.advice = body.advice ?? null;
    this.retryAfter = retryAfter;
  }
}

/** Throws the problem of a server that cannot be reached. */
export function throwUnreachable() {
  throw new Problem(0, { title: 'Server unreachable', detail: 'The server cannot be reached. Check that it is running.' });
}

/** The URL of a resource, including the key if there is one: for images, streams and downloads, which cannot send headers. */
export function resourceUrl(path, query = {}) {
  const url = urlWithoutKey(path, query);
  if (key()) url.searchParams.set('code', key());
  return url.href;
}

/** The URL of a resource without the key, safe to display and copy. */
export function urlWithoutKey(path, query = {}) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== '') url.searchParams.set(name, value);
  return url;
}

/** A curl command that downloads a URL; it reads the key from $KEY if one is required. */
export function curlCommand(url, file) {
  return `curl '${url.href}'${key() ? " -H \"x-functions-key: $KEY\"" : ''} -o ${file}`;
}

export const get = (path, { query, signal } = {}) => request('GET', path, { query, signal }).then(response => response.json());
export const getBytes = (path, { query, signal } = {}) => request('GET', path, { query, signal }).then(response => response.arrayBuffer());
export const getBlob = (path, { query, signal } = {}) => request('GET', path, { query, signal }).then(response => response.blob());
export const post = (path, body, { query, signal } = {}) => request('POST', path, { query, signal, body: body && JSON.stringify(body) }).then(jsonOrNull);
export const postFile = (path, body, { query, signal } = {}) => request('POST', path, { query, signal, body, type: 'application/octet-stream' }).then(jsonOrNull);
export const put = (path, body, { query, type } = {}) => request('PUT', path, { query, body, type }).then(jsonOrNull);
export const remove = (path, options) => request('DELETE', path, options);

/** Stores the key for the browser session. */
export function setKey(value) {
  try {
    sessionStorage.setItem(keyName, value);
  } catch {
    memory.key = value; // storage is blocked: keep the key until the page is closed
  }
}

/** Whether a key is set, valid or not. */
export const hasKey = () => key() !== null;

function key() {
  try {
    return sessionStorage.getItem(keyName) ?? memory.key;
  } catch {
    return memory.key;
  }
}

async function request(method, path, { query = {}, signal, body, type = 'application/json' } = {}) {
  const headers = {};
  if (key()) headers['x-functions-key'] = key();
  if (body) headers['Content-Type'] = type;
  const response = await fetch(urlWithoutKey(path, query), { method, headers, body, signal }).catch(error => {
    if (error.name === 'AbortError') throw error;
    throwUnreachable();
  });
  if (response.ok) return response;
  const details = await response.json().catch(() => ({}));
  throw new Problem(response.status, details, Number(response.headers.get('Retry-After')) || null);
}

async function jsonOrNull(response) {
  return response.status === 204 ? null : response.json();
}

// A URL with ?code= opens the page with that key. The key is removed from the URL, which users see and copy.
function takeKeyFromUrl() {
  const url = new URL(location.href);
  const code = url.searchParams.get('code');
  if (!code) return;
  setKey(code);
  url.searchParams.delete('code');
  history.replaceState(null, '', url);
}
