// Renders the view that the URL fragment names, and renders again whenever the fragment changes.
import { html, render } from './lib/lit-html/lit-html.js';
import { hasKey, Problem, throwUnreachable } from './api.js';
import { delay } from './live.js';
import { connection } from './parts/connection.js';
import { keyForm } from './parts/key.js';
import { problem } from './parts/problem.js';

const root = document.getElementById('view');
const retryInterval = 2000; // milliseconds
let navigation = new AbortController();

// Each view is loaded when it is first opened. Path segments in braces are passed to it.
const routes = [
  ['', () => import('./views/runs.js')],
  ['start', () => import('./views/start.js')],
  ['datasets', () => import('./views/datasets.js')],
  ['compare', () => import('./views/compare.js')],
  ['sweeps', () => import('./views/sweeps.js')],
  ['sweeps/{sweep}', () => import('./views/sweep.js')],
  ['runs/{run}', () => import('./views/run.js')],
  ['runs/{run}/explore', () => import('./views/explore.js')],
];

function matchRoute(path) {
  for (const [route, load] of routes) {
    const names = [...route.matchAll(/\{(\w+)\}/g)].map(match => match[1]);
    const match = new RegExp(`^${route.replace(/\{\w+\}/g, '([^/]+)')}$`).exec(path);
    const values = match?.slice(1).map(tryDecode);
    if (values && !values.includes(null)) return { load, values: Object.fromEntries(names.map((name, index) => [name, values[index]])) };
  }
  return null;
}

function tryDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // malformed percent-encoding
  }
}

async function show() {
  navigation.abort();
  navigation = new AbortController();
  const { signal } = navigation;
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const match = matchRoute(path);
  markCurrentLink(path);
  const container = document.createElement('div');
  root.replaceChildren(container);
  document.title = 'GanFunctions';
  if (!match) return render(html`<h1>Page not found</h1><p><a href="#/">All runs</a></p>`, container);
  try {
    const view = await match.load().catch(throwUnreachable);
    if (signal.aborted) return;
    await view.show(container, { ...match.values, query: new URLSearchParams(query) }, signal);
    if (!signal.aborted) connection.restored();
  } catch (error) {
    if (signal.aborted) return;
    render(error instanceof Problem && error.status === 401 ? keyForm(show, hasKey()) : problem(error), container);
    if (error instanceof Problem && error.status === 0) await reloadWhenReachable(signal);
  }
}

// Reloads the whole page, because browsers do not retry a module that failed to load.
async function reloadWhenReachable(signal) {
  connection.lost();
  do await delay(retryInterval, signal);
  while (!signal.aborted && !await fetch(document.baseURI).then(() => true, () => false));
  if (!signal.aborted) location.reload();
}

function markCurrentLink(path) {
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${path}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault(); // the URL fragment names the view
  root.focus();
});
addEventListener('hashchange', () => {
  show(); // not awaited: it returns only when the view stops updating
  root.focus({ preventScroll: true });
  scrollTo(0, 0);
});
addEventListener('unhandledrejection', event => {
  if (event.reason?.name === 'AbortError') event.preventDefault(); // the user left the view
});
show();
