// What a run's generator can draw: pictures by seed and label, their nearest training pictures, and what lies between seeds.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { address, curl, get, picture, plainAddress } from '../api.js';
import { measure } from '../format.js';
import { Square } from '../explore/square.js';
import { isAtRest, lastEpoch, pause } from '../live.js';
import { connection } from '../parts/connection.js';
import { problem } from '../parts/problem.js';

const refreshEvery = 5000;
const columns = 6;
const shown = 36;
const gap = 2; // pixels between the pictures of a grid

export async function show(root, { run: id, query }, signal) {
  document.title = `Explore ${id} · GanFunctions`;
  const run = await get(`runs/${id}`, { signal });
  const [dataset, { epochs }] = await Promise.all([
    get(`datasets/${run.dataset}`, { signal }).catch(() => null), // it may be gone; the generator is not
    get(`runs/${id}/grids`, { signal }),
  ]);
  const state = {
    run, epochs, labels: run.options.conditional ? dataset?.classNames ?? Array.from({ length: dataset?.classes ?? 10 }, (_, label) => String(label)) : null,
    seed: query.get('seed') ?? String(run.options.seed), label: query.get('label') ?? '', epoch: query.get('epoch') ?? 'latest',
    failure: null, near: null, said: '',
  };
  const draw = () => render(template(state, actions), root);
  const choice = () => ({ seed: state.seed, label: state.label, epoch: state.epoch });
  let newest = null;
  let opened = null; // the last epoch when the square got its generator
  const open = () => {
    opened = lastEpoch(state.run);
    square.open(state.epoch, state.label || null);
  };

  const redraw = async () => {
    history.replaceState(null, '', `#/runs/${id}/explore?${new URLSearchParams(choice())}`);
    newest?.abort();
    newest = new AbortController();
    if (state.epoch === 'latest' && lastEpoch(state.run) !== opened) open();
    Object.assign(state, { failure: null, near: null });
    draw();
    try {
      const sheet = await picture(`runs/${id}/samples`, { query: { ...choice(), count: shown, columns, scale: 1, format: 'png' }, signal: AbortSignal.any([signal, newest.signal]) });
      paint(root, await createImageBitmap(sheet));
    } catch (failure) {
      if (failure.name !== 'AbortError') Object.assign(state, { failure });
    }
    draw();
  };
  const actions = {
    choose(event) {
      state[event.target.name] = event.target.value.trim();
      redraw();
      if (event.target.name === 'epoch') open();
      if (event.target.name === 'label') square.setLabel(state.label || null);
    },
    another() {
      state.seed = String(Math.floor(Math.random() * 1e6));
      redraw();
    },
    near: index => showNearest(id, index, { ...choice() }, state, draw, signal),
    async copy(text, what) {
      state.said = await navigator.clipboard.writeText(text).then(() => `${what} copied.`, () => text); // where the browser forbids it, to be copied by hand
      draw();
    },
  };
  draw();
  const square = new Square(root.querySelector('#square'), id, signal);
  open();
  await redraw();
  while (!signal.aborted && !isAtRest(state.run)) {
    await pause(refreshEvery, signal);
    await refresh().then(connection.found, failure => signal.aborted || connection.failed(failure));
  }

  // While the run trains its epochs grow; what is on show changes when something is asked for.
  async function refresh() {
    const before = lastEpoch(state.run);
    state.run = await get(`runs/${id}`, { signal });
    if (lastEpoch(state.run) === before) return;
    state.epochs = (await get(`runs/${id}/grids`, { signal })).epochs;
    draw();
  }
}

// The animation goes from the seed that is shown past the next ones.
const walked = seed => (/^\d{1,16}$/.test(seed) && Number(seed) + 3 <= Number.MAX_SAFE_INTEGER ? [0, 1, 2, 3].map(step => Number(seed) + step).join(',') : null);

function paint(root, sheet) {
  const side = (sheet.width + gap) / columns - gap;
  root.querySelectorAll('.sheet-of-buttons canvas').forEach((canvas, index) => {
    [canvas.width, canvas.height] = [side, side];
    canvas.getContext('2d').drawImage(sheet, (index % columns) * (side + gap), Math.floor(index / columns) * (side + gap), side, side, 0, 0, side, side);
  });
}

async function showNearest(id, index, choice, state, draw, signal) {
  const query = { ...choice, index, count: 8 };
  const mine = state.near = { index, waits: true };
  draw();
  while (!signal.aborted && state.near === mine) {
    try {
      mine.found = await get(`runs/${id}/neighbours`, { query, signal });
      mine.picture = address(`runs/${id}/neighbours`, { ...query, format: 'png', scale: 2 });
      mine.waits = false;
      break;
    } catch (failure) {
      if (failure.status !== 503) {
        Object.assign(mine, { failure, waits: false });
        break;
      }
      mine.why = failure.message;
      draw();
      await pause((failure.retryAfter ?? 5) * 1000, signal);
    }
  }
  if (!signal.aborted) draw();
}

const template = (state, actions) => {
  const { run, failure, seed, label, epoch } = state;
  const query = { seed, label, epoch };
  return html`
    <div class="heading"><h1>Explore ${run.run}</h1><div class="actions"><a class="button" href="#/runs/${run.run}">Back to the run</a></div></div>
    <section class="panel" aria-labelledby="pictures">
      <h2 id="pictures">Pictures</h2>
      <form class="inline" @change=${actions.choose} @submit=${event => event.preventDefault()}>
        <label>Seed <input name="seed" inputmode="numeric" autocomplete="off" .value=${seed}></label>
        <button type="button" @click=${actions.another}>Another</button>
        ${state.labels ? html`<label>Label <select name="label">
          <option value="">each in turn</option>
          ${state.labels.map((name, place) => html`<option value=${place} ?selected=${String(place) === label}>${name}</option>`)}</select></label>` : nothing}
        <label>Epoch <select name="epoch">
          ${['latest', ...(run.best ? ['best'] : []), ...state.epochs.toReversed()].map(each => html`<option ?selected=${String(each) === epoch}>${each}</option>`)}</select></label>
      </form>
      ${failure ? problem(failure) : nothing}
      <p class="hint">Choose a picture to see the training pictures nearest to it.</p>
      <div class="sheet-of-buttons" ?hidden=${failure !== null}>${Array.from({ length: shown }, (_, index) => html`
        <button class="picture" aria-label="Picture ${index} of seed ${seed}" aria-pressed=${state.near?.index === index} @click=${() => actions.near(index)}><canvas class="pixels"></canvas></button>`)}</div>
      <div aria-live="polite">${state.near ? nearest(state.near) : nothing}</div>
      <div class="actions">
        <button @click=${() => actions.copy(location.href, 'Link')}>Copy link</button>
        <button @click=${() => actions.copy(curl(plainAddress(`runs/${run.run}/samples`, query), `${run.run}.png`), 'Command')}>Copy curl</button>
        <a class="button" href=${address(`runs/${run.run}/samples`, { ...query, scale: 4, format: 'png' })} download="${run.run}-${seed}.png">PNG</a>
        <a class="button" href=${address(`runs/${run.run}/walk`, { seeds: walked(seed), label, epoch, format: 'gif' })} download="${run.run}-walk.gif">GIF</a>
        <a class="button" href=${address(`runs/${run.run}/checkpoints/${epoch}/generator`, { format: 'onnx' })} download="${run.run}.onnx">Generator, ONNX</a>
        <a class="button" href=${address(`runs/${run.run}/checkpoints/${epoch}/generator`, { format: 'safetensors' })} download="${run.run}.safetensors">Generator, safetensors</a>
        <output class="hint">${state.said}</output>
      </div>
    </section>
    <section class="panel" aria-labelledby="between"><h2 id="between">Between four seeds</h2><p class="hint">Drag across the map.</p><div id="square"></div></section>`;
};

const nearest = ({ index, waits, why, failure, found, picture: sheet }) => html`
  <h3>Nearest to picture ${index}</h3>
  ${waits ? html`<p class="hint">${why ?? 'Looking …'}</p>` : nothing}
  ${failure ? problem(failure) : nothing}
  ${found ? html`
    <img class="pixels nearest" src=${sheet} alt="The drawn picture, and the ${found.neighbours.length} training pictures nearest to it">
    <p class="hint">First the drawn one, then training pictures at distances of ${found.neighbours.map(each => measure(each.distance)).join(', ')}. Real pictures are typically
      ${measure(found.typicalDistance)} from the nearest other one: much less would mean that it was learnt by heart.</p>` : nothing}`;
