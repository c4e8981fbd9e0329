// Starts a run. What the server finds wrong is shown beside its field.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { address, get, post } from '../api.js';
import { plural } from '../format.js';
import { canTrain, hasPictures } from '../parts/dataset.js';
import { problem } from '../parts/problem.js';

const fallback = 'digits'; // built in: can be had everywhere

// Numbers are sent as numbers where they are some, else as they stand, for the server to say what is valid.
const basics = [
  { name: 'epochs', label: 'Epochs', hint: 'passes over the data', value: '10' },
  { name: 'seed', label: 'Seed', hint: 'where all random numbers come from', value: '42' },
];
const details = [
  { name: 'run', label: 'Name', hint: 'in the address of the run; one is made up without it', text: true },
  { name: 'imagesPerEpoch', label: 'Pictures per epoch', hint: 'all without it; fewer make shorter epochs' },
  { name: 'batchSize', label: 'Batch size' },
  { name: 'learningRate', label: 'Learning rate' },
  { name: 'learningRateDecay', label: 'Learning rate decay' },
  { name: 'gradientPenalty', label: 'Gradient penalty' },
  { name: 'qualitySamples', label: 'Pictures to measure', hint: 'at every epoch’s end; 0 measures nothing' },
  { name: 'patience', label: 'Patience', hint: 'ends after so many epochs without a better one' },
  { name: 'maxSliceSeconds', label: 'Slice', hint: 'seconds of training between commits, at most' },
];
const defaultsShown = ['batchSize', 'learningRate', 'learningRateDecay', 'gradientPenalty', 'qualitySamples', 'maxSliceSeconds'];

export async function show(root, { query }, signal) {
  document.title = 'New run · GanFunctions';
  const datasets = (await get('datasets', { signal })).datasets.filter(canTrain);
  const dataset = query.get('dataset') ?? datasets.find(each => each.stored)?.name ?? fallback;
  const state = { datasets, dataset, preset: 'dcgan', defaults: {}, errors: {}, failure: null, isBusy: false };
  const draw = () => render(template(state, actions), root);
  const actions = {
    choose: event => { state.dataset = event.target.value; draw(); },
    async prefer(event) {
      state.preset = event.target.value;
      await loadDefaults(state, signal);
      draw();
    },
    async submit(event) {
      event.preventDefault();
      Object.assign(state, { errors: {}, failure: null, isBusy: true });
      draw();
      try {
        const run = await post('runs', bodyOf(event.target));
        location.hash = `#/runs/${run.run}`;
      } catch (refusal) {
        state.isBusy = false;
        state.errors = refusal.errors ?? {};
        const others = Object.keys(state.errors).filter(name => !event.target.elements.namedItem(name));
        state.failure = Object.keys(state.errors).length === 0 || others.length > 0 ? refusal : null;
        draw();
        root.querySelector('[aria-invalid=true]')?.closest('details')?.setAttribute('open', '');
        root.querySelector('[aria-invalid=true]')?.focus();
      }
    },
  };
  await loadDefaults(state, signal);
  draw();
}

// What the fields that are left empty come to.
async function loadDefaults(state, signal) {
  state.defaults = await post('runs', { preset: state.preset, dataset: fallback }, { query: { dryRun: true }, signal }).catch(() => ({}));
}

function bodyOf(form) {
  const body = {};
  for (const [name, value] of new FormData(form)) {
    const text = value.trim();
    if (text === '') continue;
    if (name === 'conditional') body[name] = true;
    else if (name === 'dataset' || name === 'preset' || name === 'precision' || name === 'run') body[name] = text;
    else body[name] = Number.isFinite(Number(text)) ? Number(text) : text;
  }
  return body;
}

const template = (state, actions) => html`
  <h1>New run</h1>
  ${state.failure ? problem(state.failure) : nothing}
  <form class="panel start" novalidate @submit=${actions.submit}>
    <div class="field">
      <label for="dataset">Data set</label>
      <select id="dataset" name="dataset" aria-describedby="dataset-hint" aria-invalid=${'dataset' in state.errors} @change=${actions.choose}>
        ${state.datasets.map(each => html`<option value=${each.name} ?selected=${each.name === state.dataset}>${each.name}</option>`)}
      </select>
      ${below('dataset', aboutDataset(state), state.errors)}
    </div>
    <div class="preview">${preview(state)}</div>
    <div class="field">
      <label for="preset">Recipe</label>
      <select id="preset" name="preset" aria-describedby="preset-hint" aria-invalid=${'preset' in state.errors} @change=${actions.prefer}>
        <option value="dcgan">dcgan</option>
        <option value="tutorial">tutorial</option>
      </select>
      ${below('preset', state.preset === 'dcgan' ? 'trained well' : 'the loop as it was once published; to compare with', state.errors)}
    </div>
    ${basics.map(field => input(field, state))}
    <div class="field">
      <label for="precision">Precision</label>
      <select id="precision" name="precision" aria-describedby="precision-hint" aria-invalid=${'precision' in state.errors}>
        <option value="">${state.defaults.precision ?? 'auto'}, as the recipe has it</option>
        <option value="auto">auto</option>
        <option value="fp32">fp32</option>
        <option value="bf16">bf16</option>
      </select>
      ${below('precision', 'auto takes the faster one', state.errors)}
    </div>
    <div class="field check">
      <input id="conditional" name="conditional" type="checkbox" aria-describedby="conditional-hint" aria-invalid=${'conditional' in state.errors}>
      <label for="conditional">Learn the labels</label>
      ${below('conditional', 'so that pictures can be asked for by label', state.errors)}
    </div>
    <details class="more">
      <summary>More options</summary>
      <div class="start">${details.map(field => input(field, state))}</div>
    </details>
    <div class="actions"><button class="primary" ?disabled=${state.isBusy}>${state.isBusy ? 'Starting …' : 'Start training'}</button></div>
  </form>`;

const input = ({ name, label, hint, value, text }, { errors, defaults }) => html`
  <div class="field">
    <label for=${name}>${label}</label>
    <input id=${name} name=${name} inputmode=${text ? 'text' : 'decimal'} autocomplete="off" value=${value ?? ''}
      placeholder=${defaultsShown.includes(name) ? defaults[name] ?? '' : ''} aria-describedby="${name}-hint" aria-invalid=${name in errors}>
    ${below(name, hint, errors)}
  </div>`;

const below = (name, hint, errors) => html`
  <p id="${name}-hint" class=${name in errors ? 'wrong' : 'hint'}>${name in errors ? errors[name].join(' ') : hint ?? nothing}</p>`;

const current = state => state.datasets.find(each => each.name === state.dataset);

function aboutDataset(state) {
  const dataset = current(state);
  if (!dataset) return nothing;
  if (!hasPictures(dataset)) return `${dataset.description}. It is fetched when the run starts.`;
  const classes = dataset.classes ? `, ${plural(dataset.classes, 'class', 'classes')}` : '';
  return `${plural(dataset.train, 'picture')} of ${dataset.width}×${dataset.height}${dataset.channels === 3 ? ' in colour' : ''}${classes}`;
}

const preview = state => current(state) && hasPictures(current(state))
  ? html`<img src=${address(`datasets/${state.dataset}/preview`)} alt="Some pictures of ${state.dataset}" class="pixels">`
  : html`<p class="hint">A preview comes with the first run.</p>`;
