// One run: how it is getting on, its curves, what it draws, and what can be done with it.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { address, get, post, remove } from '../api.js';
import { count, duration, measure, plural } from '../format.js';
import { follow, isAtRest, lastEpoch } from '../live.js';
import { ask } from '../parts/ask.js';
import { chart } from '../parts/chart.js';
import { Losses } from '../parts/losses.js';
import { Player } from '../parts/player.js';
import { problem } from '../parts/problem.js';
import { stateChip } from '../parts/state.js';

const refreshCurvesEvery = 2000;

export async function show(root, { run: id }, signal) {
  document.title = `${id} · GanFunctions`;
  const state = { run: await get(`runs/${id}`, { signal }), failure: null, isBusy: false, shownTimelapse: null };
  let update = async () => {}; // until the charts are there
  const draw = () => render(template(state, actions), root);
  const actions = actionsOf(id, state, draw, run => { state.run = run; draw(); update(run); });
  draw();

  const curves = await curvesOf(root, signal);
  const losses = new Losses(id);
  const player = new Player(root.querySelector('#player'), id, signal);
  let seenEpoch = -1;
  let refreshed = 0;
  let isRefreshing = false;
  update = async run => {
    const isDue = isAtRest(run) || performance.now() - refreshed > refreshCurvesEvery;
    if (isRefreshing || !isDue || signal.aborted) return;
    isRefreshing = true;
    try {
      curves.set(await losses.refresh(run, signal), run);
      if (lastEpoch(run) !== seenEpoch) player.set((await get(`runs/${id}/grids`, { signal })).epochs);
      seenEpoch = lastEpoch(run);
      refreshed = performance.now();
    } catch {
      // The next change asks again; that the server is away is said where the run itself is followed.
    } finally {
      isRefreshing = false;
    }
  };
  update(state.run);
  await follow(state.run, run => {
    if (signal.aborted) return;
    if (run === null) return render(html`<h1>${id}</h1><p>This run has been deleted. <a href="#/">All runs</a></p>`, root);
    state.run = run;
    if (state.failure?.status === 0) state.failure = null; // the server is back
    draw();
    update(run);
  }, signal);
}

function actionsOf(id, state, draw, changed) {
  const attempt = async action => {
    Object.assign(state, { failure: null, isBusy: true });
    draw();
    try {
      const run = await action();
      state.isBusy = false;
      if (run) changed(run);
    } catch (failure) {
      Object.assign(state, { failure, isBusy: false });
    }
    draw();
  };
  return {
    pause: () => attempt(() => post(`runs/${id}/pause`)),
    resume: () => attempt(() => post(`runs/${id}/resume`)),
    async cancel() {
      if (await ask(`Cancel ${id}? What it has trained is kept.`, 'Cancel the run')) await attempt(() => post(`runs/${id}/cancel`));
    },
    extend: event => {
      event.preventDefault();
      const epochs = new FormData(event.target).get('epochs').trim();
      return attempt(() => post(`runs/${id}/extend`, { epochs: Number.isFinite(Number(epochs)) ? Number(epochs) : epochs }));
    },
    async remove() {
      if (!await ask(`Delete ${id} with all its checkpoints and pictures?`, 'Delete the run')) return;
      await attempt(async () => { await remove(`runs/${id}`); location.hash = '#/'; });
    },
    timelapse() {
      state.shownTimelapse = lastEpoch(state.run);
      draw();
    },
  };
}

async function curvesOf(root, signal) {
  const [losses, scores, distance] = await Promise.all([
    chart(root.querySelector('#losses'), 'Losses', [{ label: 'discriminator', color: '--curve-1' }, { label: 'generator', color: '--curve-2' }]),
    chart(root.querySelector('#scores'), 'Scores', [{ label: 'D(x), of real pictures', color: '--curve-1' }, { label: 'D(G(z)), of drawn ones', color: '--curve-2' }], { range: [0, 1] }),
    chart(root.querySelector('#distance'), 'Fréchet distance', [{ label: 'Fréchet distance', color: '--curve-3' }], { log: true, points: true }),
  ]);
  signal.addEventListener('abort', () => [losses, scores, distance].forEach(each => each.destroy()));
  return {
    set(log, run) {
      losses.set(log.steps(run.progress.stepsPerEpoch, 'discriminatorLoss', 'generatorLoss'));
      scores.set(log.steps(run.progress.stepsPerEpoch, 'realScore', 'fakeScore'));
      distance.set(log.epochs('frechetDistance'));
    },
  };
}

const canPause = ['queued', 'preparing', 'training'];
const canResume = ['pausing', 'paused'];
const canCancel = ['queued', 'preparing', 'training', 'pausing', 'paused'];
const isFinished = ['cancelled', 'completed', 'failed'];

const template = ({ run, failure, isBusy, shownTimelapse }, actions) => html`
  <div class="heading">
    <h1>${run.run} ${stateChip(run.state)}</h1>
    <div class="actions">
      ${canPause.includes(run.state) ? html`<button ?disabled=${isBusy} @click=${actions.pause}>Pause</button>` : nothing}
      ${canResume.includes(run.state) ? html`<button class="primary" ?disabled=${isBusy} @click=${actions.resume}>Resume</button>` : nothing}
      ${canCancel.includes(run.state) ? html`<button ?disabled=${isBusy} @click=${actions.cancel}>Cancel</button>` : nothing}
      ${isFinished.includes(run.state) ? html`<button ?disabled=${isBusy} @click=${actions.remove}>Delete</button>` : nothing}
      ${run.checkpoint ? html`<a class="button primary" href="#/runs/${run.run}/explore">Explore</a>` : nothing}
    </div>
  </div>
  ${failure ? problem(failure) : nothing}
  ${run.error ? html`<div class="problem" role="alert"><strong>The run failed.</strong><p>${run.error}</p></div>` : nothing}
  ${run.warnings.map(warning => html`<p class="warning" role="status">${warning}</p>`)}
  <section class="panel" aria-label="Progress">
    <progress max="1" .value=${run.progress.fraction} aria-label="Progress"></progress>
    <p class="numbers">${numbers(run)}</p>
    ${run.stoppedEarly ? html`<p>${run.stoppedEarly}</p>` : nothing}
  </section>
  <div class="columns">
    <section class="panel" aria-labelledby="drawn"><h2 id="drawn">The same noise, epoch by epoch</h2><div id="player"></div></section>
    <section class="panel curves" aria-labelledby="curves">
      <h2 id="curves">Curves</h2>
      <h3>Losses</h3><div id="losses"></div>
      <h3>How real it looks to the discriminator</h3><div id="scores"></div>
      <div ?hidden=${run.options.qualitySamples === 0}><h3>Fréchet distance from held-out pictures</h3><div id="distance"></div></div>
      <p class="hint">As <a href=${address(`runs/${run.run}/losses`, { format: 'csv' })} download="${run.run}.csv">CSV</a>,
        <a href=${address(`runs/${run.run}/losses`, { format: 'svg' })} download="${run.run}.svg">SVG</a>,
        <a href=${address(`runs/${run.run}/losses`, { format: 'png' })} download="${run.run}.png">PNG</a>.</p>
    </section>
  </div>
  <section class="panel" aria-labelledby="timelapse">
    <h2 id="timelapse">Timelapse</h2>
    ${timelapse(run, shownTimelapse, actions)}
  </section>
  <section class="panel" aria-labelledby="more">
    <h2 id="more">Train further</h2>
    <form class="inline" @submit=${actions.extend} novalidate>
      <label for="extend">Epochs more</label>
      <input id="extend" name="epochs" inputmode="numeric" value="10" autocomplete="off">
      <button ?disabled=${isBusy || run.state === 'cancelling'}>Extend</button>
    </form>
    <details>
      <summary>Options of this run</summary>
      <dl class="options">${Object.entries(run.options).map(([name, value]) => html`<div><dt>${name}</dt><dd>${String(value ?? '–')}</dd></div>`)}</dl>
    </details>
  </section>`;

const numbers = run => html`
  <span>${run.dataset}, ${run.preset}</span>
  <span>epoch <b data-epoch>${run.progress.epoch}</b> of ${run.progress.epochs}</span>
  ${run.progress.stepsPerEpoch ? html`<span>step ${count(run.progress.step)} of ${count(run.progress.stepsPerEpoch)}</span>` : nothing}
  ${!isAtRest(run) && run.imagesPerSecond ? html`<span>${count(Math.round(run.imagesPerSecond))} pictures/s</span>` : nothing}
  ${!isAtRest(run) && run.secondsLeft !== null ? html`<span>${duration(run.secondsLeft)} left</span>` : nothing}
  ${run.quality ? html`<span>Fréchet distance ${measure(run.quality.frechetDistance)}</span>` : nothing}
  ${run.best ? html`<span>best ${measure(run.best.frechetDistance)} in epoch ${run.best.epoch}</span>` : nothing}
  ${run.rollBacks ? html`<span>${plural(run.rollBacks, 'roll-back')}</span>` : nothing}`;

function timelapse(run, shown, actions) {
  if (lastEpoch(run) < 2) return html`<p class="hint">It takes two epochs at least.</p>`;
  const query = { format: 'webp' };
  return html`
    ${shown ? html`<img class="grid" src=${`${address(`runs/${run.run}/timelapse`, query)}#${shown}`} alt="The pictures from the first epoch to epoch ${shown}, one after the other">` : nothing}
    <div class="actions">
      <button @click=${actions.timelapse}>${shown ? 'Show anew' : 'Show'}</button>
      <a class="button" href=${address(`runs/${run.run}/timelapse`)} download="${run.run}.gif">Download GIF</a>
    </div>`;
}
