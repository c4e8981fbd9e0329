import { html, render } from '../lib/lit-html/lit-html.js';

/** Asks for confirmation of an action that cannot be undone. Resolves to whether the user confirmed. */
export function confirm(question, label) {
  return new Promise(resolve => {
    const dialog = document.createElement('dialog');
    dialog.setAttribute('aria-labelledby', 'question');
    render(html`
      <form method="dialog">
        <p id="question">${question}</p>
        <div class="actions"><button value="no" autofocus>No</button><button value="yes" class="danger">${label}</button></div>
      </form>`, dialog);
    const dismiss = () => dialog.close('no'); // the user navigated to another view
    addEventListener('hashchange', dismiss);
    dialog.addEventListener('close', () => {
      removeEventListener('hashchange', dismiss);
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
