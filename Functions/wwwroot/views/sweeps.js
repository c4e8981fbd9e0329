// All sweeps with their progress, and a form that starts one from its definition as JSON.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { get, post } from '../api.js';
import { measure, plural } from '../format.js';
import { delay } from '../live.js';
import { connection } from '../parts/connection.js';
import { problem } from '../parts/problem.js';
import { stateChip } from '../parts/state.js';

const refreshInterval = 3000; // milliseconds

const example = {
  sweep: 'rates',
  space: { learningRate: { min: 0.0002, max: 0.01, log: true }, batchSize: [32, 64, 128] },
  options: { dataset: 'digits', epochs: 9, imagesPerEpoch: 12800 },
  metric: 'frechetDistance',
  trials: 9,
  halving: { epochs: 1, factor: 3 },
};

export async function show(root, _, signal) {
  document.title = 'Sweeps · GanFunctions';
  const state = { sweeps: (await get('sweeps', { signal })).sweeps, failure: null, plan: null, isBusy: false };
  const draw = () => render(template(state, { check, start }), root);
  const send = async (event, query, onSuccess) => {
    Object.assign(state, { failure: null, plan: null, isBusy: true });
    draw();
    try {
      onSuccess(await post('sweeps', JSON.parse(root.querySelector('#definition').value), { query }));
    } catch (error) {
      state.failure = error;
    }
    state.isBusy = false;
    draw();
  };
  const check = event => send(event, { dryRun: true }, plan => { state.plan = plan; });
  const start = event => {
    event.preventDefault();
    return send(event, {}, sweep => { location.hash = `#/sweeps/${sweep.sweep}`; });
  };
  draw();
  while (!signal.aborted) {
    await delay(refreshInterval, signal);
    if (signal.aborted || document.hidden) continue;
    try {
      state.sweeps = (await get('sweeps', { signal })).sweeps;
      connection.restored();
      draw();
    } catch (error) {
      if (!signal.aborted) connection.report(error);
    }
  }
}

const template = (state, { check, start }) => html`
  <h1>Sweeps</h1>
  <p class="hint">A sweep trains a run for each of many combinations of options, and finds the one with the best pictures.</p>
  <ul class="runs">${state.sweeps.map(card)}</ul>
  <form class="panel" @submit=${start}>
    <h2><label for="definition">New sweep</label></h2>
    ${state.failure ? problem(withDetails(state.failure)) : nothing}
    <textarea id="definition" class="definition" spellcheck="false" aria-describedby="definition-hint">${JSON.stringify(example, null, 2)}</textarea>
    <p id="definition-hint" class="hint">The definition as JSON: the training options to vary, with lists or ranges of values; options that all trials share; and
      <code>halving</code>, which trains only the best trials to the end.</p>
    ${state.plan ? planned(state.plan) : nothing}
    <div class="actions">
      <button type="button" ?disabled=${state.isBusy} @click=${check}>Check</button>
      <button class="primary" ?disabled=${state.isBusy}>Start sweep</button>
    </div>
  </form>`;

const card = sweep => html`
  <li class="panel" data-sweep=${sweep.sweep}>
    <h2><a href="#/sweeps/${sweep.sweep}">${sweep.sweep}</a> ${stateChip(sweep.state)}</h2>
    <p>${plural(sweep.definition.trials, 'trial')} · ${Object.keys(sweep.definition.space).join(', ')}</p>
    <progress max="1" .value=${sweep.progress.fraction} aria-label="Progress of ${sweep.sweep}"></progress>
    <p class="hint">${sweep.error ?? (sweep.best ? html`Best ${sweep.definition.metric} ${measure(sweep.best.metric)}: <a href="#/runs/${sweep.best.run}">${sweep.best.run}</a>` : nothing)}</p>
  </li>`;

const planned = plan => html`
  <div role="status">
    <h3>${plural(plan.trials.length, 'trial')}${plan.rungs.length > 0 ? `, trained for ${plan.rungs.join(', ')} epochs` : ''}</h3>
    ${plan.estimate.cost ? html`<p data-estimate title=${plan.estimate.reason}>about ${measure(plan.estimate.cost.amount)} ${plan.estimate.currency}</p>` : nothing}
    <ul>${plan.trials.slice(0, 10).map(trial => html`<li><code>${JSON.stringify(trial.options)}</code></li>`)}</ul>
    ${plan.trials.length > 10 ? html`<p class="hint">and ${plan.trials.length - 10} more</p>` : nothing}
  </div>`;

// Invalid JSON is an error of the browser, with a message but without a title.
const withDetails = error => (error instanceof SyntaxError ? { title: 'The definition is not JSON.', message: error.message } : error);
