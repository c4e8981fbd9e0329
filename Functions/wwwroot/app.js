// Shows the view that the address names, and the next one when it changes.
import { html, render } from './lib/lit-html/lit-html.js';
import { hasKey, Problem, unreachable } from './api.js';
import { pause } from './live.js';
import { connection } from './parts/connection.js';
import { keyForm } from './parts/key.js';
import { problem } from './parts/problem.js';

const root = document.getElementById('view');
const askAgainEvery = 2000;
let leaving = new AbortController();

// Each view is loaded when it is first opened. Parts of a path in braces are given to it.
const routes = [
  ['', () => import('./views/runs.js')],
  ['start', () => import('./views/start.js')],
  ['datasets', () => import('./views/datasets.js')],
  ['compare', () => import('./views/compare.js')],
  ['runs/{run}', () => import('./views/run.js')],
  ['runs/{run}/explore', () => import('./views/explore.js')],
];

function find(path) {
  for (const [route, load] of routes) {
    const names = [...route.matchAll(/\{(\w+)\}/g)].map(match => match[1]);
    const found = new RegExp(`^${route.replace(/\{\w+\}/g, '([^/]+)')}$`).exec(path);
    const values = found?.slice(1).map(decoded);
    if (values && !values.includes(null)) return { load, values: Object.fromEntries(names.map((name, place) => [name, values[place]])) };
  }
  return null;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // a % that stands for nothing
  }
}

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const found = find(path);
  markCurrent(path);
  const place = document.createElement('div');
  root.replaceChildren(place);
  document.title = 'GanFunctions';
  if (!found) return render(html`<h1>No such view</h1><p><a href="#/">All runs</a></p>`, place);
  try {
    const view = await found.load().catch(unreachable);
    if (signal.aborted) return;
    await view.show(place, { ...found.values, query: new URLSearchParams(query) }, signal);
    if (!signal.aborted) connection.found();
  } catch (error) {
    if (signal.aborted) return;
    render(error instanceof Problem && error.status === 401 ? keyForm(show, hasKey()) : problem(error), place);
    if (error instanceof Problem && error.status === 0) await reloadWhenBack(signal);
  }
}

// The server went away before the view had what it begins with: maybe a module, and those are never asked for twice.
async function reloadWhenBack(signal) {
  connection.lost();
  do await pause(askAgainEvery, signal);
  while (!signal.aborted && !await fetch(document.baseURI).then(() => true, () => false));
  if (!signal.aborted) location.reload();
}

function markCurrent(path) {
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${path}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault(); // the address is the view's
  root.focus();
});
addEventListener('hashchange', () => {
  show(); // which goes on for as long as there is something to follow
  root.focus({ preventScroll: true });
  scrollTo(0, 0);
});
addEventListener('unhandledrejection', event => {
  if (event.reason?.name === 'AbortError') event.preventDefault(); // a view that was left
});
show();
