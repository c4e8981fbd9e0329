import { html } from '../lib/lit-html/lit-html.js';

/** A run's state, as a word with a colour. */
export const stateChip = state => html`<span class="chip ${state}">${state}</span>`;
