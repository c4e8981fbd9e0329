import { html } from '../lib/lit-html/lit-html.js';

/** The state of a run as a coloured chip. */
export const stateChip = state => html`<span class="chip ${state}">${state}</span>`;
