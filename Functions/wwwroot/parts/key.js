import { html, nothing } from '../lib/lit-html/lit-html.js';
import { setKey } from '../api.js';

/** Asks for the function key, and goes on with it. `isWrong` says that the one there was did not do. */
export function keyForm(next, isWrong) {
  const submit = event => {
    event.preventDefault();
    setKey(new FormData(event.target).get('key').trim());
    next();
  };
  return html`
    <h1>A key is needed</h1>
    <form class="panel narrow" @submit=${submit}>
      ${isWrong ? html`<p class="wrong" role="alert">The key that was given is not valid here.</p>` : nothing}
      <label for="key">Function key</label>
      <input id="key" name="key" type="password" autocomplete="off" required>
      <p class="hint">It stays in this tab until it is closed. A link that ends in <code>?code=…</code> brings it along.</p>
      <button class="primary">Open</button>
    </form>`;
}
