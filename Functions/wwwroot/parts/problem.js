import { html, nothing } from '../lib/lit-html/lit-html.js';

/** An error message. */
export const problem = error => html`
  <div class="problem" role="alert">
    <strong>${error.title ?? 'Something went wrong.'}</strong>
    <p>${error.message}</p>
    ${error.advice ? html`<p>${error.advice}</p>` : nothing}
  </div>`;
