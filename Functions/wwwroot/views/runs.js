// All runs with their progress, and the selection to compare.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { get, resourceUrl } from '../api.js';
import { duration, measure } from '../format.js';
import { delay, isAtRest, lastEpoch } from '../live.js';
import { connection } from '../parts/connection.js';
import { stateChip } from '../parts/state.js';

const refreshInterval = 3000; // milliseconds
const pageSize = 30;
const minToCompare = 2;

export async function show(root, _, signal) {
  document.title = 'Runs · GanFunctions';
  const selected = new Set();
  let limit = pageSize;
  let runs = (await get('runs', { query: { limit }, signal })).runs;
  const draw = () => render(template(runs, selected, { toggle, showMore, limit }), root);
  const toggle = run => { selected.has(run) ? selected.delete(run) : selected.add(run); draw(); };
  const showMore = async () => { limit += pageSize; await refresh(); };
  const refresh = async () => { runs = (await get('runs', { query: { limit }, signal })).runs; draw(); };
  draw();
  poll(refresh, signal);
}

async function poll(refresh, signal) {
  while (!signal.aborted) {
    await delay(refreshInterval, signal);
    if (signal.aborted || document.hidden) continue;
    await refresh().then(connection.restored, error => { if (!signal.aborted) connection.report(error); });
  }
}

const template = (runs, selected, { toggle, showMore, limit }) => runs.length === 0 ? welcome : html`
  <div class="heading">
    <h1>Runs</h1>
    <div class="actions">
      ${selected.size >= minToCompare
        ? html`<a class="button" href="#/compare?runs=${[...selected].map(encodeURIComponent).join(',')}">Compare ${selected.size} runs</a>`
        : html`<span class="hint">Select two runs to compare.</span>`}
      <a class="button primary" href="#/start">New run</a>
    </div>
  </div>
  <ul class="runs">${runs.map(run => card(run, selected.has(run.run), toggle))}</ul>
  ${runs.length === limit ? html`<button @click=${showMore}>Show older runs</button>` : nothing}`;

const welcome = html`
  <section class="welcome">
    <h1>Train your first GAN</h1>
    <p>A generator learns to produce pictures that a discriminator cannot tell from real ones. Start a run and watch it train: recognisable digits appear within minutes.</p>
    <a class="button primary" href="#/start">Start a run</a>
  </section>`;

const card = (run, isSelected, toggle) => html`
  <li class="panel run-card" data-run=${run.run}>
    <a class="thumbnail" href="#/runs/${run.run}" tabindex="-1" aria-hidden="true">${thumbnail(run)}</a>
    <div>
      <h2><a href="#/runs/${run.run}">${run.run}</a> ${stateChip(run.state)}</h2>
      <p>${run.dataset}${run.options.conditional ? ', conditional' : ''} · epoch ${run.progress.epoch} of ${run.progress.epochs}${timeLeft(run)}</p>
      <progress max="1" .value=${run.progress.fraction} aria-label="Progress of ${run.run}"></progress>
      <p class="hint">${run.error ?? distances(run)}</p>
    </div>
    <label class="select"><input type="checkbox" .checked=${isSelected} @change=${() => toggle(run.run)}> <span>Compare<span class="visually-hidden"> ${run.run}</span></span></label>
  </li>`;

const timeLeft = run => (isAtRest(run) || run.secondsLeft === null ? '' : ` · ${duration(run.secondsLeft)} left`);

const distances = run => (run.quality ? `Fréchet distance ${measure(run.quality.frechetDistance)}, best ${measure(run.best?.frechetDistance)}` : '');

const thumbnail = run => lastEpoch(run) > 0
  ? html`<img src=${resourceUrl(`runs/${run.run}/grids/${lastEpoch(run)}`, { side: 3, scale: 1 })} width="88" height="88" alt="" loading="lazy">`
  : html`<span class="placeholder"></span>`;
