// The banner that shows while the server is unreachable. The views keep retrying and hide it when the server responds.
const banner = document.getElementById('connection');

export const connection = {
  lost() {
    banner.textContent = 'The server is not responding. Retrying …';
    banner.hidden = false;
  },
  restored() {
    banner.hidden = true;
  },
  /** Shows the banner if a repeated request failed because the server is unreachable; other errors leave it as it is. */
  report(error) {
    if (error.status === 0) connection.lost();
  },
};
