// Calls the API, which lies beside the page whatever path that has.
const base = new URL('api/', document.baseURI);
const keyName = 'functionKey';

const memory = { key: null };

takeKeyFromAddress();

/** What the API said was wrong (RFC 9457), or that it could not be reached (status 0). */
export class Problem extends Error {
  constructor(status, body, retryAfter = null) {
    super(body.detail ?? body.title ?? `The server answered ${status}.`);
    this.status = status;
    this.title = body.title ?? 'That did not work.';
    this.errors = body.errors ?? {};
    this.advice = body.advice ?? null;
    this.retryAfter = retryAfter;
  }
}

/** Throws what is said of a server that cannot be reached. */
export function unreachable() {
  throw new Problem(0, { title: 'The server cannot be reached.', detail: 'The server cannot be reached. Is it running?' });
}

/** The address of a resource of the API, with the key where there is one: for pictures, streams and downloads, which carry no headers. */
export function address(path, query = {}) {
  const url = plainAddress(path, query);
  if (key()) url.searchParams.set('code', key());
  return url.href;
}

/** The same without the key, to be shown and copied. */
export function plainAddress(path, query = {}) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== '') url.searchParams.set(name, value);
  return url;
}

/** A curl command for a resource, which asks for the key where one is needed. */
export function curl(url, file) {
  return `curl '${url.href}'${key() ? " -H \"x-functions-key: $KEY\"" : ''} -o ${file}`;
}

export const get = (path, { query, signal } = {}) => call('GET', path, { query, signal }).then(response => response.json());
export const post = (path, body, { query, signal } = {}) => call('POST', path, { query, signal, body: body && JSON.stringify(body) }).then(json);
export const remove = (path, options) => call('DELETE', path, options);
export const put = (path, body, { query, type } = {}) => call('PUT', path, { query, body, type }).then(json);
export const bytes = (path, { query, signal } = {}) => call('GET', path, { query, signal }).then(response => response.arrayBuffer());
export const picture = (path, { query, signal } = {}) => call('GET', path, { query, signal }).then(response => response.blob());

/** Remembers the key until the browser is closed. */
export function setKey(value) {
  try {
    sessionStorage.setItem(keyName, value);
  } catch {
    memory.key = value; // storage is blocked: until the page is closed, then
  }
}

/** Whether there is a key, right or wrong. */
export const hasKey = () => key() !== null;

function key() {
  try {
    return sessionStorage.getItem(keyName) ?? memory.key;
  } catch {
    return memory.key;
  }
}

async function call(method, path, { query = {}, signal, body, type = 'application/json' } = {}) {
  const headers = {};
  if (key()) headers['x-functions-key'] = key();
  if (body) headers['Content-Type'] = type;
  const response = await fetch(plainAddress(path, query), { method, headers, body, signal }).catch(error => {
    if (error.name === 'AbortError') throw error;
    unreachable();
  });
  if (response.ok) return response;
  const said = await response.json().catch(() => ({}));
  throw new Problem(response.status, said, Number(response.headers.get('Retry-After')) || null);
}

async function json(response) {
  return response.status === 204 ? null : response.json();
}

// An address with ?code= opens the page with its key; the key does not stay in the address, which is shown and copied.
function takeKeyFromAddress() {
  const here = new URL(location.href);
  const code = here.searchParams.get('code');
  if (!code) return;
  setKey(code);
  here.searchParams.delete('code');
  history.replaceState(null, '', here);
}
