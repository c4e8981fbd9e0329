/** Whether a data set has pictures to show: known data sets that are not downloaded yet and failed uploads have none. */
export const hasPictures = dataset => dataset.stored || dataset.source === 'built-in';

/** Whether a run can train on a data set. */
export const canTrain = dataset => dataset.stored || dataset.source !== 'stored';
