// Says when the server is away. The views go on asking, and take it back when it answers.
const place = document.getElementById('connection');

export const connection = {
  lost() {
    place.textContent = 'The server does not answer. The page goes on trying.';
    place.hidden = false;
  },
  found() {
    place.hidden = true;
  },
  /** For what was asked again and failed: only a server that cannot be reached is away. */
  failed(problem) {
    if (problem.status === 0) connection.lost();
  },
};
