import { html, render } from '../lib/lit-html/lit-html.js';

/** Asks before what cannot be taken back. Resolves to whether the user agreed. */
export function ask(question, yes) {
  return new Promise(resolve => {
    const dialog = document.createElement('dialog');
    dialog.setAttribute('aria-labelledby', 'question');
    render(html`
      <form method="dialog">
        <p id="question">${question}</p>
        <div class="actions"><button value="no" autofocus>No</button><button value="yes" class="danger">${yes}</button></div>
      </form>`, dialog);
    const leave = () => dialog.close('no'); // the view that asked is gone
    addEventListener('hashchange', leave);
    dialog.addEventListener('close', () => {
      removeEventListener('hashchange', leave);
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
