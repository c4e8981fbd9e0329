// Follows a run: by server-sent events, and where those cannot be had, by asking.
import { address, get, Problem } from './api.js';
import { connection } from './parts/connection.js';

const atRest = ['paused', 'cancelled', 'completed', 'failed', 'deleted'];
const pollEvery = 2000;
const pollAtRest = 5000; // somebody else may resume it
const pollsBeforeStream = 5;

export const isAtRest = run => atRest.includes(run.state);

/** The last epoch that is complete, 0 before the first. */
export const lastEpoch = run => {
  const { epoch, step, stepsPerEpoch } = run.progress;
  return epoch > 0 && step >= stepsPerEpoch ? epoch : Math.max(0, epoch - 1);
};

/**
 * Tells of the run each time it changes, until the signal aborts or the run is gone.
 * @param first The run as it is known already.
 * @param tell Called with the run, or with null when it is gone.
 */
export async function follow(first, tell, signal) {
  const run = first.run;
  let last = first;
  const told = view => { last = view; connection.found(); tell(view); };
  while (!signal.aborted) {
    if (!isAtRest(last) && await stream(run, told, signal) === 'ended') continue;
    for (let poll = 0; poll < pollsBeforeStream && !signal.aborted; poll++) {
      await pause(isAtRest(last) ? pollAtRest : pollEvery, signal);
      if (signal.aborted) return;
      try {
        told(await get(`runs/${run}`, { signal }));
        if (!isAtRest(last)) break;
      } catch (problem) {
        if (signal.aborted) return;
        if (problem.status === 404) return tell(null);
        if (problem instanceof Problem && problem.status === 401) throw problem;
        connection.failed(problem);
      }
    }
  }
}

// 'ended' where the server said that the run rests or is gone; 'broken' where the stream cannot be had.
function stream(run, tell, signal) {
  return new Promise(resolve => {
    const source = new EventSource(address(`runs/${run}/events`));
    let isOver = false;
    const finish = how => {
      if (isOver) return;
      isOver = true;
      source.close();
      resolve(how);
    };
    signal.addEventListener('abort', () => finish('left'), { once: true });
    source.addEventListener('run', event => tell(JSON.parse(event.data)));
    source.addEventListener('end', event => {
      if (event.data === 'deleted') tell(null);
      finish(event.data === 'deleted' ? 'broken' : 'ended');
    });
    source.addEventListener('error', () => finish('broken'));
  });
}

/** Resolves after so many milliseconds, or when the signal aborts. */
export function pause(milliseconds, signal) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
