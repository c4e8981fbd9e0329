// All runs: how they are doing, and which to compare.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { address, get } from '../api.js';
import { duration, measure } from '../format.js';
import { isAtRest, lastEpoch, pause } from '../live.js';
import { connection } from '../parts/connection.js';
import { stateChip } from '../parts/state.js';

const refreshEvery = 3000;
const page = 30;
const fewestToCompare = 2;

export async function show(root, _, signal) {
  document.title = 'Runs · GanFunctions';
  const chosen = new Set();
  let limit = page;
  let runs = (await get('runs', { query: { limit }, signal })).runs;
  const draw = () => render(template(runs, chosen, { toggle, more, limit }), root);
  const toggle = run => { chosen.has(run) ? chosen.delete(run) : chosen.add(run); draw(); };
  const more = async () => { limit += page; await refresh(); };
  const refresh = async () => { runs = (await get('runs', { query: { limit }, signal })).runs; draw(); };
  draw();
  keepFresh(refresh, signal);
}

async function keepFresh(refresh, signal) {
  while (!signal.aborted) {
    await pause(refreshEvery, signal);
    if (signal.aborted || document.hidden) continue;
    await refresh().then(connection.found, problem => { if (!signal.aborted) connection.failed(problem); });
  }
}

const template = (runs, chosen, actions) => runs.length === 0 ? welcome : html`
  <div class="heading">
    <h1>Runs</h1>
    <div class="actions">
      ${chosen.size >= fewestToCompare
        ? html`<a class="button" href="#/compare?runs=${[...chosen].map(encodeURIComponent).join(',')}">Compare ${chosen.size} runs</a>`
        : html`<span class="hint">Tick two runs to compare them.</span>`}
      <a class="button primary" href="#/start">New run</a>
    </div>
  </div>
  <ul class="runs">${runs.map(run => card(run, chosen.has(run.run), actions))}</ul>
  ${runs.length === actions.limit ? html`<button @click=${actions.more}>Show older runs</button>` : nothing}`;

const welcome = html`
  <section class="welcome">
    <h1>Train a network that draws</h1>
    <p>A generator learns to draw what a discriminator cannot tell from real pictures. Start one and watch: handwritten digits appear within minutes.</p>
    <a class="button primary" href="#/start">Start the first run</a>
  </section>`;

const card = (run, isChosen, { toggle }) => html`
  <li class="panel run-card" data-run=${run.run}>
    <a class="thumbnail" href="#/runs/${run.run}" tabindex="-1" aria-hidden="true">${thumbnail(run)}</a>
    <div class="about">
      <h2><a href="#/runs/${run.run}">${run.run}</a> ${stateChip(run.state)}</h2>
      <p>${run.dataset}${run.options.conditional ? ', by label' : ''} · epoch ${run.progress.epoch} of ${run.progress.epochs}${leftOf(run)}</p>
      <progress max="1" .value=${run.progress.fraction} aria-label="Progress of ${run.run}"></progress>
      <p class="hint">${run.error ?? distanceOf(run)}</p>
    </div>
    <label class="pick"><input type="checkbox" .checked=${isChosen} @change=${() => toggle(run.run)}> <span>Compare<span class="unseen"> ${run.run}</span></span></label>
  </li>`;

const leftOf = run => (isAtRest(run) || run.secondsLeft === null ? '' : ` · ${duration(run.secondsLeft)} left`);

const distanceOf = run => (run.quality ? `Fréchet distance ${measure(run.quality.frechetDistance)}, best ${measure(run.best?.frechetDistance)}` : '');

const thumbnail = run => lastEpoch(run) > 0
  ? html`<img src=${address(`runs/${run.run}/grids/${lastEpoch(run)}`, { side: 3, scale: 1 })} width="88" height="88" alt="" loading="lazy">`
  : html`<span class="blank"></span>`;
