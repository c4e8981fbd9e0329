import { html, nothing } from '../lib/lit-html/lit-html.js';
import { setKey } from '../api.js';

/** Asks for the function key, then continues with `next`. `isInvalid` says that the server rejected the current key. */
export function keyForm(next, isInvalid) {
  const submit = event => {
    event.preventDefault();
    setKey(new FormData(event.target).get('key').trim());
    next();
  };
  return html`
    <h1>Function key required</h1>
    <form class="panel narrow" @submit=${submit}>
      ${isInvalid ? html`<p class="error" role="alert">The key is not valid.</p>` : nothing}
      <label for="key">Function key</label>
      <input id="key" name="key" type="password" autocomplete="off" required>
      <p class="hint">The key is kept until you close this tab. You can also pass it in a link: <code>?code=…</code></p>
      <button class="primary">Continue</button>
    </form>`;
}
