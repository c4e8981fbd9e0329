// What a run draws from the same noise, epoch by epoch: a slider, and a button that plays it.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { address } from '../api.js';
import { pause } from '../live.js';

const frameEvery = 180; // milliseconds
const holdLast = 1500;

export class Player {
  #place;
  #run;
  #signal;
  #epochs = [];
  #epoch = null; // null follows the newest
  #playing = null;

  constructor(place, run, signal) {
    [this.#place, this.#run, this.#signal] = [place, run, signal];
    signal.addEventListener('abort', () => this.#playing?.abort());
  }

  /** Shows these epochs; without a choice of the user's the newest. */
  set(epochs) {
    if (epochs.length === this.#epochs.length && epochs.at(-1) === this.#epochs.at(-1)) return;
    this.#epochs = epochs;
    this.#draw();
  }

  #draw() {
    const shown = this.#epoch ?? this.#epochs.at(-1);
    const place = this.#epochs.indexOf(shown);
    render(this.#epochs.length === 0 ? html`<p class="hint">The first pictures come with the end of the first epoch.</p>` : html`
      <img class="grid" src=${address(`runs/${this.#run}/grids/${shown}`)} alt="64 pictures drawn after epoch ${shown}">
      <div class="player">
        <button @click=${() => this.#toggle()} ?disabled=${this.#epochs.length < 2}>${this.#playing ? 'Stop' : 'Play'}</button>
        <input type="range" min="0" max=${this.#epochs.length - 1} .value=${String(place)} aria-label="Epoch" aria-valuetext="epoch ${shown}"
          @input=${event => this.#choose(this.#epochs[event.target.valueAsNumber])}>
        <output>Epoch ${shown}</output>
      </div>
      ${this.#epoch !== null && this.#epoch !== this.#epochs.at(-1) ? html`<button class="link" @click=${() => this.#choose(null)}>Follow the newest</button>` : nothing}`, this.#place);
  }

  #choose(epoch) {
    this.#playing?.abort();
    this.#playing = null;
    this.#epoch = epoch === this.#epochs.at(-1) ? null : epoch;
    this.#draw();
  }

  #toggle() {
    if (this.#playing) return this.#choose(this.#epoch);
    this.#play();
  }

  // Each picture is shown once it is there: a slow line makes it slower, not torn.
  async #play() {
    const playing = this.#playing = new AbortController();
    for (let place = 0; !playing.signal.aborted; place = (place + 1) % this.#epochs.length) {
      this.#epoch = this.#epochs[place];
      const picture = new Image();
      picture.src = address(`runs/${this.#run}/grids/${this.#epoch}`);
      await picture.decode().catch(() => {});
      if (playing.signal.aborted) return;
      this.#draw();
      await pause(place === this.#epochs.length - 1 ? holdLast : frameEvery, playing.signal);
    }
  }
}
