import { html, nothing } from '../lib/lit-html/lit-html.js';

/** What went wrong, in words. */
export const problem = error => html`
  <div class="problem" role="alert">
    <strong>${error.title ?? 'Something went wrong.'}</strong>
    <p>${error.message}</p>
    ${error.advice ? html`<p>${error.advice}</p>` : nothing}
  </div>`;
