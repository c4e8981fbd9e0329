// Ways through latent space on arcs of great circles (Shoemake 1985; White 2016, arXiv:1609.04468), as the server goes them.

/** The noise between two, from 0 to 1. */
export function between(from, to, share) {
  let dot = 0, fromSquared = 0, toSquared = 0;
  for (let i = 0; i < from.length; i++) {
    dot += from[i] * to[i];
    fromSquared += from[i] ** 2;
    toSquared += to[i] ** 2;
  }
  const angle = Math.acos(Math.min(1, Math.max(-1, dot / Math.sqrt(fromSquared * toSquared))));
  const sine = Math.sin(angle);
  const [a, b] = sine < 1e-6 ? [1 - share, share] : [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
  return Float32Array.from(from, (value, i) => a * value + b * to[i]);
}

/** The noise at a place of the square that has these four in its corners, row by row. */
export const inSquare = ([topLeft, topRight, bottomLeft, bottomRight], x, y) =>
  between(between(topLeft, topRight, x), between(bottomLeft, bottomRight, x), y);
