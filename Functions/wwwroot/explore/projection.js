// Finds the generated picture that is nearest to an uploaded one, and shows both.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { get, postFile, resourceUrl } from '../api.js';
import { measure } from '../format.js';
import { delay } from '../live.js';
import { className } from '../parts/dataset.js';
import { problem } from '../parts/problem.js';

const pollInterval = 1000; // milliseconds

export class Projection {
  #container;
  #run;
  #selection;
  #signal;
  #result = null;
  #failure = null;
  #version = 0; // a newer search replaces an older one

  /** @param selection Returns the query parameters of the selected checkpoint, class and seed. */
  constructor(container, run, selection, signal) {
    [this.#container, this.#run, this.#selection, this.#signal] = [container, run, selection, signal];
    this.#draw();
  }

  async #search(event) {
    event.preventDefault();
    const { seed, label, epoch } = this.#selection();
    const [path, version] = [`runs/${this.#run}`, ++this.#version];
    const isCurrent = () => version === this.#version && !this.#signal.aborted;
    [this.#result, this.#failure] = [{ state: 'uploading' }, null];
    this.#draw();
    try {
      let result = await postFile(`${path}/project`, new FormData(event.target).get('picture'), { query: { seed, label, epoch }, signal: this.#signal });
      while (isCurrent()) {
        this.#result = result;
        this.#draw();
        if (result.state !== 'queued' && result.state !== 'running') return;
        await delay(pollInterval, this.#signal);
        if (isCurrent()) result = await get(`${path}/projections/${result.id}`, { signal: this.#signal });
      }
    } catch (failure) {
      if (!isCurrent()) return;
      [this.#result, this.#failure] = [null, failure];
      this.#draw();
    }
  }

  #draw() {
    render(html`
      <form class="inline" @submit=${event => this.#search(event)}>
        <label>Picture <input name="picture" type="file" accept="image/*" required></label>
        <button>Find</button>
      </form>
      ${this.#failure ? problem(this.#failure) : nothing}
      <div aria-live="polite">${this.#result ? outcome(this.#run, this.#result) : nothing}</div>`, this.#container);
  }
}

const status = { uploading: 'Uploading …', queued: 'Waiting for a free worker …', running: 'Searching …' };

function outcome(run, result) {
  if (status[result.state]) return html`<p class="hint">${status[result.state]}</p>`;
  if (result.state === 'failed') return problem({ title: 'The search failed.', message: result.error });
  const path = `runs/${run}/projections/${result.id}`;
  return html`
    <img class="pixels nearest" src=${resourceUrl(`${path}/picture`, { scale: 4, format: 'png' })} alt="The uploaded picture and the nearest generated picture">
    <p class="hint">The uploaded picture as the generator could draw it, then the nearest picture of epoch ${result.epoch}${
      result.label === null ? '' : `, class ${className({ label: result.label, name: result.labelName })}`}. Their pixels differ by ${describe(result.distance)}; in the nearest
      picture of the seed, by ${describe(result.start.distance)}. <a href=${resourceUrl(path)}>Noise vector (JSON)</a></p>`;
}

const describe = ({ pixels, features }) => `${measure(pixels)} of 255${features === null ? '' : ` and their features by ${measure(features)}`}`;
