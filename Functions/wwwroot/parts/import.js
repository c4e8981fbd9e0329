// A form that creates a run from an exported one.
import { html, nothing } from '../lib/lit-html/lit-html.js';
import { problem } from './problem.js';
import { uploadFile, uploading } from './upload.js';

export class ImportForm {
  #draw;
  #state = { name: '', failure: null, isBusy: false, sent: 0 };

  /** @param draw Renders the view again. */
  constructor(draw) {
    this.#draw = draw;
  }

  get template() {
    const { name, failure, isBusy, sent } = this.#state;
    return html`
      <h2>Import a run</h2>
      <form class="panel start" @submit=${this.#submit}>
        <div class="field"><label for="archive">Exported run</label>
          <input id="archive" name="file" type="file" accept=".zip" required aria-describedby="archive-hint" @change=${this.#select}>
          <p class="hint" id="archive-hint">the zip file of “Export” on the page of a run, from this or another app</p></div>
        <div class="field"><label for="import-name">Import as</label>
          <input id="import-name" name="name" required pattern="[a-z0-9\\-]{1,40}" title="1 to 40 characters: a-z, 0-9 and -" autocomplete="off" .value=${name}></div>
        ${failure ? html`<div class="full-width">${problem(failure)}</div>` : nothing}
        <div class="actions"><button ?disabled=${isBusy}>${isBusy ? uploading(sent) : 'Import'}</button></div>
      </form>`;
  }

  // The file has the name of the exported run, and a number if it was downloaded twice.
  #select = event => this.#set({ name: event.target.files[0]?.name.replace(/( ?\(\d+\))?\.zip$/, '') ?? '' });

  #submit = async event => {
    event.preventDefault();
    const values = new FormData(event.target);
    const name = values.get('name').trim();
    const path = `runs/${encodeURIComponent(name)}`;
    this.#set({ name, failure: null, isBusy: true, sent: 0 });
    try {
      await uploadFile(`${path}/import`, `${path}/uploads`, values.get('file'), {}, sent => this.#set({ sent }));
      location.hash = `#/runs/${name}`;
    } catch (failure) {
      this.#set({ failure, isBusy: false });
    }
  };

  #set(changes) {
    Object.assign(this.#state, changes);
    this.#draw();
  }
}
