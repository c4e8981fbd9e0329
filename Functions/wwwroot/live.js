// Follows a run through server-sent events, and falls back to polling when these are unavailable.
import { get, Problem, resourceUrl } from './api.js';
import { connection } from './parts/connection.js';

const restingStates = ['paused', 'cancelled', 'completed', 'failed', 'deleted'];
const pollInterval = 2000; // milliseconds
const pollIntervalAtRest = 5000; // another user may resume the run
const pollsBeforeStream = 5;

/** Whether the run stays in its state until a user acts. The server closes the event stream of such a run. */
export const isAtRest = run => restingStates.includes(run.state);

/**
 * The last epoch whose checkpoint is committed, 0 before the first: only then can its pictures be fetched. The progress runs ahead of it while an
 * epoch is measured. A checkpoint's name is made of attempt, epoch and step.
 */
export const lastEpoch = run => {
  const [, epoch, step] = (run.checkpoint ?? '0-0-0').split('-').map(Number);
  return step >= run.progress.stepsPerEpoch ? epoch : Math.max(0, epoch - 1);
};

/**
 * Reports every change of a run until the signal aborts or the run is deleted.
 * @param initial The run as last fetched.
 * @param onChange Called with the run, or with null when it is deleted.
 */
export async function follow(initial, onChange, signal) {
  const id = initial.run;
  let last = initial;
  const onRun = run => { last = run; connection.restored(); onChange(run); };
  while (!signal.aborted) {
    if (!isAtRest(last) && await stream(id, onRun, signal) === 'deleted') return onChange(null);
    for (let poll = 0; poll < pollsBeforeStream && !signal.aborted; poll++) {
      await delay(isAtRest(last) ? pollIntervalAtRest : pollInterval, signal);
      if (signal.aborted) return;
      try {
        onRun(await get(`runs/${id}`, { signal }));
        if (!isAtRest(last)) break;
      } catch (error) {
        if (signal.aborted) return;
        if (error.status === 404) return onChange(null);
        if (error instanceof Problem && error.status === 401) throw error;
        connection.report(error);
      }
    }
  }
}

// Resolves when the stream ends or fails, or when the signal aborts; to 'deleted' when the run no longer exists.
function stream(id, onRun, signal) {
  return new Promise(resolve => {
    const source = new EventSource(resourceUrl(`runs/${id}/events`));
    const finish = outcome => {
      source.close();
      resolve(outcome);
    };
    signal.addEventListener('abort', () => finish('aborted'), { once: true });
    source.addEventListener('run', event => onRun(JSON.parse(event.data)));
    source.addEventListener('end', event => finish(event.data));
    source.addEventListener('error', () => finish('failed'));
  });
}

/** Resolves after a number of milliseconds, or when the signal aborts. */
export function delay(milliseconds, signal) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
