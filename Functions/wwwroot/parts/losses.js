// The loss log of a run, fetched incrementally.
import { get } from '../api.js';

const maxPoints = 4000;

export class Losses {
  #run;
  #every = 1;
  #rollbacks = 0;
  #steps = [];
  #epochs = [];

  constructor(run) {
    this.#run = run;
  }

  /** Fetches the entries since the last call. The log of a long run is downsampled. */
  async refresh(run, signal) {
    const { stepsPerEpoch, epochs } = run.progress;
    const entriesPerEpoch = Math.ceil((stepsPerEpoch || 1) / run.options.logEvery);
    const every = Math.max(1, Math.ceil(entriesPerEpoch * epochs / maxPoints));
    if (every !== this.#every || run.rollBacks !== this.#rollbacks) [this.#steps, this.#epochs] = [[], []];
    [this.#every, this.#rollbacks] = [every, run.rollBacks];
    const from = this.#epochs.at(-1)?.epoch ?? 1;
    const latest = await get(`runs/${this.#run}/losses`, { query: { from, every }, signal });
    const isOlder = row => row.epoch < from;
    this.#steps = [...this.#steps.filter(isOlder), ...latest.steps];
    this.#epochs = [...this.#epochs.filter(isOlder), ...latest.epochs];
    return this;
  }

  /** The values of the logged steps: [positions in epochs, one list per field]. Falls back to epoch means if the epochs are too short to log a step. */
  steps(stepsPerEpoch, ...fields) {
    if (this.#steps.length === 0) return this.epochs(...fields);
    return [this.#steps.map(row => row.epoch - 1 + row.step / stepsPerEpoch), ...fields.map(field => this.#steps.map(row => row[field]))];
  }

  /** The values of completed epochs. */
  epochs(...fields) {
    return [this.#epochs.map(row => row.epoch), ...fields.map(field => this.#epochs.map(row => row[field]))];
  }
}
