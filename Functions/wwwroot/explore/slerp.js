// Spherical linear interpolation in latent space (Shoemake 1985; White 2016, arXiv:1609.04468), matching the server's implementation.

/** The noise at fraction t of the great-circle arc between two noise vectors. */
export function slerp(from, to, t) {
  let dot = 0, fromSquared = 0, toSquared = 0;
  for (let i = 0; i < from.length; i++) {
    dot += from[i] * to[i];
    fromSquared += from[i] ** 2;
    toSquared += to[i] ** 2;
  }
  const angle = Math.acos(Math.min(1, Math.max(-1, dot / Math.sqrt(fromSquared * toSquared))));
  const sine = Math.sin(angle);
  const [a, b] = sine < 1e-6 ? [1 - t, t] : [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  return Float32Array.from(from, (value, i) => a * value + b * to[i]);
}

/** The noise at (x, y) in the unit square whose corners, row by row, are four noise vectors. */
export const slerpInSquare = ([topLeft, topRight, bottomLeft, bottomRight], x, y) =>
  slerp(slerp(topLeft, topRight, x), slerp(bottomLeft, bottomRight, x), y);
