/** Whether a data set can be looked at: one that is known by name only is not here yet, nor is an upload that failed. */
export const hasPictures = dataset => dataset.stored || dataset.source === 'built-in';

/** Whether a run can be started on it. */
export const canTrain = dataset => dataset.stored || dataset.source !== 'stored';
