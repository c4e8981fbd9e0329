// Starts a run. Validation errors from the server are shown next to their fields.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { get, post, resourceUrl } from '../api.js';
import { plural } from '../format.js';
import { canTrain, coloursOf, hasPictures } from '../parts/dataset.js';
import { ImportForm } from '../parts/import.js';
import { problem } from '../parts/problem.js';

const fallbackDataset = 'digits'; // built in, so always available

// The server validates all values. Text that is not a number is sent unchanged, so that the error quotes it.
const basicFields = [
  { name: 'epochs', label: 'Epochs', hint: 'passes over the data set', value: '10' },
  { name: 'seed', label: 'Seed', hint: 'seeds all random number generators', value: '42' },
];
const advancedFields = [
  { name: 'run', label: 'Name', hint: 'appears in the URL of the run; generated if empty', isText: true },
  { name: 'images', label: 'Length in pictures', hint: 'instead of epochs; rounded up to whole epochs' },
  { name: 'initFrom.epoch', label: 'Epoch to start from', hint: 'of the run to start from; its latest checkpoint if empty' },
  { name: 'imagesPerEpoch', label: 'Pictures per epoch', hint: 'all if empty; fewer pictures make shorter epochs' },
  { name: 'batchSize', label: 'Batch size' },
  { name: 'learningRate', label: 'Learning rate' },
  { name: 'learningRateDecay', label: 'Learning rate decay' },
  { name: 'gradientPenalty', label: 'Gradient penalty' },
  { name: 'qualitySamples', label: 'Quality samples', hint: 'pictures used to measure quality after an epoch; 0 turns it off' },
  { name: 'patience', label: 'Patience', hint: 'epochs without improvement before the run stops' },
  { name: 'workers', label: 'Workers', hint: 'that train the run at the same time, each a share of every batch' },
  { name: 'maxSliceSeconds', label: 'Maximum slice length', hint: 'seconds of training between checkpoints' },
];
const presetHints = {
  compact: 'recommended',
  dcgan: 'larger networks of an earlier kind, for pictures of up to 64x64',
  tutorial: 'settings of the published tutorial, for comparison',
};
const fieldsWithDefault = ['batchSize', 'learningRate', 'learningRateDecay', 'gradientPenalty', 'qualitySamples', 'workers', 'maxSliceSeconds'];

export async function show(root, { query }, signal) {
  document.title = 'New run · GanFunctions';
  const [{ datasets: known }, { runs }] = await Promise.all([get('datasets', { signal }), get('runs', { signal })]);
  const datasets = known.filter(canTrain);
  const dataset = query.get('dataset') ?? datasets.find(each => each.stored)?.name ?? fallbackDataset;
  const state = { datasets, dataset, trained: runs.filter(run => run.checkpoint), hasImages: false, preset: '', defaults: {}, errors: {}, failure: null, isBusy: false };
  const draw = () => render(template(state, handlers, importForm), root);
  const importForm = new ImportForm(draw);
  const handlers = {
    // The length in pictures replaces that in epochs, which has a value from the start.
    input: event => {
      if (event.target.name !== 'images') return;
      state.hasImages = event.target.value.trim() !== '';
      draw();
    },
    async selectDataset(event) {
      state.dataset = event.target.value;
      draw();
      await loadDefaults(state, signal);
      draw();
    },
    async selectPreset(event) {
      state.preset = event.target.value;
      await loadDefaults(state, signal);
      draw();
    },
    async submit(event) {
      event.preventDefault();
      Object.assign(state, { errors: {}, failure: null, isBusy: true });
      draw();
      try {
        const run = await post('runs', createBody(event.target));
        location.hash = `#/runs/${run.run}`;
      } catch (error) {
        state.isBusy = false;
        state.errors = error.errors ?? {};
        const unmatched = Object.keys(state.errors).filter(name => !event.target.elements.namedItem(name));
        state.failure = Object.keys(state.errors).length === 0 || unmatched.length > 0 ? error : null;
        draw();
        root.querySelector('[aria-invalid=true]')?.closest('details')?.setAttribute('open', '');
        root.querySelector('[aria-invalid=true]')?.focus();
      }
    },
  };
  await loadDefaults(state, signal);
  draw();
}

// A dry run returns the values that empty fields resolve to.
async function loadDefaults(state, signal) {
  const { preset, dataset } = state;
  const read = from => post('runs', { ...(preset === '' ? {} : { preset }), dataset: from }, { query: { dryRun: true }, signal });
  const defaults = await read(dataset).catch(() => read(fallbackDataset)).catch(() => ({}));
  if (preset === state.preset && dataset === state.dataset) state.defaults = defaults;
}

function createBody(form) {
  const body = {};
  for (const [name, value] of new FormData(form)) {
    const text = value.trim();
    if (text === '') continue;
    if (name === 'conditional') body[name] = true;
    else if (name.startsWith('initFrom.')) (body.initFrom ??= {})[name.slice('initFrom.'.length)] = name === 'initFrom.run' ? text : numberOrText(text);
    else if (name === 'dataset' || name === 'preset' || name === 'precision' || name === 'run') body[name] = text;
    else body[name] = numberOrText(text);
  }
  return body;
}

const numberOrText = text => (Number.isFinite(Number(text)) ? Number(text) : text);

const template = (state, handlers, importForm) => html`
  <h1>New run</h1>
  ${state.failure ? problem(state.failure) : nothing}
  <form class="panel start" novalidate @submit=${handlers.submit} @input=${handlers.input}>
    <div class="field">
      <label for="dataset">Data set</label>
      <select id="dataset" name="dataset" aria-describedby="dataset-hint" aria-invalid=${'dataset' in state.errors} @change=${handlers.selectDataset}>
        ${state.datasets.map(each => html`<option value=${each.name} ?selected=${each.name === state.dataset}>${each.name}</option>`)}
      </select>
      ${hintOrError('dataset', describeDataset(state), state.errors)}
    </div>
    <div class="preview">${preview(state)}</div>
    <div class="field">
      <label for="preset">Preset</label>
      <select id="preset" name="preset" aria-describedby="preset-hint" aria-invalid=${'preset' in state.errors} @change=${handlers.selectPreset}>
        <option value="">automatic${state.preset === '' && state.defaults.preset ? ` (${state.defaults.preset})` : ''}</option>
        ${Object.keys(presetHints).map(name => html`<option value=${name}>${name}</option>`)}
      </select>
      ${hintOrError('preset', presetHints[state.preset || state.defaults.preset] ?? '', state.errors)}
    </div>
    ${basicFields.map(field => input(field, state))}
    <div class="field">
      <label for="precision">Precision</label>
      <select id="precision" name="precision" aria-describedby="precision-hint" aria-invalid=${'precision' in state.errors}>
        <option value="">${state.defaults.precision ?? 'auto'} (preset default)</option>
        <option value="auto">auto</option>
        <option value="fp32">fp32</option>
        <option value="bf16">bf16</option>
      </select>
      ${hintOrError('precision', 'auto selects the faster format', state.errors)}
    </div>
    <div class="field check">
      <input id="conditional" name="conditional" type="checkbox" aria-describedby="conditional-hint" aria-invalid=${'conditional' in state.errors}>
      <label for="conditional">Conditional</label>
      ${hintOrError('conditional', 'trains on class labels, so that pictures can be generated by label', state.errors)}
    </div>
    <details class="more">
      <summary>More options</summary>
      <div class="start">
        <div class="field">
          <label for="initFrom.run">Start from run</label>
          <select id="initFrom.run" name="initFrom.run" aria-describedby="initFrom.run-hint" aria-invalid=${'initFrom.run' in state.errors}>
            <option value="">none (new weights)</option>
            ${state.trained.map(each => html`<option value=${each.run}>${each.run} (${each.dataset})</option>`)}
          </select>
          ${hintOrError('initFrom.run', 'takes the weights of its networks, which must be for pictures of the same size and channels', state.errors)}
        </div>
        ${advancedFields.map(field => input(field, state))}
      </div>
    </details>
    <div class="actions"><button class="primary" ?disabled=${state.isBusy}>${state.isBusy ? 'Starting …' : 'Start training'}</button></div>
  </form>
  ${importForm.template}`;

const input = ({ name, label, hint, value, isText }, { errors, defaults, hasImages }) => html`
  <div class="field">
    <label for=${name}>${label}</label>
    <input id=${name} name=${name} inputmode=${isText ? 'text' : 'decimal'} autocomplete="off" value=${value ?? ''} ?disabled=${name === 'epochs' && hasImages}
      placeholder=${fieldsWithDefault.includes(name) ? defaults[name] ?? '' : ''} aria-describedby="${name}-hint" aria-invalid=${name in errors}>
    ${hintOrError(name, hint, errors)}
  </div>`;

const hintOrError = (name, hint, errors) => html`
  <p id="${name}-hint" class=${name in errors ? 'error' : 'hint'}>${name in errors ? errors[name].join(' ') : hint ?? nothing}</p>`;

const selectedDataset = state => state.datasets.find(each => each.name === state.dataset);

function describeDataset(state) {
  const dataset = selectedDataset(state);
  if (!dataset) return nothing;
  if (!hasPictures(dataset)) return `${dataset.description}.`;
  const classes = dataset.classes ? `, ${plural(dataset.classes, 'class', 'classes')}` : '';
  return `${plural(dataset.train, 'picture')} of ${dataset.width}×${dataset.height}${dataset.channels > 1 ? ` in ${coloursOf(dataset)}` : ''}${classes}`;
}

const preview = state => selectedDataset(state) && hasPictures(selectedDataset(state))
  ? html`<img src=${resourceUrl(`datasets/${state.dataset}/preview`)} alt="Sample pictures from ${state.dataset}" class="pixels">`
  : html`<p class="hint">The preview is available once the data set is downloaded.</p>`;
