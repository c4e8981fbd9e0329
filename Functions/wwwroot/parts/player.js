// Fixed-noise samples by epoch: a slider, and a button that plays them as an animation.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { resourceUrl } from '../api.js';
import { delay } from '../live.js';

const frameInterval = 180; // milliseconds
const lastFrameInterval = 1500;

export class Player {
  #container;
  #run;
  #signal;
  #epochs = [];
  #epoch = null; // null follows the latest
  #playback = null;

  constructor(container, run, signal) {
    [this.#container, this.#run, this.#signal] = [container, run, signal];
    signal.addEventListener('abort', () => this.#playback?.abort());
  }

  /** Sets the available epochs. Shows the latest unless the user has selected one. */
  set(epochs) {
    if (epochs.length === this.#epochs.length && epochs.at(-1) === this.#epochs.at(-1)) return;
    this.#epochs = epochs;
    this.#draw();
  }

  #draw() {
    const epoch = this.#epoch ?? this.#epochs.at(-1);
    const index = this.#epochs.indexOf(epoch);
    render(this.#epochs.length === 0 ? html`<p class="hint">The first pictures appear after epoch 1.</p>` : html`
      <img class="grid" src=${resourceUrl(`runs/${this.#run}/grids/${epoch}`)} alt="64 pictures generated after epoch ${epoch}">
      <div class="player">
        <button @click=${() => this.#toggle()} ?disabled=${this.#epochs.length < 2}>${this.#playback ? 'Stop' : 'Play'}</button>
        <input type="range" min="0" max=${this.#epochs.length - 1} .value=${String(index)} aria-label="Epoch" aria-valuetext="epoch ${epoch}"
          @input=${event => this.#select(this.#epochs[event.target.valueAsNumber])}>
        <output>Epoch ${epoch}</output>
      </div>
      ${this.#epoch !== null && this.#epoch !== this.#epochs.at(-1) ? html`<button class="link" @click=${() => this.#select(null)}>Follow latest epoch</button>` : nothing}`, this.#container);
  }

  #select(epoch) {
    this.#playback?.abort();
    this.#playback = null;
    this.#epoch = epoch === this.#epochs.at(-1) ? null : epoch;
    this.#draw();
  }

  #toggle() {
    if (this.#playback) return this.#select(this.#epoch);
    this.#play();
  }

  // Waits for each picture to decode before showing it, so that a slow connection slows playback instead of showing partial pictures.
  async #play() {
    const playback = this.#playback = new AbortController();
    for (let index = 0; !playback.signal.aborted; index = (index + 1) % this.#epochs.length) {
      this.#epoch = this.#epochs[index];
      const image = new Image();
      image.src = resourceUrl(`runs/${this.#run}/grids/${this.#epoch}`);
      await image.decode().catch(() => {});
      if (playback.signal.aborted) return;
      this.#draw();
      await delay(index === this.#epochs.length - 1 ? lastFrameInterval : frameInterval, playback.signal);
    }
  }
}
