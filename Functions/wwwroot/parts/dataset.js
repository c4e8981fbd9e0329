/** Whether a data set has pictures to show: known data sets that are not downloaded yet and failed uploads have none. */
export const hasPictures = dataset => dataset.stored || dataset.source === 'built-in';

/** Whether a run can train on a data set. */
export const canTrain = dataset => dataset.stored || dataset.source !== 'stored';

/** The colours of a data set or of a converted upload. */
export const coloursOf = ({ channels }) => ({ 3: 'colour', 4: 'colour with transparency' })[channels] ?? 'greyscale';

/** The classes of a data set, with null for unknown names. A data set stored by an earlier version lists no labels; they then count from 0. */
export const classesOf = dataset => (dataset.labels ?? Array.from({ length: dataset.classes ?? 0 }, (_, label) => label))
  .map(label => ({ label, name: dataset.classNames?.[label] ?? null }));

/** The name of a class, or its label if the name is unknown. */
export const className = ({ label, name }) => name ?? String(label);
