// The loss log of a run, which is asked only for what is new in it.
import { get } from '../api.js';

const mostPoints = 4000;

export class Losses {
  #run;
  #every = 1;
  #attempt = 0;
  #steps = [];
  #epochs = [];

  constructor(run) {
    this.#run = run;
  }

  /** Fetches what was logged since. Of long runs the log is thinned out. */
  async refresh(run, signal) {
    const { stepsPerEpoch, epochs } = run.progress;
    const perEpoch = Math.ceil((stepsPerEpoch || 1) / run.options.logEvery);
    const every = Math.max(1, Math.ceil(perEpoch * epochs / mostPoints));
    if (every !== this.#every || run.rollBacks !== this.#attempt) [this.#steps, this.#epochs] = [[], []];
    [this.#every, this.#attempt] = [every, run.rollBacks];
    const from = this.#epochs.at(-1)?.epoch ?? 1;
    const fresh = await get(`runs/${this.#run}/losses`, { query: { from, every }, signal });
    const older = row => row.epoch < from;
    this.#steps = [...this.#steps.filter(older), ...fresh.steps];
    this.#epochs = [...this.#epochs.filter(older), ...fresh.epochs];
    return this;
  }

  /** The steps' values: [places in epochs, one list for each field]. The means of epochs where these are too short for a step to be logged. */
  steps(stepsPerEpoch, ...fields) {
    if (this.#steps.length === 0) return this.epochs(...fields);
    return [this.#steps.map(row => row.epoch - 1 + row.step / stepsPerEpoch), ...fields.map(field => this.#steps.map(row => row[field]))];
  }

  /** The values of whole epochs. */
  epochs(...fields) {
    return [this.#epochs.map(row => row.epoch), ...fields.map(field => this.#epochs.map(row => row[field]))];
  }
}
